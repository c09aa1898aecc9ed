/*
 * Attention of one layer, head by head and sequence by sequence:
 *
 *   scores = q k^T / scale, pattern = causal softmax(scores), z = pattern v
 *
 * with the interventions of the pass, and its gradient.
 */
#include "model/work.h"

#include <math.h>
#include <string.h>

#include <induct/math/causal.h>

static float score_factor(const struct ind_cache *cache)
{
    return (float)(1.0 / ind_config_scale(&cache->config));
}

/* Do the scores of this layer lack their position-position term? And is there a layer after it
 * for the position part to go to? */
static bool lacks_pp(const struct ind_patching *at)
{
    return at->standing && at->standing->without_pp && at->layer > 0;
}

static bool moves_position(const struct ind_patching *at, const struct ind_cache *cache)
{
    return at->standing && at->standing->without_pp && at->layer < cache->config.layers - 1;
}

/* ---- Forward -------------------------------------------------------------------------------- */

/* Copies the scores out, with -inf where the causal mask is. */
static void keep_scores(const float *scores, size_t stride, int length, float *kept)
{
    for (int i = 0; i < length; i++) {
        float *row = kept + (size_t)i * length;
        memcpy(row, scores + i * stride, (size_t)(i + 1) * sizeof *row);
        for (int j = i + 1; j < length; j++)
            row[j] = -INFINITY;
    }
}

/* A head's keys as its scores see them. */
struct keys {
    const float *k;
    size_t ld;
};

static struct keys keys_of(const struct ind_cache *cache, const struct ind_patching *at,
                           const struct ind_head_view *head)
{
    if (!at->smear)
        return (struct keys){head->k, (size_t)cache->qkv_stride};
    ind_smear(cache->length, cache->config.d_head, at->smear[at->head], head->k,
              (size_t)cache->qkv_stride, cache->work->smeared);
    return (struct keys){cache->work->smeared, (size_t)cache->config.d_head};
}

static struct keys position_keys_of(const struct ind_cache *cache, const struct ind_patching *at,
                                    const struct ind_head_view *head)
{
    float *room = cache->work->smeared;
    if (!at->smear)
        return (struct keys){head->position_k, (size_t)cache->qkv_stride};
    room += (size_t)cache->length * cache->config.d_head;
    ind_smear(cache->length, cache->config.d_head, at->smear[at->head], head->position_k,
              (size_t)cache->qkv_stride, room);
    return (struct keys){room, (size_t)cache->config.d_head};
}

static void take_pp_away(const struct ind_cache *cache, const struct ind_patching *at,
                         const struct ind_head_view *head, float *scores)
{
    const struct keys keys = position_keys_of(cache, at, head);
    const int T = cache->length;
    const size_t ld = (size_t)cache->qkv_stride, stride = cache->work->scores_stride;
    float *term = cache->work->term;
    ind_causal_scores(T, cache->config.d_head, head->position_q, ld, keys.k, keys.ld,
                      -score_factor(cache), term, stride, cache->work->keys);
    for (int i = 0; i < T; i++) {
        for (int j = 0; j <= i; j++)
            scores[i * stride + j] += term[i * stride + j];
    }
}

/* Scores before softmax, interventions on them included. */
static void head_scores(const struct ind_cache *cache, const struct ind_patching *at,
                        const struct ind_head_view *head, float *scores)
{
    const int T = cache->length;
    const size_t ld = (size_t)cache->qkv_stride, stride = cache->work->scores_stride;
    const struct keys keys = keys_of(cache, at, head);
    ind_causal_scores(T, cache->config.d_head, head->q, ld, keys.k, keys.ld, score_factor(cache),
                      scores, stride, cache->work->keys);
    if (lacks_pp(at))
        take_pp_away(cache, at, head, scores);
    ind_patching_scores(at, T, scores, stride);
}

/* The pattern of scores, which are overwritten, with the interventions on it, and its rows'
   entropies where they are kept: softmax's, unless it is another's pattern in the end. */
