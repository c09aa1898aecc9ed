/* The parts of induct-edges: what its tables share, and the tables beside the plain one. */
#ifndef INDUCT_ANALYZE_EDGES_PARTS_H
#define INDUCT_ANALYZE_EDGES_PARTS_H

#include <induct/patch/edge_circuits.h>
#include <induct/tool/analysis.h>

struct settings {
    int mode, steps, random;
    bool agreement, faithfulness;
};

/* What all threads share. */
struct edges_shared {
    struct ind_layout layout;
    struct ind_edges edges;
    int32_t **reference;  /* [count] of [sequences, context] each */
    int count, sequences; /* sequences: of each reference */
};
IND_CHECKED int edges_prepare(void *shared, struct ind_study *study, struct ind_error *err);
void edges_release(void *shared);

/* One thread's own. */
struct edges_worker {
    struct ind_edge_patcher patcher;
    struct ind_edge_sum *clean;     /* [sequences] */
    struct ind_edge_sum *sums;      /* [edges, sequences] */
    struct ind_resampled resampled; /* [sequences, columns]; its bootstrap is NULL without
                                       intervals */
};
/* `columns` of values that are resampled. */
IND_CHECKED int edges_start(struct edges_worker *worker, const struct ind_study *study, int columns,
                            struct ind_error *err);
void edges_end(struct edges_worker *worker);

struct ind_edge_task edges_task(const struct ind_study *study, const struct ind_visit *at);

/* Fills worker->clean and worker->sums. */
IND_CHECKED int edges_measure(struct edges_worker *worker, const struct ind_study *study,
                              const struct ind_visit *at, struct ind_error *err);

/* Means over all predictions of one edge. */
struct edges_mean {
    double effect, attribution, integrated, loss_delta, accuracy_delta;
    long predictions;
};
struct edges_mean edges_mean_of(const struct edges_worker *worker, int edge, int sequences);

/* The sets of edges that --faithfulness keeps (sets.c): none, all, then for every way of choosing,
 * and for every random order, the first 1, 2, 4, ... and all of the edges that may carry anything.
 * Owner. */
enum { EDGES_BY_EFFECT, EDGES_BY_ATTRIBUTION, EDGES_BY_INTEGRATED, EDGES_WAYS };
struct edges_sets {
    int count, sizes; /* of the sets; of those of one order */
    int able;         /* how many edges may carry anything */
    int *order;       /* [edges]: scratch */
    double *size;     /* [edges]: scratch */
    bool *kept;       /* [count, edges] */
};
IND_CHECKED int edges_sets_init(struct edges_sets *sets, const struct ind_study *study,
                                struct ind_error *err);
void edges_sets_release(struct edges_sets *sets);
void edges_sets_choose(struct edges_sets *sets, const struct edges_worker *worker,
                       const struct ind_study *study);

/* The number of a set of the n-th size, and how many edges it keeps. `order`: EDGES_BY_EFFECT, ...,
 * or EDGES_WAYS + the number of a random order. */
int edges_set_of(const struct edges_sets *sets, int order, int n);
int edges_set_size(const struct edges_sets *sets, int n);

/* --agreement: how far attributions agree with effects (agreement.c). */
extern const struct ind_analysis edges_agreement;

/* --faithfulness: what the strongest edges do alone (faithfulness.c). */
extern const struct ind_analysis edges_faithfulness;

#endif
