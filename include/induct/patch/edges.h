/*
 * Edge patching (DEFINITIONS, section 10): what a model loses when one reader alone sees another
 * value of one source.
 *
 * Sources are what the residual stream is a sum of: the token's embedding, the position's row
 * (where a table is added to the stream) and every head's output z W_O. Readers are the queries,
 * keys and values of every head, each by itself, and the logits. An edge leads from a source to a
 * reader behind it. The reader's input becomes
 *
 *   residual + source' - source
 *
 * before its LayerNorm, if there is one, which is computed anew; rotation, biases and a
 * shortformer's table are what they are; every other reader has the clean input; and everything
 * behind the reader is computed again, softmax included. source' is
 *
 *   corrupt  its value on another sequence of the same period
 *   zero     0
 *   mean     its mean over reference sequences, position by position
 *
 * Of corrupt and mean the position's row is the same as it was: its edges have no effect.
 *
 * The metric is m = logit(c) less the mean logit, c the token that comes next, summed over the
 * predictions at i >= period. Attribution (Nanda 2023; Syed et al. 2023) is its first-order
 * estimate: the gradient of m by the reader's input, times source' - source. Integrated gradients
 * (Hanna et al. 2024) take the mean of that gradient over runs whose embeddings lie between the
 * clean and the other ones, at (n + 1/2) / steps of the way: the middles of equal parts, where
 * theirs are the ends.
 */
#ifndef INDUCT_PATCH_EDGES_H
#define INDUCT_PATCH_EDGES_H

#include <induct/eval/accuracy.h>
#include <induct/model/backward.h>
#include <induct/model/heads.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ind_edge_mode { IND_EDGE_CORRUPT, IND_EDGE_ZERO, IND_EDGE_MEAN };
enum ind_edge_part { IND_EDGE_Q, IND_EDGE_K, IND_EDGE_V, IND_EDGE_LOGITS };

struct ind_edge {
    int source;           /* 0 the token, then the position if it is one, then heads by layer */
    struct ind_head head; /* that reads; of IND_EDGE_LOGITS {layers, 0} */
    enum ind_edge_part at;
};

/* All edges of a model, by source, then by reader in the order of computation. Owner. */
struct ind_edges {
    struct ind_config config;
    struct ind_edge *items;
    int count, sources;
};
IND_CHECKED int ind_edges_init(struct ind_edges *edges, const struct ind_config *config,
                               struct ind_error *err);
void ind_edges_release(struct ind_edges *edges);

/* "token", "position", "L0H2"; "L1H0.K", "logits". Writes into name and returns it. */
char *ind_edge_source_name(const struct ind_config *config, int source, char name[24]);
char *ind_edge_reader_name(const struct ind_edge *edge, char name[24]);

/* Of one sequence: sums over its predictions. `metric`, `attribution` and `integrated` of an edge
 * are changes of m, in logits; `count` is of the model with the edge patched. */
struct ind_edge_sum {
    double metric, attribution, integrated;
    struct ind_eval_count count;
};

/* One a thread; owner. */
struct ind_edge_patcher {
    struct ind_evaluator evaluator; /* its cache holds the clean run */
    struct ind_cache other;   /* the run that source' is of: its streams, and z of all heads */
    struct ind_cache changed; /* projections of the changed input */
    struct ind_cache arm;     /* the patched run */
    struct ind_backward backward;
    struct ind_activation_gradient gradient;
    struct ind_params weights_gradient; /* that the backward pass makes beside it */
    float *means;                       /* [layers, length, heads, d_head] */
    double *sums;                       /* the same shape */
    float *token_mean;                  /* [length, d_model] */
    float *z;                           /* [rows, d_head]: a difference */
    float *difference;                  /* [rows, d_model]: source' - source */
    float *dfinal;                      /* [rows, d_model]: gradient of m by the final stream */
    float *readers;                /* [reader_room, rows, d_model]: gradients of m by readers */
    int reader_room;               /* all of them, or as many as take 64 MB */
    struct ind_eval_count *counts; /* [batch] */
    int references; /* sequences that means are over; 0 (after init) = as many as are measured */
    double *mean_U; /* [d_model]: the mean column of W_U */
};

/* `layout` is borrowed. `length`: inputs of a sequence. */
IND_CHECKED int ind_edge_patcher_init(struct ind_edge_patcher *patcher,
                                      const struct ind_layout *layout, int length,
                                      struct ind_error *err);
void ind_edge_patcher_release(struct ind_edge_patcher *patcher);

/* What is patched. */
struct ind_edge_task {
    const struct ind_params *params;
    const struct ind_edges *edges;
    const struct ind_eval_data *data;
    enum ind_edge_mode mode;
    const int32_t *reference; /* [at least sequences and patcher->references, context]: from
                                 ind_ablation_reference; the sequence of the same number is the
                                 corrupted one. NULL for IND_EDGE_ZERO */
    int steps;                /* of integrated gradients; 0: `integrated` is NaN */
};

/*
 * clean [sequences] (its attributions are 0, its metric m itself), sums [edges->count, sequences].
 * Fails on weights that are run without the position-position term of their scores: which part of a
 * changed input is position is not defined there.
 */
IND_CHECKED int ind_patch_edges(struct ind_edge_patcher *patcher, const struct ind_edge_task *task,
                                struct ind_edge_sum *clean, struct ind_edge_sum *sums,
                                struct ind_error *err);

/* Has the edge no effect by its nature: does it lead from the position's row, which is the same in
 * the other run? */
bool ind_edge_is_still(const struct ind_edges *edges, int edge, enum ind_edge_mode mode);

#ifdef __cplusplus
}
#endif
#endif