static void make_pattern(const struct ind_cache *cache, const struct ind_patching *at,
                         const struct ind_head_view *head, float *scores)
{
    const int T = cache->length;
    const size_t stride = cache->work->scores_stride;
    if (head->entropies)
        ind_causal_softmax_entropies(T, scores, stride, head->pattern, head->entropies);
    else
        ind_causal_softmax(T, scores, stride, head->pattern);
    ind_patching_pattern(at, cache, head->pattern);
    if (head->entropies && ind_patching_takes_pattern(at))
        ind_causal_entropy(0, T, head->pattern, (size_t)T, head->entropies);
}

static void head_pattern(const struct ind_cache *cache, const struct ind_patching *at,
                         const struct ind_head_view *head)
{
    float *scores = cache->work->scores;
    head_scores(cache, at, head, scores);
    if (head->scores)
        keep_scores(scores, cache->work->scores_stride, cache->length, head->scores);
    make_pattern(cache, at, head, scores);
}

/* z [length, d_head] := zeros, rows `stride` floats apart */
static void clear(int length, int d_head, float *z, size_t stride)
{
    for (int i = 0; i < length; i++)
        memset(z + i * stride, 0, (size_t)d_head * sizeof *z);
}

static void head_z(const struct ind_cache *cache, const struct ind_patching *at,
                   const struct ind_head_view *head)
{
    const int T = cache->length, k = cache->config.d_head;
    const size_t width = (size_t)cache->config.heads * k, ld = (size_t)cache->qkv_stride;
    ind_causal_mix(T, k, head->pattern, (size_t)T, head->v, ld, head->z, width);
    ind_patching_z(at, T, k, head->z, width);
    if (!moves_position(at, cache))
        return;
    if (ind_patching_takes_z(at))
        clear(T, k, head->position_z, width);
    else
        ind_causal_mix(T, k, head->pattern, (size_t)T, head->position_v, ld, head->position_z,
                       width);
}

/* May the head's attention go by blocks of rows? Where nobody looks at its pattern, to keep or to
 * change it, and where the room for one pattern is enough to work in: from some hundred positions
 * on, where it also pays. */
static bool by_blocks(const struct ind_cache *cache, const struct ind_patching *at)
{
    const int T = cache->length;
    return !cache->layers[at->layer].pattern && !cache->layers[at->layer].scores &&
           ind_causal_attention_scratch(T, cache->config.d_head) <=
               (size_t)T * cache->work->scores_stride &&
           !lacks_pp(at) && !moves_position(at, cache) && ind_patching_none(at);
}

static void head_forward(const struct ind_cache *cache, const struct ind_patching *at,
                         const struct ind_head_view *head)
{
    const int k = cache->config.d_head;
    if (!by_blocks(cache, at)) {
        head_pattern(cache, at, head);
        head_z(cache, at, head);
        return;
    }
    const struct keys keys = keys_of(cache, at, head);
    ind_causal_attention(cache->length, k, head->q, head->v, (size_t)cache->qkv_stride, keys.k,
                         keys.ld, score_factor(cache), head->z, (size_t)cache->config.heads * k,
                         cache->work->scores);
}

void ind_attention_forward(struct ind_cache *cache, int layer, const struct ind_patching *patching)
{
    for (int b = 0; b < cache->batch; b++) {
        for (int h = 0; h < cache->config.heads; h++) {
            const struct ind_head_view head = ind_head_view(cache, layer, b, h);
            const struct ind_patching at = ind_patching_at(patching, layer, h, b);
            head_forward(cache, &at, &head);
        }
    }
}

void ind_attention_head(struct ind_cache *cache, int layer, int head,
                        const struct ind_patching *patching)
{
    for (int b = 0; b < cache->batch; b++) {
        const struct ind_head_view view = ind_head_view(cache, layer, b, head);
        const struct ind_patching at = ind_patching_at(patching, layer, head, b);
        head_pattern(cache, &at, &view);
        head_z(cache, &at, &view);
    }
}

void ind_attention_patterns(struct ind_cache *cache, int layer, const struct ind_patching *patching)
{
    for (int b = 0; b < cache->batch; b++) {
        for (int h = 0; h < cache->config.heads; h++) {
            const struct ind_head_view head = ind_head_view(cache, layer, b, h);
            const struct ind_patching at = ind_patching_at(patching, layer, h, b);
            head_pattern(cache, &at, &head);
        }
    }
}

