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
IND_CHECKED int ind_arena_allocate(struct ind_arena *arena, struct ind_error *err);

/* ---- The forward pass ----------------------------------------------------------------------- */

struct ind_cache_work {
    float *activations; /* the allocation behind every buffer of the cache */
    float *qkv_weights; /* [layers, d_model, 3, heads, d_head]: W_Q|W_K|W_V, one product each row */
    float *scores;      /* [length, scores_stride]: one head, before softmax */
    size_t scores_stride;
    float
        *patterns;  /* IND_LAYER_PATTERNS: [batch, heads, length, length]; IND_NO_PATTERNS: [length,
                        length] of the head that the pass is at; otherwise NULL */
    float *keys;    /* [d_head, scores_stride]: one head's keys (or values), transposed; twice as
                        many rows with config.position_part */
    float *smeared; /* [2, length, d_head]: one head's keys as scores see them, and those of the
                       position part; config.smear only */
    float *term;    /* [length, scores_stride]: a part of one head's scores, position_part only */
    float *qk_input;              /* [rows, d_model]: normed + W_pos, shortformer only */
    float *rotary;                /* [length, rotary_dim/2, 2]: cos, sin; rotary only */
    struct ind_lookup *lookup;    /* layer 0 by token, NULL if not asked for or not possible */
    struct ind_cache *donors;     /* [config.donors] */
    const struct ind_cache *lent; /* the donors of the pass that this one goes on from, or NULL */
};

/* Row of the position table that a sequence begins at. */
static inline int ind_start_of(const struct ind_cache *cache, int sequence)
{
    return cache->starts ? cache->starts[sequence] : 0;
}

/* One head on one sequence. Rows of q, k, v and their like are `stride` floats apart, of z heads *
   d_head; scores (NULL when not kept) and pattern are [length, length]. */
struct ind_head_view {
    float *q, *k, *v, *z;
    float *scores, *pattern;
    double *entropies; /* [length] of the pattern's rows; NULL when not kept */
    float *position_q, *position_k, *position_v, *position_z; /* NULL without position_part */
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

/* ---- Interventions (patch.c) ---------------------------------------------------------------- */

/* Those of a pass, and the head that it is at. */
struct ind_patching {
    const struct ind_regime *standing; /* NULL = none */
    const struct ind_patch *patches;   /* [count] */
    int count;
    const float *smear; /* [heads] of the layer, NULL = keys are not smeared */
    int layer, head, sequence;
};
static inline struct ind_patching ind_patching_at(const struct ind_patching *of, int layer,
                                                  int head, int sequence)
{
    struct ind_patching at = *of;
    at.layer = layer;
    at.head = head;
    at.sequence = sequence;
    return at;
}

/* Applied to one head's scores, rows `stride` floats apart, its pattern, or its z. */
void ind_patching_scores(const struct ind_patching *at, int length, float *scores, size_t stride);
void ind_patching_pattern(const struct ind_patching *at, const struct ind_cache *cache,
                          float *pattern);
void ind_patching_z(const struct ind_patching *at, int length, int d_head, float *z, size_t stride);

/* Is its z, or its pattern, another than it would be? How much of its own pattern is left? */
bool ind_patching_takes_z(const struct ind_patching *at);
bool ind_patching_takes_pattern(const struct ind_patching *at);
/* Is the head left alone altogether: scores, pattern and z? */
bool ind_patching_none(const struct ind_patching *at);
float ind_patching_kept(const struct ind_patching *at);

/* ---- The position part (position_part.c) ---------------------------------------------------- */

/* Is it carried in passes over these parameters? What follows is only called if so. */
bool ind_position_part_on(const struct ind_params *params, const struct ind_cache *cache);

void ind_position_part_embed(const struct ind_params *params, struct ind_cache *cache);
void ind_position_part_project(int layer, struct ind_cache *cache);
void ind_position_part_output(const struct ind_params *params, int layer, struct ind_cache *cache);

struct ind_backward_work;
/* W_O and dposition_z, from dposition; in the last layer, after which there is none, zeros. */
void ind_position_part_output_backward(const struct ind_params *params, int layer,
                                       const struct ind_cache *cache,
                                       struct ind_backward_work *work, struct ind_params *gradient);
/* From dposition_qkv to W_Q W_K W_V and, added to dposition, on to x_P of the layer. */
void ind_position_part_project_backward(int layer, const struct ind_cache *cache,
                                        struct ind_backward_work *work,
                                        struct ind_params *gradient);
/* The trained table. */
void ind_position_part_embed_backward(const struct ind_cache *cache,
                                      const struct ind_backward_work *work,
                                      struct ind_params *gradient);

/* ---- Attention ------------------------------------------------------------------------------ */

/* attention.c: scores, pattern and z of every head of a layer from q, k, v. */
void ind_attention_forward(struct ind_cache *cache, int layer, const struct ind_patching *patching);
void ind_attention_head(struct ind_cache *cache, int layer, int head,
                        const struct ind_patching *patching);
/* Scores and pattern alone, from q and k. */
void ind_attention_patterns(struct ind_cache *cache, int layer,
                            const struct ind_patching *patching);
/* From dz to dqkv, and likewise for the position part; dsmear [heads] is added to, where there is
 * one. */
void ind_attention_backward(const struct ind_cache *cache, int layer,
                            const struct ind_patching *patching, struct ind_backward_work *work,
                            float *dsmear);

/* smear.c: out [length, d_head] = keys as scores see them, from k, rows ld floats apart. */
void ind_smear(int length, int d_head, float logit, const float *k, size_t ld, float *out);
/* dk in place, from the gradient by the smeared keys to that by k; returns that by the logit. */
double ind_smear_backward(int length, int d_head, float logit, const float *k, size_t ld,
                          float *dk);

/* rotary.c. `sign` +1 rotates the first `vectors` of every row, -1 rotates back: the transpose,
   which is what a gradient needs. 2 * heads from q on are all of q and k. */
void ind_rotary_table(const struct ind_config *config, int length, float *table);
void ind_rotary_apply(const struct ind_cache *cache, int vectors, float sign, float *q);

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
    float *pattern;   /* [length, length]: softmax's own, of one head */
    float *pairs;     /* [3, length, 2 d_head]: dz, v and z of one head with those of x_P */
    float *dposition; /* [rows, d_model], and the next two: of the position part, or NULL */
    float *dposition_z, *dposition_qkv;
    float *logits; /* [logits_rows, vocab], then their gradient */
    int logits_rows;
    int32_t *targets; /* [logits_rows], and the next two likewise: one block of predictions */
    double *losses;
    uint8_t *correct;
    double *sums; /* [max(2 d_model, 3 heads d_head, vocab)]: sums over rows */
};

/* unembed.c: loss of all predictions, the gradient of W_U and b_U, and that of final_normed (set).
 */
void ind_unembed_backward(const struct ind_backward_task *task,
                          const struct ind_objective *objective, struct ind_backward_work *work,
                          struct ind_params *gradient, float *dnormed, struct ind_loss *loss);

/* sums.c: out [columns] += sum over rows of matrix [rows, stride], in double, row by row. */
void ind_column_sums_add(const float *matrix, int rows, int columns, size_t stride, double *sums,
                         float *out);

#endif
