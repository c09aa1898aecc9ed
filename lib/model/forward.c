#include <induct/model/forward.h>
#include <induct/model/reader.h>

#include <assert.h>
#include <string.h>

#include <induct/math/product.h>

#include "model/work.h"

static int rows_of(const struct ind_cache *cache)
{
    return cache->batch * cache->length;
}

/* ---- Embedding ------------------------------------------------------------------------------ */

/* out [rows, d] = in + W_pos[row's position] */
static void add_positions(const struct ind_cache *cache, const float *W_pos, const float *in,
                          float *out)
{
    const size_t d = (size_t)cache->config.d_model, count = cache->length * d;
    for (int b = 0; b < cache->batch; b++) {
        const float *table = W_pos + (size_t)ind_start_of(cache, b) * d;
        for (size_t e = 0; e < count; e++)
            out[e] = in[e] + table[e];
        in += count;
        out += count;
    }
}

static void run_donors(const struct ind_regime *standing, const int32_t *tokens, int token_stride,
                       struct ind_cache *cache);

void ind_embed(const struct ind_params *params, const int32_t *tokens, int token_stride,
               struct ind_cache *cache)
{
    const struct ind_config *c = &cache->config;
    size_t d = (size_t)c->d_model;
    float *out = cache->residual[0];
    for (int b = 0; b < cache->batch; b++) {
        for (int i = 0; i < cache->length; i++, out += d) {
            int32_t token = tokens[(size_t)b * token_stride + i];
            assert(token >= 0 && token < c->vocab);
            memcpy(out, params->W_E + (size_t)token * d, d * sizeof *out);
        }
    }
    if (ind_config_adds_positions(c))
        add_positions(cache, params->W_pos, cache->residual[0], cache->residual[0]);
    if (cache->work->lookup)
        ind_lookup_tokens(cache->work->lookup, cache, tokens, token_stride);
    if (ind_position_part_on(params, cache))
        ind_position_part_embed(params, cache);
    if (params->standing)
        run_donors(params->standing, tokens, token_stride, cache);
    cache->work->lent = NULL;
}

/* ---- Layers --------------------------------------------------------------------------------- */

/* matrix [rows, stride], columns first..first+count-1 += bias */
static void add_bias(float *matrix, int rows, size_t stride, const float *bias, size_t count)
{
    for (int row = 0; row < rows; row++) {
        for (size_t e = 0; e < count; e++)
            matrix[row * stride + e] += bias[e];
    }
}

/* q, k and, `with_v`, v of all heads in one product; with shortformer, whose q and k read another
   input than v, in two; in layer 0 perhaps by token, and then always v too. */
static void project_qkv(const struct ind_params *params, int layer, bool with_v,
                        struct ind_cache *cache)
{
    const struct ind_config *c = &cache->config;
    const struct ind_layer_params *weights = &params->layers[layer];
    struct ind_layer_cache *l = &cache->layers[layer];
    int rows = rows_of(cache), d = c->d_model, ld = cache->qkv_stride, width = c->heads * c->d_head;
    float *packed = ind_qkv_weights(cache, layer);
    ind_pack_qkv(c, weights, packed);
    if (c->positions == IND_POSITIONS_SHORTFORMER) {
        float *input = cache->work->qk_input;
        add_positions(cache, params->W_pos, l->normed, input);
        ind_product(false, false, rows, 2 * width, d, input, d, packed, ld, NULL, l->q, ld);
        if (with_v)
            ind_product(false, false, rows, width, d, l->normed, d, packed + 2 * width, ld, NULL,
                        l->v, ld);
    } else if (layer == 0 && cache->work->lookup) {
        ind_lookup_forward(cache->work->lookup, params, packed, cache);
    } else {
        ind_product(false, false, rows, with_v ? ld : 2 * width, d, l->normed, d, packed, ld, NULL,
                    l->q, ld);
    }
    if (c->bias) {
        add_bias(l->q, rows, (size_t)ld, weights->b_Q, (size_t)width);
        add_bias(l->k, rows, (size_t)ld, weights->b_K, (size_t)width);
        if (with_v)
            add_bias(l->v, rows, (size_t)ld, weights->b_V, (size_t)width);
    }
    if (c->positions == IND_POSITIONS_ROTARY)
        ind_rotary_apply(cache, 2 * c->heads, 1.0F, l->q);
}

static void check_patches(const struct ind_config *c, const struct ind_patch *patches, int count)
{
    for (int i = 0; i < count; i++) {
        assert(patches[i].layer >= 0 && patches[i].layer < c->layers);
        assert(patches[i].head >= 0 && patches[i].head < c->heads);
    }
    (void)c;
    (void)patches;
}

/* What the attention of a layer reads: its normed input and the projections of that. */
static void project(const struct ind_params *params, int layer, bool with_v,
                    struct ind_cache *cache)
{
    const struct ind_config *c = &cache->config;
    const struct ind_layer_params *weights = &params->layers[layer];
    struct ind_layer_cache *l = &cache->layers[layer];
    assert(layer >= 0 && layer < c->layers);
    if (c->norm != IND_NORM_NONE)
        ind_norm_forward(cache->residual[layer], weights->ln1_w, weights->ln1_b, c->norm_eps,
                         rows_of(cache), c->d_model, l->normed, l->norm_scale);
    project_qkv(params, layer, with_v, cache);
    if (ind_position_part_on(params, cache))
        ind_position_part_project(layer, cache);
}

void ind_forward_project(const struct ind_params *params, int layer, struct ind_cache *cache)
{
    project(params, layer, true, cache);
}

