/*
 * Attention of one layer, head by head and sequence by sequence:
 *
 *   scores = q k^T / scale, pattern = causal softmax(scores), z = pattern v
 */
#include "model/work.h"

#include <math.h>
#include <string.h>

#include <induct/math/blas.h>

#include "model/softmax.h"

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
    const float *value = patch_value(patch, sequence);
    for (int i = 0; i < length; i++) {
        const float *row = value + (size_t)i * row_stride(patch, length);
        for (int j = 0; j <= i; j++)
            scores[i * stride + j] += row[j];
    }
}

/* rows x columns of the patch's value (zeros where it has none) over `out`. */
static void replace(const struct ind_patch *patch, int sequence, int rows, int columns, float *out,
                    size_t stride)
{
    size_t bytes = (size_t)columns * sizeof *out;
    for (int i = 0; i < rows; i++) {
        if (patch->value)
            memcpy(out + i * stride,
                   patch_value(patch, sequence) + (size_t)i * row_stride(patch, columns), bytes);
        else
            memset(out + i * stride, 0, bytes);
    }
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
    int T = cache->length, k = cache->config.d_head, ld = cache->qkv_stride;
    float *scores = cache->work->scores;
    size_t stride = cache->work->scores_stride;
    float factor = (float)(1.0 / ind_config_scale(&cache->config));
    const struct ind_patch *patch;

    ind_sgemm(false, true, T, T, k, factor, head->q, ld, head->k, ld, 0.0F, scores, (int)stride);
    for (int next = 0; (patch = next_patch(at, IND_PATCH_SCORES_ADD, &next));)
        add_to_scores(patch, at->sequence, T, scores, stride);
    if (head->scores)
        keep_scores(scores, stride, T, head->scores);
    ind_softmax_causal(scores, stride, T, head->pattern);
    for (int next = 0; (patch = next_patch(at, IND_PATCH_PATTERN, &next));)
        replace(patch, at->sequence, T, T, head->pattern, (size_t)T);
}

static void head_z(const struct ind_cache *cache, const struct patching *at,
                   const struct ind_head_view *head)
{
    int T = cache->length, k = cache->config.d_head;
    int width = cache->config.heads * k;
    const struct ind_patch *patch;

    ind_sgemm(false, false, T, k, T, 1.0F, head->pattern, T, head->v, cache->qkv_stride, 0.0F,
              head->z, width);
    for (int next = 0; (patch = next_patch(at, IND_PATCH_Z, &next));)
        replace(patch, at->sequence, T, k, head->z, (size_t)width);
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

/* ---- Backward ------------------------------------------------------------------------------- */

void ind_attention_backward(const struct ind_cache *cache, int layer, const float *dz, float *dqkv,
                            float *dscores)
{
    int T = cache->length, k = cache->config.d_head, ld = cache->qkv_stride;
    int width = cache->config.heads * k;
    float factor = (float)(1.0 / ind_config_scale(&cache->config));
    const struct ind_layer_cache *l = &cache->layers[layer];
    for (int b = 0; b < cache->batch; b++) {
        for (int h = 0; h < cache->config.heads; h++) {
            struct ind_head_view head = ind_head_view(cache, layer, b, h);
            const float *dzh = dz + (head.z - l->z);
            float *dq = dqkv + (head.q - l->q);
            float *dk = dq + width;
            float *dv = dk + width;
            ind_sgemm(true, false, T, k, T, 1.0F, head.pattern, T, dzh, width, 0.0F, dv, ld);
            ind_sgemm(false, true, T, T, k, 1.0F, dzh, width, head.v, ld, 0.0F, dscores, T);
            ind_softmax_causal_backward(head.pattern, T, factor, dscores);
            ind_sgemm(false, false, T, k, T, 1.0F, dscores, T, head.k, ld, 0.0F, dq, ld);
            ind_sgemm(true, false, T, k, T, 1.0F, dscores, T, head.q, ld, 0.0F, dk, ld);
        }
    }
}
