/*
 * A run directory as the trainer sees it: written so that a killed process loses nothing
 * (DEFINITIONS, section 3).
 *
 *   config.json                    the resolved recipe, program version, BLAS and its core name
 *   epoch-00000100.safetensors     one checkpoint a file: whole or absent
 *   resume.safetensors             weights, both AdamW moments, epoch: replaced whole
 *   metrics.tsv                    one row a logged epoch, appended; a torn last line is dropped on
 * resume lock                           flock()ed by the one trainer that may write
 *
 * Order of writing: metrics row, checkpoint, resume file. On resume at epoch E, rows and
 * checkpoints beyond E are removed before training goes on, so that what is written again is byte
 * for byte what an uninterrupted run would have written.
 */
#ifndef INDUCT_RUN_RUN_H
#define INDUCT_RUN_RUN_H

#include <stdbool.h>
#include <stdio.h>

#include <induct/base/error.h>
#include <induct/model/params.h>
#include <induct/run/recipe.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Owner. Open for writing by one process at a time. */
struct ind_run {
    char *path;
    struct ind_recipe recipe;
    bool durable; /* fsync everything: survives power loss, 7 ms a checkpoint */
    int lock;     /* file descriptor */
    FILE *metrics;
};

/* What training needs to go on: everything else is a function of (seed, epoch). */
struct ind_run_state {
    struct ind_params *weights, *moment1, *moment2;
    long epoch;     /* optimizer steps done */
    double seconds; /* training time so far, for the metrics' last column */
};

/* Makes PATH (and its parents) a new run: takes the lock, writes config.json. A folder that already
 * holds a run is refused with a hint at --resume. */
int ind_run_create(struct ind_run *run, const char *path, const struct ind_recipe *recipe,
                   struct ind_error *err);

/* Opens an existing run for training on: takes the lock ("another process is training in this
 * folder"), reads config.json. */
int ind_run_resume(struct ind_run *run, const char *path, struct ind_error *err);

/* Rewrites config.json after the recipe was extended (more epochs). */
int ind_run_write_config(const struct ind_run *run, struct ind_error *err);

/* Reads resume.safetensors into state (params of the run's layout), then removes checkpoints and
 * metrics rows beyond state->epoch. Returns IND_OK with *found = false if there is none. */
int ind_run_load_state(struct ind_run *run, struct ind_run_state *state, bool *found,
                       struct ind_error *err);
int ind_run_save_state(struct ind_run *run, const struct ind_run_state *state,
                       struct ind_error *err);

int ind_run_save_checkpoint(struct ind_run *run, const struct ind_params *weights, long epoch,
                            struct ind_error *err);

/* One row of metrics.tsv; ood holds recipe.ood_count accuracies. Written and flushed as one line.
 */
struct ind_metrics {
    long epoch;
    double loss, accuracy, induction_accuracy;
    double ood[IND_OOD_MAX];
    double seconds;
};
int ind_run_log(struct ind_run *run, const struct ind_metrics *metrics, struct ind_error *err);

void ind_run_close(struct ind_run *run);

#ifdef __cplusplus
}
#endif
#endif
