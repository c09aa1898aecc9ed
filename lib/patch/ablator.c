/*
 * The ablator's parts: one clean run a batch, entered again in front of an output, and one head's z
 * replaced there.
 */
#include "patch/work.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/math/causal.h>
#include <induct/patch/means.h>

/* ---- Owner ---------------------------------------------------------------------------------- */

static void fill_patterns(struct ind_ablator *ablator, int length)
{
    for (int i = 0; i < length; i++) {
        float *uniform = ablator->uniform + (size_t)i * length;
        for (int j = 0; j <= i; j++)
            uniform[j] = 1.0F / (float)(i + 1);
        ablator->previous[(size_t)i * length + (i > 0 ? i - 1 : 0)] = 1.0F;
    }
}

/* The clean run's patterns stay where they are from batch to batch, so these are made once. */
static void point_at_patterns(struct ind_ablator *ablator, const struct ind_config *c, int length)
{
    const size_t square = (size_t)length * length;
    for (int layer = 0; layer < c->layers; layer++) {
        const float *patterns = ablator->evaluator.cache.layers[layer].pattern;
        for (int head = 0; head < c->heads; head++)
            ablator->frozen[layer * c->heads + head] =
                (struct ind_patch){.kind = IND_PATCH_PATTERN,
                                   .layer = layer,
                                   .head = head,
                                   .value = patterns + (size_t)head * square,
                                   .batch_stride = (size_t)c->heads * square};
    }
}

static int allocate(struct ind_ablator *ablator, const struct ind_config *c, int length,
                    struct ind_error *err)
{
    const size_t square = (size_t)length * length, z = (size_t)length * ind_z_width(c);
    const bool freezes = ablator->needs & IND_ABLATOR_FREEZES;
    if (ind_evaluator_init_keeping(&ablator->evaluator, c, length, freezes ? 0 : IND_NO_PATTERNS,
                                   err) ||
        ind_cache_init(&ablator->arm, c, ablator->evaluator.batch, length, IND_NO_PATTERNS, err) ||
        ind_alloc_into(&ablator->uniform, square, sizeof(float), err) ||
        ind_alloc_into(&ablator->previous, square, sizeof(float), err) ||
        (freezes && ind_alloc_into(&ablator->frozen, (size_t)c->layers * c->heads,
                                   sizeof(struct ind_patch), err)))
        return IND_FAILED;
    if (!(ablator->needs & IND_ABLATOR_REFERS))
        return IND_OK;
    if (ind_cache_init(&ablator->donors, c, ablator->evaluator.batch, length, IND_NO_PATTERNS,
                       err) ||
        ind_alloc_into(&ablator->means, (size_t)c->layers, z * sizeof(float), err) ||
        ind_alloc_into(&ablator->sums, (size_t)c->layers, z * sizeof(double), err))
        return IND_FAILED;
    return IND_OK;
}

int ind_ablator_init(struct ind_ablator *ablator, const struct ind_config *config, int length,
                     unsigned needs, struct ind_error *err)
{
    *ablator = (struct ind_ablator){.needs = needs};
    if (allocate(ablator, config, length, err)) {
        ind_ablator_release(ablator);
        return IND_FAILED;
    }
    fill_patterns(ablator, length);
    if (ablator->frozen != NULL)
        point_at_patterns(ablator, config, length);
    return IND_OK;
}

void ind_ablator_release(struct ind_ablator *ablator)
{
    ind_evaluator_release(&ablator->evaluator);
    ind_cache_release(&ablator->arm);
    ind_cache_release(&ablator->donors);
    free(ablator->means);
    free(ablator->sums);
    free(ablator->uniform);
    free(ablator->previous);
    free(ablator->frozen);
    *ablator = (struct ind_ablator){0};
}

/* ---- Batches -------------------------------------------------------------------------------- */

void ind_ablator_average(struct ind_ablator *ablator, const struct ind_params *params,
                         const struct ind_eval_data *data, const int32_t *reference, int last)
{
    const int sequences = ablator->references > 0 ? ablator->references : data->sequences;
    ind_mean_z(&ablator->donors, ablator->evaluator.batch, params, reference, data->context,
               sequences, last, ablator->sums, ablator->means);
}

void ind_ablator_begin(struct ind_ablator *ablator, const struct ind_params *params,
                       const struct ind_eval_data *data, const struct ind_pass *pass,
                       const int32_t *reference, int last)
{
    const size_t first = (size_t)pass->first * (size_t)data->context;
    struct ind_cache *clean = &ablator->evaluator.cache;
    clean->batch = ablator->arm.batch = pass->count;
    ind_forward(params, data->tokens + first, data->context, NULL, 0, clean);
    if (reference == NULL)
        return;
    ablator->donors.batch = clean->batch;
    ind_forward_z(params, reference + first, data->context, last, &ablator->donors);
}

