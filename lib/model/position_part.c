/*
 * The position part of the residual stream, carried beside it: x_P before layer 0 is the table's
 * row, each layer adds what its heads move of it under the patterns of the pass,
 *
 *   x_P := x_P + sum_h pattern_h x_P W_V W_O
 *
 * and q_P, k_P are its queries and keys. Biases, and a z that is put in place, are no part of it.
 */
#include "model/work.h"

#include <assert.h>
#include <string.h>

#include <induct/math/product.h>
#include <induct/math/sums.h>

bool ind_position_part_on(const struct ind_params *params, const struct ind_cache *cache)
{
    assert(!params->standing || !params->standing->without_pp || cache->position);
    (void)cache;
    return params->standing && params->standing->without_pp;
}

void ind_position_part_embed(const struct ind_params *params, struct ind_cache *cache)
{
    const size_t d = (size_t)cache->config.d_model, count = (size_t)cache->length * d;
    for (int b = 0; b < cache->batch; b++)
        memcpy(cache->position[0] + (size_t)b * count,
               params->W_pos + (size_t)ind_start_of(cache, b) * d, count * sizeof(float));
}

/* Of a layer's projections, the columns [first, first + count) that are made use of: values where
 * there is a later layer, queries and keys where there is an earlier one. */
struct columns {
    int first, count;
};
static struct columns used_columns(const struct ind_config *c, int layer)
{
    const int width = c->heads * c->d_head, first = layer > 0 ? 0 : 2 * width;
    return (struct columns){first, (layer < c->layers - 1 ? 3 : 2) * width - first};
}

void ind_position_part_project(int layer, struct ind_cache *cache)
{
    const struct columns used = used_columns(&cache->config, layer);
    const int rows = cache->batch * cache->length, d = cache->config.d_model;
    const int ld = cache->qkv_stride;
    if (used.count <= 0)
        return;
    ind_product(false, false, rows, used.count, d, cache->position[layer], d,
                ind_qkv_weights(cache, layer) + used.first, ld, NULL,
                cache->layers[layer].position_q + used.first, ld);
}

void ind_position_part_output(const struct ind_params *params, int layer, struct ind_cache *cache)
{
    const int rows = cache->batch * cache->length, d = cache->config.d_model;
    const int width = cache->config.heads * cache->config.d_head;
    if (layer == cache->config.layers - 1)
        return;
    ind_product(false, false, rows, d, width, cache->layers[layer].position_z, width,
                params->layers[layer].W_O, d, cache->position[layer], cache->position[layer + 1],
                d);
}

/* ---- Backward ------------------------------------------------------------------------------- */

void ind_position_part_output_backward(const struct ind_params *params, int layer,
                                       const struct ind_cache *cache,
                                       struct ind_backward_work *work, struct ind_params *gradient)
{
    const int rows = cache->batch * cache->length, d = cache->config.d_model;
    const int width = cache->config.heads * cache->config.d_head;
    float *dW_O = gradient->layers[layer].W_O;
    if (layer == cache->config.layers - 1) {
        memset(work->dposition, 0, (size_t)rows * d * sizeof(float));
        memset(work->dposition_z, 0, (size_t)rows * width * sizeof(float));
        return;
    }
    ind_product(true, false, width, d, rows, cache->layers[layer].position_z, width,
                work->dposition, d, dW_O, dW_O, d);
    ind_product(false, true, rows, width, d, work->dposition, d, params->layers[layer].W_O, d, NULL,
                work->dposition_z, width);
}

void ind_position_part_project_backward(int layer, const struct ind_cache *cache,
                                        struct ind_backward_work *work, struct ind_params *gradient)
{
    const struct columns used = used_columns(&cache->config, layer);
    const int rows = cache->batch * cache->length, d = cache->config.d_model;
    const int ld = cache->qkv_stride;
    if (used.count <= 0)
        return;
    memset(work->dweights, 0, (size_t)d * ld * sizeof(float));
    ind_product(true, false, d, used.count, rows, cache->position[layer], d,
                work->dposition_qkv + used.first, ld, NULL, work->dweights + used.first, ld);
    ind_unpack_qkv_add(&cache->config, work->dweights, &gradient->layers[layer]);
    ind_product(false, true, rows, d, used.count, work->dposition_qkv + used.first, ld,
                ind_qkv_weights(cache, layer) + used.first, ld, work->dposition, work->dposition,
                d);
}

void ind_position_part_embed_backward(const struct ind_cache *cache,
                                      const struct ind_backward_work *work,
                                      struct ind_params *gradient)
{
    const size_t d = (size_t)cache->config.d_model, count = (size_t)cache->length * d;
    for (int b = 0; b < cache->batch; b++)
        ind_add(count, work->dposition + (size_t)b * count,
                gradient->W_pos + (size_t)ind_start_of(cache, b) * d);
}
