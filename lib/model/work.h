/*
 * What the files of the forward and the backward pass share: scratch, views of one head, and the
 * pieces that a pass consists of. Every x_forward stands beside its x_backward.
 */
#ifndef INDUCT_LIB_MODEL_WORK_H
#define INDUCT_LIB_MODEL_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <induct/model/backward.h>
#include <induct/model/forward.h>

#include "model/lookup.h"

/* ---- Buffers cut from one allocation (arena.c) ---------------------------------------------- */

/* With base NULL the cuts only count, so that one function both measures and lays out. */
struct ind_arena {
    float *base;
    size_t used;
    bool overflow;
};

/* a * b * c floats at a 64-byte boundary. */
float *ind_arena_cut(struct ind_arena *arena, size_t a, size_t b, size_t c);

/* Allocates what has been counted; *arena is then ready for the same cuts again. */
int ind_arena_allocate(struct ind_arena *arena, struct ind_error *err);

/* ---- The forward pass ----------------------------------------------------------------------- */

struct ind_cache_work {
    float *activations; /* the allocation behind every buffer of the cache */
    float *qkv_weights; /* [layers, d_model, 3, heads, d_head]: W_Q|W_K|W_V, one product each row */
    float *scores;      /* [length, scores_stride]: one head, before softmax */
    size_t scores_stride;
    float *keys;     /* [d_head, scores_stride]: one head's keys (or values), transposed */
    float *qk_input; /* [rows, d_model]: normed + W_pos, shortformer only */
    float *rotary;   /* [length, rotary_dim/2, 2]: cos, sin; rotary only */
    struct ind_lookup *lookup; /* layer 0 by token, NULL if not asked for or not possible */
};

/* One head on one sequence. Rows of q, k, v and their like are `stride` floats apart, of z heads *
   d_head; scores (NULL when not kept) and pattern are [length, length]. */
struct ind_head_view {
    float *q, *k, *v, *z;
    float *scores, *pattern;
};
struct ind_head_view ind_head_view(const struct ind_cache *cache, int layer, int sequence,
                                   int head);

/* Packed W_Q|W_K|W_V of a layer, [d_model, 3 * heads * d_head]. */
static inline float *ind_qkv_weights(const struct ind_cache *cache, int layer)
{
    const struct ind_config *c = &cache->config;
    return cache->work->qkv_weights + (size_t)layer * c->d_model * cache->qkv_stride;
}

/* pack.c: [heads, d_model, d_head] x 3 to and from one matrix with `stride` columns. */
void ind_pack_qkv(const struct ind_config *config, const struct ind_layer_params *layer,
                  float *packed);
void ind_unpack_qkv_add(const struct ind_config *config, const float *packed,
                        struct ind_layer_params *gradient);

/* attention.c: scores, pattern and z of every head of a layer from q, k, v, with interventions. */
void ind_attention_forward(struct ind_cache *cache, int layer, const struct ind_patch *patches,
                           int patch_count);
/* Scores and pattern alone, from q and k. */
void ind_attention_patterns(struct ind_cache *cache, int layer);
/* From dz [rows, heads, d_head] to dqkv [rows, 3, heads, d_head]; dscores is scratch [length,
   scores_stride]. */
void ind_attention_backward(const struct ind_cache *cache, int layer, const float *dz, float *dqkv,
                            float *dscores);

/* rotary.c. `sign` +1 rotates q and k of every row, -1 rotates back: the transpose, which is what a
   gradient needs. */
void ind_rotary_table(const struct ind_config *config, int length, float *table);
void ind_rotary_apply(const struct ind_cache *cache, float sign, float *qkv);

/* norm.c. w and b are NULL for LNPre. out may not be x. */
void ind_norm_forward(const float *x, const float *w, const float *b, double eps, int rows, int d,
                      float *out, float *scale);
/* dx += the gradient through the norm of dy; dw and db (NULL for LNPre) are added to. sums: scratch
   [2, d]. */
void ind_norm_backward(const float *x, const float *scale, const float *w, const float *dy,
                       int rows, int d, float *dx, float *dw, float *db, double *sums);

/* ---- The backward pass ---------------------------------------------------------------------- */

struct ind_backward_work {
    float *buffers;   /* the allocation behind what follows */
    float *dresidual; /* [rows, d_model] */
    float *dnormed;   /* [rows, d_model] */
    float *dz;        /* [rows, heads, d_head] */
    float *dqkv;      /* [rows, 3, heads, d_head] */
    float *dscores;   /* [length, scores_stride of the cache]: one head */
    float *dweights;  /* [d_model, 3, heads, d_head] */
    float *logits;    /* [logits_rows, vocab], then their gradient */
    int logits_rows;
    int32_t *targets; /* [logits_rows], and the next two likewise: one block of predictions */
    double *losses;
    uint8_t *correct;
    double *sums; /* [max(2 d_model, 3 heads d_head, vocab)]: sums over rows */
};

/* unembed.c: loss of all predictions, the gradient of W_U and b_U, and that of final_normed (set).
 */
struct ind_unembed_task {
    const struct ind_params *params;
    const struct ind_cache *cache;
    const int32_t *tokens;
    int token_stride, period;
    float scale;
};
void ind_unembed_backward(const struct ind_unembed_task *task, struct ind_backward_work *work,
                          struct ind_params *gradient, float *dnormed, struct ind_loss *loss);

/* sums.c: out [columns] += sum over rows of matrix [rows, stride], in double, row by row. */
void ind_column_sums_add(const float *matrix, int rows, int columns, size_t stride, double *sums,
                         float *out);

#endif