void ind_forward_project_part(const struct ind_params *params, struct ind_head head,
                              enum ind_reader_part part, struct ind_cache *cache)
{
    const struct ind_config *c = &cache->config;
    const struct ind_layer_params *weights = &params->layers[head.layer];
    struct ind_layer_cache *l = &cache->layers[head.layer];
    const int rows = rows_of(cache), d = c->d_model, k = c->d_head, ld = cache->qkv_stride;
    const float *const W[] = {weights->W_Q, weights->W_K, weights->W_V};
    const float *const b[] = {weights->b_Q, weights->b_K, weights->b_V};
    float *const to[] = {l->q, l->k, l->v}, *out = to[part] + (size_t)head.head * k;
    const float *input = l->normed;
    if (c->norm != IND_NORM_NONE)
        ind_norm_forward(cache->residual[head.layer], weights->ln1_w, weights->ln1_b, c->norm_eps,
                         rows, d, l->normed, l->norm_scale);
    if (c->positions == IND_POSITIONS_SHORTFORMER && part != IND_READER_V) {
        add_positions(cache, params->W_pos, l->normed, cache->work->qk_input);
        input = cache->work->qk_input;
    }
    ind_product(false, false, rows, k, d, input, d, W[part] + (size_t)head.head * d * k, k, NULL,
                out, ld);
    if (c->bias)
        add_bias(out, rows, (size_t)ld, b[part] + (size_t)head.head * k, (size_t)k);
    if (c->positions == IND_POSITIONS_ROTARY && part != IND_READER_V)
        ind_rotary_apply(cache, 1, 1.0F, out);
}

void ind_forward_head(const struct ind_params *params, struct ind_head head,
                      struct ind_cache *cache)
{
    const struct ind_patching patching = {.standing = params->standing,
                                          .smear = params->layers[head.layer].smear};
    ind_attention_head(cache, head.layer, head.head, &patching);
}

void ind_forward_pattern(const struct ind_params *params, int layer, struct ind_cache *cache)
{
    const struct ind_patching patching = {.standing = params->standing,
                                          .smear = params->layers[layer].smear};
    project(params, layer, false, cache);
    ind_attention_patterns(cache, layer, &patching);
}

void ind_forward_attention(const struct ind_params *params, int layer,
                           const struct ind_patch *patches, int patch_count,
                           struct ind_cache *cache)
{
    const struct ind_patching patching = {.standing = params->standing,
                                          .patches = patches,
                                          .count = patch_count,
                                          .smear = params->layers[layer].smear};
    check_patches(&cache->config, patches, patch_count);
    project(params, layer, true, cache);
    ind_attention_forward(cache, layer, &patching);
}

void ind_forward_output(const struct ind_params *params, int layer, struct ind_cache *cache)
{
    const struct ind_config *c = &cache->config;
    assert(layer >= 0 && layer < c->layers);
    const struct ind_layer_params *weights = &params->layers[layer];
    int rows = rows_of(cache), d = c->d_model, width = c->heads * c->d_head;
    float *out = cache->residual[layer + 1];
    ind_product(false, false, rows, d, width, cache->layers[layer].z, width, weights->W_O, d,
                cache->residual[layer], out, d);
    if (c->bias)
        add_bias(out, rows, (size_t)d, weights->b_O, (size_t)d);
    if (ind_position_part_on(params, cache))
        ind_position_part_output(params, layer, cache);
}

void ind_forward_layers(const struct ind_params *params, int first, const struct ind_patch *patches,
                        int patch_count, struct ind_cache *cache)
{
    const struct ind_config *c = &cache->config;
    assert(first >= 0 && first <= c->layers);
    check_patches(c, patches, patch_count);
    for (int layer = first; layer < c->layers; layer++) {
        ind_forward_attention(params, layer, patches, patch_count, cache);
        ind_forward_output(params, layer, cache);
    }
    if (c->norm != IND_NORM_NONE)
        ind_norm_forward(cache->residual[c->layers], params->ln_final_w, params->ln_final_b,
                         c->norm_eps, rows_of(cache), c->d_model, cache->final_normed,
                         cache->final_scale);
}

void ind_forward(const struct ind_params *params, const int32_t *tokens, int token_stride,
                 const struct ind_patch *patches, int patch_count, struct ind_cache *cache)
{
    ind_embed(params, tokens, token_stride, cache);
    ind_forward_layers(params, 0, patches, patch_count, cache);
}

/* ---- Donors --------------------------------------------------------------------------------- */

/* The last layer of a donor that a patch takes a pattern from; -1 if none does. */
static int last_layer(const struct ind_regime *standing, int donor)
{
    int last = -1;
    for (int i = 0; i < standing->patch_count; i++) {
        const struct ind_patch *patch = &standing->patches[i];
        if (patch->kind == IND_PATCH_DONOR && patch->donor == donor && patch->layer > last)
            last = patch->layer;
    }
    return last;
}

/* The standing donors over the tokens of a pass, as far as patches ask. */
static void run_donors(const struct ind_regime *standing, const int32_t *tokens, int token_stride,
                       struct ind_cache *cache)
{
    assert(standing->donor_count <= cache->config.donors);
    for (int n = 0; n < standing->donor_count; n++) {
        const struct ind_params *params = &standing->donors[n];
        struct ind_cache *donor = &cache->work->donors[n];
        const int last = last_layer(standing, n);
        donor->batch = cache->batch;
        donor->starts = cache->starts;
        if (last < 0)
            continue;
        ind_embed(params, tokens, token_stride, donor);
        for (int layer = 0; layer < last; layer++) {
            ind_forward_attention(params, layer, NULL, 0, donor);
            ind_forward_output(params, layer, donor);
        }
        ind_forward_pattern(params, last, donor);
    }
}
