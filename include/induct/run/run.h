/*
 * A run directory as the trainer sees it: written so that a killed process loses nothing
 * (DEFINITIONS, section 3).
 *
 *   config.json                    the resolved recipe, program version, BLAS and its core name
 *   epoch-00000100.safetensors     one checkpoint a file: whole or absent
 *   resume.safetensors             weights, both AdamW moments, epoch: replaced whole
 *   state-00020000.safetensors     the same, kept: what a branch can go on from
 *   metrics.tsv                    one row a logged epoch, appended in one write()
 *   lock                           flock()ed by the one trainer that may write
 *
 * The trainer's part:
 *
 *   1. a new run, or a resumed one without state: save the state of its first epoch (0, or the one
 *      that a branch goes on from), before anything else;
 *   2. after each step: the metrics row if one is due, then the checkpoint if one is due, then the
 *      state to be kept;
 *   3. every few seconds, when it stops and at the end: the state, after that epoch's row and
 *      checkpoint.
 *
 * So whatever the moment of a kill -9: rows and checkpoints up to the state's epoch are on disk,
 * and those beyond it are removed by ind_run_load_state() and made again, byte for byte, since
 * weights are a function of (seed, epoch, state). From a state of the first epoch, which precedes
 * them, row and checkpoint of that epoch are made again too. (1) makes a run without state one that
 * has no checkpoint either; a folder with checkpoints whose state is gone is refused, not wiped,
 * unless it has kept states: then the newest that is whole takes its place, as it does where the
 * state's bytes are damaged.
 */
#ifndef INDUCT_RUN_RUN_H
#define INDUCT_RUN_RUN_H

#include <stdbool.h>

#include <induct/base/error.h>
#include <induct/model/params.h>
#include <induct/recipe/config_file.h>
#include <induct/recipe/recipe.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Owner. Open for writing by one process at a time. */
struct ind_run {
    char *path;
    struct ind_recipe recipe;
    bool durable;     /* fsync everything: survives power loss, 7 ms a checkpoint */
    char vectors[16]; /* of a resumed run: the instruction set it was trained with so far, empty
                          if an earlier version did not say. With another (ind_simd_name()) the
                          bytes differ: worth a warning */
    char before[IND_VECTORS_BEFORE]; /* the sets before that one: ind_run_config_change() */
    int lock, metrics;               /* private: file descriptors, -1 when closed */
    bool few_columns;                /* private: metrics.tsv was begun without those of the batch */
    bool has_state;                  /* private: resume.safetensors is there */
    struct ind_st_form
        *form; /* private: what its checkpoints have in common; NULL before the first */
};

/* What training needs to go on: everything else is a function of (seed, epoch). */
struct ind_run_state {
    struct ind_params *weights, *moment1, *moment2;
    struct ind_params *average; /* of the weights, NULL where the recipe asks for none */
    long epoch;                 /* optimizer steps done */
    double seconds;             /* training time so far, for the metrics' last column */
};

/* Makes PATH (and its parents) a new run: takes the lock, writes config.json, opens metrics.tsv.
 * A folder that already holds a run, or files of one, is refused with a hint at --resume; one whose
 * making was interrupted is made again. `durable` is run->durable, here from the first byte on. */
IND_CHECKED int ind_run_create(struct ind_run *run, const char *path,
                               const struct ind_recipe *recipe, bool durable,
                               struct ind_error *err);

/* Opens an existing run for training on: takes the lock ("another induct-train is writing to
 * PATH"), reads config.json. Imported models are refused: how they were trained is not known. */
IND_CHECKED int ind_run_resume(struct ind_run *run, const char *path, bool durable,
                               struct ind_error *err);

/* Is a trainer writing to the run in that folder? Its lock is asked for and let go of at once; who
 * takes it for training tries for longer than that. */
IND_CHECKED int ind_run_is_trained(const char *path, bool *trained, struct ind_error *err);

/* Rewrites config.json after the recipe was extended (more epochs). */
IND_CHECKED int ind_run_write_config(const struct ind_run *run, struct ind_error *err);

/* Reads resume.safetensors into state (params of the run's layout), then removes checkpoints and
 * metrics rows beyond state->epoch and the temporary files of a killed process. Without a state,
 * *found is false, state is untouched, the metrics rows are removed, and training starts from 0;
 * but checkpoints without a state are an error. Where resume.safetensors is gone or damaged and the
 * newest whole kept state was read and put in its place, `instead` says what is wrong with it; it
 * is empty otherwise. A state of another run, and one that cannot be read now, are errors. */
IND_CHECKED int ind_run_load_state(struct ind_run *run, struct ind_run_state *state, bool *found,
                                   struct ind_error *instead, struct ind_error *err);
IND_CHECKED int ind_run_save_state(struct ind_run *run, const struct ind_run_state *state,
                                   struct ind_error *err);

/* Writes state-EPOCH.safetensors. */
IND_CHECKED int ind_run_keep_state(const struct ind_run *run, const struct ind_run_state *state,
                                   struct ind_error *err);

/* Reads the state that a run, of `recipe`, had at `epoch`: one that was kept, or resume.safetensors
 * if it is of that epoch. Fails naming the epochs that there are states of. The folder may be one
 * that is being trained. state->average, where asked for, is the weights if the run had none. */
IND_CHECKED int ind_run_read_state(const char *path, const struct ind_recipe *recipe, long epoch,
                                   struct ind_run_state *state, struct ind_error *err);

/* Ascending epochs of the states kept in a folder (free). None is no error. */
IND_CHECKED int ind_run_list_states(const char *path, long **epochs, int *count,
                                    struct ind_error *err);

/* `weights` are in the recipe's layout. Fails if no state was ever saved (point 1 above). */
IND_CHECKED int ind_run_save_checkpoint(struct ind_run *run, const struct ind_params *weights,
                                        long epoch, struct ind_error *err);

/* One row of metrics.tsv; ood holds recipe.ood_count accuracies (NaN = not measured), average as
 * many of the averaged weights if the recipe has them, scores those of recipe.log_scores: of head
 * after head (L0H0, L0H1, ...), [heads, scores]. Written as one line; on failure nothing of it
 * stays. A file that was begun before there were columns of the batch goes on without them. */
struct ind_metrics {
    long epoch;
    double loss, accuracy, induction_accuracy;
    double batch_period; /* mean over the batch */
    double excess_loss;  /* loss less its floor: ind_task_floor(), 0 for the loss of i >= period */
    double ood[IND_OOD_MAX], average[IND_OOD_MAX];
    const double *scores; /* borrowed; not read where none are asked for */
    double seconds;
};
IND_CHECKED int ind_run_log(struct ind_run *run, const struct ind_metrics *metrics,
                            struct ind_error *err);

/* Lets go of the lock. Harmless on a zeroed struct and after a failure. */
void ind_run_close(struct ind_run *run);

#ifdef __cplusplus
}
#endif
#endif
