/*
 * Checkpoints of a run, written beside the training of the next epoch.
 *
 * Much of a small checkpoint's time is the system's: a name, new pages, another name. A training
 * step leaves processors idle in many short gaps, where its threads wait for each other, and
 * there a thread of its own writes. It writes a copy, so the weights may change at once; one
 * checkpoint is under way at most, so a slow disk holds the training up as it did before.
 *
 * What is under way is on disk once ind_saver_wait() returns IND_OK. A trainer calls it before it
 * writes anything else into the run, so the order of files in run.h holds, and an error is told
 * before anything of the next epoch is there.
 */
#ifndef INDUCT_RUN_SAVER_H
#define INDUCT_RUN_SAVER_H

#include <induct/run/run.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ind_saver_work;

/* Owner. Used by the one thread that made it. */
struct ind_saver {
    struct ind_saver_work *work; /* private */
};

/* Run and layout (the recipe's) are borrowed. Fails when the system grants no more threads. */
int ind_saver_init(struct ind_saver *saver, struct ind_run *run, const struct ind_layout *layout,
                   struct ind_error *err);

/* Waits as ind_saver_wait() does, then ind_run_save_checkpoint() begins. */
int ind_saver_save(struct ind_saver *saver, const struct ind_params *weights, long epoch,
                   struct ind_error *err);

/* Until nothing is under way: IND_FAILED and the error if what was could not be written, once. */
int ind_saver_wait(struct ind_saver *saver, struct ind_error *err);

/* What is under way is finished first. Harmless on a zeroed struct and after a failed init. */
void ind_saver_release(struct ind_saver *saver);

#ifdef __cplusplus
}
#endif
#endif