/* ---- Backward ------------------------------------------------------------------------------- */

/* One head on one sequence, as the backward pass sees it. */
struct head_pass {
    const struct ind_cache *cache;
    struct ind_backward_work *work;
    struct ind_patching at;
    struct ind_head_view head;
    const float *dz;
    float *dsmear; /* [heads], or NULL */
    float *dq;     /* dk and dv lie `width` and twice that behind it */
    const float *position_dz;
    float *position_dq;
};

/* `width` columns of a and, unless b is NULL, of b beside them, row by row. */
static void pack(int length, int width, const float *a, const float *b, size_t ld, float *out)
{
    for (int i = 0; i < length; i++) {
        memcpy(out, a + i * ld, (size_t)width * sizeof *out);
        out += width;
        if (!b)
            continue;
        memcpy(out, b + i * ld, (size_t)width * sizeof *out);
        out += width;
    }
}

/* x [length, width] := -x, rows ld floats apart */
static void negate(int length, int width, float *x, size_t ld)
{
    for (int i = 0; i < length; i++) {
        for (int e = 0; e < width; e++)
            x[i * ld + e] = -x[i * ld + e];
    }
}

/* The pattern that softmax made, before anything was put in its place. */
static const float *own_pattern(const struct head_pass *p)
{
    const struct ind_cache *cache = p->cache;
    if (!ind_patching_takes_pattern(&p->at))
        return p->head.pattern;
    head_scores(cache, &p->at, &p->head, cache->work->scores);
    ind_causal_softmax(cache->length, cache->work->scores, cache->work->scores_stride,
                       p->work->pattern);
    return p->work->pattern;
}

/* dscores where values have two parts, or the pattern that was mixed is not softmax's own: over
 * both parts side by side, and what softmax's own pattern would have mixed of them. */
static void scores_backward_packed(const struct head_pass *p, float factor)
{
    const struct ind_cache *cache = p->cache;
    const int T = cache->length, k = cache->config.d_head;
    const bool both = moves_position(&p->at, cache);
    const size_t width = (size_t)cache->config.heads * k, ld = (size_t)cache->qkv_stride;
    const size_t wide = (size_t)(both ? 2 * k : k), part = (size_t)T * wide;
    float *dz = p->work->pairs, *v = dz + part, *z = v + part;
    const float *pattern = own_pattern(p);
    pack(T, k, p->dz, both ? p->position_dz : NULL, width, dz);
    pack(T, k, p->head.v, both ? p->head.position_v : NULL, ld, v);
    ind_causal_mix(T, (int)wide, pattern, (size_t)T, v, wide, z, wide);
    ind_causal_scores_backward(T, (int)wide, dz, z, wide, v, wide, pattern, factor,
                               p->work->dscores, cache->work->scores_stride, cache->work->keys);
}

static void scores_backward(const struct head_pass *p, float factor)
{
    const struct ind_cache *cache = p->cache;
    const size_t width = (size_t)cache->config.heads * cache->config.d_head;
    if (ind_patching_takes_pattern(&p->at) || moves_position(&p->at, cache))
        scores_backward_packed(p, factor);
    else
        ind_causal_scores_backward(cache->length, cache->config.d_head, p->dz, p->head.z, width,
                                   p->head.v, (size_t)cache->qkv_stride, p->head.pattern, factor,
                                   p->work->dscores, cache->work->scores_stride, cache->work->keys);
}

/* From the gradient by keys as scores see them to that by the head's own. */
static void smear_backward(const struct head_pass *p, const float *k, float *dk)
{
    if (p->at.smear)
        p->dsmear[p->at.head] +=
            (float)ind_smear_backward(p->cache->length, p->cache->config.d_head,
                                      p->at.smear[p->at.head], k, (size_t)p->cache->qkv_stride, dk);
}

