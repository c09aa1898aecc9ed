/*
 * Carrying out a plan: one run of it, all of it on this machine, or all of it on a cluster.
 */
#ifndef INDUCT_ANALYZE_SWEEP_ACT_H
#define INDUCT_ANALYZE_SWEEP_ACT_H

#include "plan.h"

/* What a task ends with that was stopped: to be begun again. EX_TEMPFAIL. */
enum { TO_BE_REQUEUED = 75 };

/*
 * One run of a manifest: trained, or trained on, then its steps. What is done already is not done
 * again, so that a task may be begun as often as one likes. Whoever else is at the run is waited
 * for. Returns the exit status: 0 done; 1 failed, why is in FOLDER/sweep.failed and in *err, or not
 * begun, for what it branches from is not there (in *err alone); 75 to be begun again: it was asked
 * to stop. Training takes `threads` threads.
 */
IND_CHECKED int task_run(const char *manifest, long number, int threads, struct ind_error *err);

struct local {
    int jobs;          /* runs at once */
    const char *hosts; /* parallel's --sshlogin; NULL = this machine */
    bool quiet;
};

/* Runs the plan by GNU parallel, with one progress line. *finished says whether all runs are
 * done. */
IND_CHECKED int local_run(const struct plan *plan, const char *manifest, const struct local *local,
                          bool *finished, struct ind_error *err);

struct slurm {
    int pack;     /* runs of a task, one after another */
    int threads;  /* of a task: --cpus-per-task */
    int at_once;  /* tasks at once, %M; 0 = as many as the cluster gives */
    bool dry_run; /* print the scripts, submit nothing */
};

/* Submits what is not done to Slurm: a job array for each depth of branching, each after the one
 * before it. Prints the number of each job and of its runs. */
IND_CHECKED int slurm_submit(const struct plan *plan, const char *manifest,
                             const struct slurm *slurm, FILE *stream, struct ind_error *err);

#endif
