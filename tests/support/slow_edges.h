/*
 * A forward pass written out source by source and reader by reader, in double, whose edges can be
 * cut, to hold edge patching to. Without rotary positions and shortformer.
 */
#ifndef INDUCT_TESTS_SUPPORT_SLOW_EDGES_H
#define INDUCT_TESTS_SUPPORT_SLOW_EDGES_H

#include <induct/patch/edges.h>

enum { SLOW_WIDE = 64, SLOW_LONG = 24, SLOW_SOURCES = 12 };

/* One sequence: what every source adds at every position, and the logits. */
struct slow_run {
    double source[SLOW_SOURCES][SLOW_LONG][SLOW_WIDE];
    double logits[SLOW_LONG][SLOW_WIDE];
};

/* What is done to a run. */
struct slow_pass {
    const struct ind_params *params;
    const struct ind_edges *edges;
    const bool *cut;              /* [edges]: the reader sees `other` of the source; NULL = none */
    const struct slow_run *other; /* NULL = zeros */
    const struct slow_run *embedded; /* sources before the heads are these; NULL = the tokens' */
    int moved; /* an edge whose reader sees, in addition, `share` of `step`; only if step is set */
    const double (*step)[SLOW_WIDE]; /* [positions] */
    double share;
};

/* Is the model one that this file knows, with room for it? */
bool slow_edges_know(const struct ind_config *config);

void slow_edges_run(const struct slow_pass *pass, const int32_t *tokens, struct slow_run *run);

/* The run that source' is of: nothing (zeros), that of reference[sequence], or the mean of all
 * `count` of reference [count, context]. */
void slow_edges_other(const struct ind_params *params, const struct ind_edges *edges,
                      enum ind_edge_mode mode, const int32_t *reference, int context, int count,
                      int sequence, struct slow_run *other);

/* Sums over the predictions at i >= period. */
void slow_edges_measure(const struct ind_config *config, const struct slow_run *run,
                        const int32_t *tokens, int period, double *metric, double *loss);

#endif