/* dq and dk from dscores. */
static void queries_backward(const struct head_pass *p)
{
    const int T = p->cache->length, k = p->cache->config.d_head;
    const size_t ld = (size_t)p->cache->qkv_stride, stride = p->cache->work->scores_stride;
    const size_t width = (size_t)p->cache->config.heads * k;
    const float *dscores = p->work->dscores;
    const struct keys keys = keys_of(p->cache, &p->at, &p->head);
    ind_causal_mix(T, k, dscores, stride, keys.k, keys.ld, p->dq, ld);
    ind_causal_mix_transposed(T, k, dscores, stride, p->head.q, ld, p->dq + width, ld);
    smear_backward(p, p->head.k, p->dq + width);
    if (!lacks_pp(&p->at))
        return;
    const struct keys position = position_keys_of(p->cache, &p->at, &p->head);
    ind_causal_mix(T, k, dscores, stride, position.k, position.ld, p->position_dq, ld);
    ind_causal_mix_transposed(T, k, dscores, stride, p->head.position_q, ld, p->position_dq + width,
                              ld);
    negate(T, k, p->position_dq, ld);
    negate(T, k, p->position_dq + width, ld);
    smear_backward(p, p->head.position_k, p->position_dq + width);
}

static void values_backward(const struct head_pass *p)
{
    const int T = p->cache->length, k = p->cache->config.d_head;
    const size_t width = (size_t)p->cache->config.heads * k, ld = (size_t)p->cache->qkv_stride;
    ind_causal_mix_transposed(T, k, p->head.pattern, (size_t)T, p->dz, width, p->dq + 2 * width,
                              ld);
    if (moves_position(&p->at, p->cache))
        ind_causal_mix_transposed(T, k, p->head.pattern, (size_t)T, p->position_dz, width,
                                  p->position_dq + 2 * width, ld);
}

/* The gradients of q and k, or of q, k and v, are zero. */
static void clear_parts(const struct head_pass *p, int parts)
{
    const int T = p->cache->length, k = p->cache->config.d_head;
    const size_t width = (size_t)p->cache->config.heads * k, ld = (size_t)p->cache->qkv_stride;
    for (int part = 0; part < parts; part++) {
        clear(T, k, p->dq + part * width, ld);
        if (p->position_dq)
            clear(T, k, p->position_dq + part * width, ld);
    }
}

/* All three gradients where the pattern is made by blocks of rows. */
static void blocks_backward(const struct head_pass *p)
{
    const struct ind_cache *cache = p->cache;
    const int k = cache->config.d_head;
    const size_t width = (size_t)cache->config.heads * k;
    const struct keys keys = keys_of(cache, &p->at, &p->head);
    ind_causal_attention_backward(cache->length, k, p->head.q, p->head.v, (size_t)cache->qkv_stride,
                                  keys.k, keys.ld, p->head.z, p->dz, width, score_factor(cache),
                                  p->dq, p->dq + width, p->dq + 2 * width, cache->work->scores);
    smear_backward(p, p->head.k, p->dq + width);
}

static void head_backward(const struct head_pass *p)
{
    const float kept = ind_patching_kept(&p->at);
    if (ind_patching_takes_z(&p->at)) {
        clear_parts(p, 3);
        return;
    }
    values_backward(p);
    if (kept == 0.0F) {
        clear_parts(p, 2);
        return;
    }
    scores_backward(p, kept * score_factor(p->cache));
    queries_backward(p);
}

void ind_attention_backward(const struct ind_cache *cache, int layer,
                            const struct ind_patching *patching, struct ind_backward_work *work,
                            float *dsmear)
{
    const struct ind_layer_cache *l = &cache->layers[layer];
    const bool positions = patching->standing && patching->standing->without_pp;
    for (int b = 0; b < cache->batch; b++) {
        for (int h = 0; h < cache->config.heads; h++) {
            struct head_pass pass = {.cache = cache,
                                     .work = work,
                                     .dsmear = dsmear,
                                     .at = ind_patching_at(patching, layer, h, b),
                                     .head = ind_head_view(cache, layer, b, h)};
            pass.dz = work->dz + (pass.head.z - l->z);
            pass.dq = work->dqkv + (pass.head.q - l->q);
            if (positions) {
                pass.position_dz = work->dposition_z + (pass.head.z - l->z);
                pass.position_dq = work->dposition_qkv + (pass.head.q - l->q);
            }
            if (by_blocks(cache, &pass.at)) {
                blocks_backward(&pass);
                continue;
            }
            if (!l->pattern)
                head_pattern(cache, &pass.at, &pass.head);
            head_backward(&pass);
        }
    }
}
