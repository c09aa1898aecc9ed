/* What the files of edge patching share: one batch of sequences on its way. */
#ifndef INDUCT_LIB_PATCH_EDGE_WORK_H
#define INDUCT_LIB_PATCH_EDGE_WORK_H

#include <induct/patch/edges.h>

struct ind_edge_batch {
    struct ind_edge_patcher *p;
    const struct ind_params *params;
    const struct ind_eval_data *data;
    enum ind_edge_mode mode;
    const int32_t *tokens, *reference; /* from the batch's first sequence on */
    int first, count, rows;
};

/* p->difference := source' - source. */
void ind_edge_take_source(const struct ind_edge_batch *b, int source);

/* p->tangent := what a reader of `layer` (layers: the logits) sees of p->difference, to first
 * order. */
void ind_edge_take_tangent(const struct ind_edge_batch *b, int layer);

/* The attribution of every sequence of the batch, from p->tangent and the clean run's gradient. */
void ind_edge_attribute(const struct ind_edge_batch *b, const struct ind_edge *edge,
                        struct ind_edge_sum *sums);

#endif