/* ---- One arm -------------------------------------------------------------------------------- */

void ind_ablator_enter(struct ind_ablator *ablator, int layer)
{
    ind_cache_enter(&ablator->arm, &ablator->evaluator.cache, layer);
}

void ind_ablator_attend(struct ind_ablator *ablator, const struct ind_params *params,
                        enum ind_ablation_mode mode, int layer)
{
    const int heads = ablator->arm.config.heads;
    const bool frozen = mode == IND_ABLATION_FROZEN;
    assert(!frozen || ablator->frozen != NULL);
    ind_forward_attention(params, layer, frozen ? ablator->frozen + (size_t)layer * heads : NULL,
                          frozen ? heads : 0, &ablator->arm);
}

/* z [rows, heads, d_head] of one head := pattern v, the same pattern for every sequence; v of the
 * whole, or of its position part. */
static void mix_by(const struct ind_ablator *ablator, const float *pattern, struct ind_head head,
                   const float *layer_v, float *z)
{
    const struct ind_cache *arm = &ablator->arm;
    const int T = arm->length, k = arm->config.d_head;
    const size_t width = ind_z_width(&arm->config), ld = (size_t)arm->qkv_stride;
    const float *v = layer_v + (size_t)head.head * k;
    for (int b = 0; b < arm->batch; b++)
        ind_causal_mix(T, k, pattern, (size_t)T, v + (size_t)b * T * ld, ld,
                       z + (size_t)b * T * width, width);
}

/* z of one head := the same columns of `from`, whose sequences lie `stride` floats apart. */
static void take_from(const struct ind_ablator *ablator, const float *from, size_t stride, float *z)
{
    const struct ind_cache *arm = &ablator->arm;
    const size_t width = ind_z_width(&arm->config), size = (size_t)arm->config.d_head;
    for (int b = 0; b < arm->batch; b++) {
        for (int i = 0; i < arm->length; i++, z += width)
            memcpy(z, from + b * stride + i * width, size * sizeof *z);
    }
}

static void put_zero(const struct ind_ablator *ablator, float *z)
{
    const struct ind_cache *arm = &ablator->arm;
    const size_t width = ind_z_width(&arm->config), size = (size_t)arm->config.d_head;
    for (int row = 0; row < arm->batch * arm->length; row++)
        memset(z + (size_t)row * width, 0, size * sizeof *z);
}

void ind_ablator_replace(struct ind_ablator *ablator, enum ind_ablation_mode mode,
                         struct ind_head head, const struct ind_cache *values)
{
    const struct ind_cache *arm = &ablator->arm;
    const size_t size = (size_t)arm->length * ind_z_width(&arm->config);
    const size_t column = (size_t)head.head * arm->config.d_head;
    const struct ind_layer_cache *v = &values->layers[head.layer];
    float *z = arm->layers[head.layer].z + column;
    float *position_z = arm->layers[head.layer].position_z; /* what is put in place has none */
    if (position_z)
        put_zero(ablator, position_z + column);
    switch (mode) {
    case IND_ABLATION_ZERO:
    case IND_ABLATION_FROZEN:
        put_zero(ablator, z);
        break;
    case IND_ABLATION_MEAN:
        take_from(ablator, ablator->means + (size_t)head.layer * size + column, 0, z);
        break;
    case IND_ABLATION_RESAMPLE:
        take_from(ablator, ablator->donors.layers[head.layer].z + column, size, z);
        break;
    case IND_ABLATION_PATTERN_UNIFORM:
        mix_by(ablator, ablator->uniform, head, v->v, z);
        if (position_z)
            mix_by(ablator, ablator->uniform, head, v->position_v, position_z + column);
        break;
    case IND_ABLATION_PATTERN_PREV:
        mix_by(ablator, ablator->previous, head, v->v, z);
        if (position_z)
            mix_by(ablator, ablator->previous, head, v->position_v, position_z + column);
        break;
    }
}

void ind_ablator_count(struct ind_ablator *ablator, const struct ind_params *params,
                       const struct ind_eval_data *data, int first, struct ind_eval_count *counts)
{
    ind_forward_layers(params, ablator->arm.config.layers, NULL, 0, &ablator->arm);
    ind_evaluate_cache(&ablator->evaluator, params, &ablator->arm, data, first, counts);
}
