/* What the parts of induct-llc share. */
#ifndef INDUCT_ANALYZE_LLC_PARTS_H
#define INDUCT_ANALYZE_LLC_PARTS_H

#include <stdatomic.h>

#include <induct/optim/llc.h>
#include <induct/tool/analysis.h>

struct llc_settings {
    bool traces;
    struct ind_ints periods;      /* none = the trained ones */
    int sequences, chains, batch; /* batch 0 = the run's own */
    long burn_in, steps;
    double step_size, nbeta, gamma; /* nbeta 0 = batch / ln(batch) */
};

/* The weights that are free in one row. */
struct llc_part {
    char name[16]; /* "all", "L0H2" */
    struct ind_slice slices[IND_HEAD_SLICES];
};

/* What all threads share. */
struct llc_shared {
    struct ind_llc_data data;
    struct ind_llc_settings settings;
    struct llc_part *parts;  /* [count]: all weights, then the heads */
    struct ind_slices *free; /* [count]: theirs */
    int count;
    atomic_int warnings; /* how many lines there were, or would have been */
};

IND_CHECKED int llc_prepare(void *shared, struct ind_study *study, struct ind_error *err);
void llc_release(void *shared);

/* How many checkpoints are visited side by side: one, unless it has fewer chains than there are
 * threads. */
int llc_at_once(const struct ind_study *study);

/* How many threads one of them has. */
int llc_threads(const struct ind_study *study);

/* Says on stderr how much there is to do, and about how long it takes: as a few steps do. */
IND_CHECKED int llc_say_cost(const struct llc_shared *shared, const struct ind_study *study,
                             struct ind_error *err);

/* Says on stderr what is wrong with the chains of one checkpoint, a line for each kind of thing,
 * 20 lines in all. summaries [shared->count]. */
void llc_warn(const struct ind_study *study, const struct ind_visit *at,
              const struct ind_llc_summary *summaries);

extern const struct ind_analysis llc_traces;

#endif
