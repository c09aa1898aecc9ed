/* A run of a tiny model, made in an instant: for tests of what reads a series. */
#ifndef INDUCT_TESTS_SUPPORT_TINY_RUN_H
#define INDUCT_TESTS_SUPPORT_TINY_RUN_H

/*
 * Makes the folder PATH a run: one layer, one head, d_model 4, vocabulary 5, context 8; checkpoints
 * at epochs 0, every, 2*every .. last. The weights of the checkpoint at epoch E are those that
 * ind_params_randomise gives for seed E. Fails the test if it cannot.
 */
void tiny_run_make(const char *path, long last, long every);

/* Changes one byte in the middle of the weights of the checkpoint at `epoch`. */
void tiny_run_damage(const char *path, long epoch);

#endif
