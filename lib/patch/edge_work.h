/* What the files of edge patching share: one batch of sequences on its way. */
#ifndef INDUCT_LIB_PATCH_EDGE_WORK_H
#define INDUCT_LIB_PATCH_EDGE_WORK_H

#include <induct/patch/edges.h>

struct ind_edge_batch {
    struct ind_edge_patcher *p;
    const struct ind_edge_task *task;
    const int32_t *tokens, *reference; /* from the batch's first sequence on */
    int first, count, rows;
};

/* Calls `each` on batch after batch of the task's sequences, after what all of them need: means,
 * and the mean column of W_U. Fails where ind_patch_edges does. */
typedef void ind_edge_each(const struct ind_edge_batch *batch, void *context);
IND_CHECKED int ind_edge_batches(struct ind_edge_patcher *patcher, const struct ind_edge_task *task,
                                 ind_edge_each *each, void *context, struct ind_error *err);

/* The clean run, the other one and p->dfinal. */
void ind_edge_begin(const struct ind_edge_batch *b);

/* m of sequence s of a cache whose final_normed stands. */
double ind_edge_metric(const struct ind_edge_batch *b, const struct ind_cache *cache, int s);

/* Of p->other: every stream residual[0..layers], and z of every head, as if all sources said what
 * they say there. */
void ind_edge_run_other(const struct ind_edge_batch *b);

/* out [rows, d_model] := source' less what the source says in `cache`, a run of the batch. */
void ind_edge_take_source(const struct ind_edge_batch *b, int source, const struct ind_cache *cache,
                          float *out);

/* sums->attribution of every edge and sequence of the batch from the clean run's gradient, and
 * sums->integrated. sums as in ind_patch_edges. */
void ind_edge_attribute(const struct ind_edge_batch *b, struct ind_edge_sum *sums);

/* Sources before the first head; the number of readers, the logits included, and of an edge's. */
int ind_edge_first_head(const struct ind_config *config);
int ind_edge_readers(const struct ind_config *config);
int ind_edge_reader(const struct ind_config *config, const struct ind_edge *edge);

#endif
