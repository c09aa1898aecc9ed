/*
 * Attention of one layer, head by head and sequence by sequence:
 *
 *   scores = q k^T / scale, pattern = causal softmax(scores), z = pattern v
 */
#include "model/work.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include <induct/math/causal.h>

/* ---- Interventions -------------------------------------------------------------------------- */

static size_t row_stride(const struct ind_patch *patch, int columns)
{
    return patch->row_stride ? patch->row_stride : (size_t)columns;
}

static const float *patch_value(const struct ind_patch *patch, int sequence)
{
    return patch->value + (size_t)sequence * patch->batch_stride;
}

/* Only entries on and below the diagonal count. */
static void add_to_scores(const struct ind_patch *patch, int sequence, int length, float *scores,
                          size_t stride)
{
    assert(patch->value);
    const float *value = patch_value(patch, sequence);
    for (int i = 0; i < length; i++) {
        const float *row = value + (size_t)i * row_stride(patch, length);
        for (int j = 0; j <= i; j++)
            scores[i * stride + j] += row[j];
    }
}

static void replace_row(const struct ind_patch *patch, const float *value, int row, int columns,
                        int count, float *out)
{
    if (patch->value)
        memcpy(out, value + (size_t)row * row_stride(patch, columns), (size_t)count * sizeof *out);
    else
        memset(out, 0, (size_t)count * sizeof *out);
}

/* z [length, d_head], rows `stride` floats apart. */
static void replace_z(const struct ind_patch *patch, int sequence, int length, int d_head, float *z,
                      size_t stride)
{
    const float *value = patch->value ? patch_value(patch, sequence) : NULL;
    for (int i = 0; i < length; i++)
        replace_row(patch, value, i, d_head, d_head, z + i * stride);
}

/* Only entries on and below the diagonal are taken: attention stays causal. */
static void replace_pattern(const struct ind_patch *patch, int sequence, int length, float *pattern)
{
    const float *value = patch->value ? patch_value(patch, sequence) : NULL;
    for (int i = 0; i < length; i++)
        replace_row(patch, value, i, length, i + 1, pattern + (size_t)i * length);
}

/* The interventions of one call, and the head that the pass is at. */
struct patching {
    const struct ind_patch *patches;
    int count;
    int layer, head, sequence;
};

/* The next patch of this kind on this head, from index *next on; NULL when there is none left. */
static const struct ind_patch *next_patch(const struct patching *at, enum ind_patch_kind kind,
                                          int *next)
{
    while (*next < at->count) {
        const struct ind_patch *patch = &at->patches[(*next)++];
        if (patch->kind == kind && patch->layer == at->layer && patch->head == at->head)
            return patch;
    }
    return NULL;
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

static void head_pattern(const struct ind_cache *cache, const struct patching *at,
                         const struct ind_head_view *head)
{
    int T = cache->length, k = cache->config.d_head;
    size_t ld = (size_t)cache->qkv_stride;
    float *scores = cache->work->scores;
    size_t stride = cache->work->scores_stride;
    float factor = (float)(1.0 / ind_config_scale(&cache->config));
    const struct ind_patch *patch;

    ind_causal_scores(T, k, head->q, ld, head->k, ld, factor, scores, stride, cache->work->keys);
    for (int next = 0; (patch = next_patch(at, IND_PATCH_SCORES_ADD, &next));)
        add_to_scores(patch, at->sequence, T, scores, stride);
    if (head->scores)
        keep_scores(scores, stride, T, head->scores);
    ind_causal_softmax(T, scores, stride, head->pattern);
    for (int next = 0; (patch = next_patch(at, IND_PATCH_PATTERN, &next));)
        replace_pattern(patch, at->sequence, T, head->pattern);
}

static void head_z(const struct ind_cache *cache, const struct patching *at,
                   const struct ind_head_view *head)
{
    int T = cache->length, k = cache->config.d_head;
    size_t width = (size_t)cache->config.heads * k;
    const struct ind_patch *patch;

    ind_causal_mix(T, k, head->pattern, (size_t)T, head->v, (size_t)cache->qkv_stride, head->z,
                   width);
    for (int next = 0; (patch = next_patch(at, IND_PATCH_Z, &next));)
        replace_z(patch, at->sequence, T, k, head->z, width);
}

void ind_attention_forward(struct ind_cache *cache, int layer, const struct ind_patch *patches,
                           int patch_count)
{
    for (int b = 0; b < cache->batch; b++) {
        for (int h = 0; h < cache->config.heads; h++) {
            struct ind_head_view head = ind_head_view(cache, layer, b, h);
            struct patching at = {patches, patch_count, layer, h, b};
            head_pattern(cache, &at, &head);
            head_z(cache, &at, &head);
        }
    }
}

void ind_attention_patterns(struct ind_cache *cache, int layer)
{
    for (int b = 0; b < cache->batch; b++) {
        for (int h = 0; h < cache->config.heads; h++) {
            struct ind_head_view head = ind_head_view(cache, layer, b, h);
            struct patching none = {NULL, 0, layer, h, b};
            head_pattern(cache, &none, &head);
        }
    }
}

/* ---- Backward ------------------------------------------------------------------------------- */

void ind_attention_backward(const struct ind_cache *cache, int layer, const float *dz, float *dqkv,
                            float *dscores)
{
    int T = cache->length, k = cache->config.d_head;
    size_t ld = (size_t)cache->qkv_stride, width = (size_t)cache->config.heads * k;
    size_t stride = cache->work->scores_stride, square = (size_t)T;
    float factor = (float)(1.0 / ind_config_scale(&cache->config));
    const struct ind_layer_cache *l = &cache->layers[layer];
    for (int b = 0; b < cache->batch; b++) {
        for (int h = 0; h < cache->config.heads; h++) {
            struct ind_head_view head = ind_head_view(cache, layer, b, h);
            const float *dzh = dz + (head.z - l->z);
            float *dq = dqkv + (head.q - l->q);
            ind_causal_mix_transposed(T, k, head.pattern, square, dzh, width, dq + 2 * width, ld);
            ind_causal_scores_backward(T, k, dzh, head.z, width, head.v, ld, head.pattern, factor,
                                       dscores, stride, cache->work->keys);
            ind_causal_mix(T, k, dscores, stride, head.k, ld, dq, ld);
            ind_causal_mix_transposed(T, k, dscores, stride, head.q, ld, dq + width, ld);
        }
    }
}
