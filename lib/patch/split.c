/*
 * Content and position parts of queries and keys, layer after layer.
 */
#include <induct/patch/split.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/math/causal.h>
#include <induct/math/product.h>

int ind_split_check(const struct ind_config *config, struct ind_error *err)
{
    if (!ind_config_is_linear(config))
        return ind_fail(err, "a model with LayerNorm (%s) has no exact split of its scores",
                        ind_norm_name(config->norm));
    if (config->smear)
        return ind_fail(err, "keys are smeared: a key is of two positions, which is not split");
    if (config->positions != IND_POSITIONS_SINUSOIDAL && config->positions != IND_POSITIONS_LEARNED)
        return ind_fail(err,
                        "positions are %s: only a table added to the residual stream "
                        "(sinusoidal, learned) can be split off",
                        ind_positions_name(config->positions));
    return IND_OK;
}

const char *ind_split_term_name(int term)
{
    static const char *const names[IND_SPLIT_TERMS] = {"cc", "cp", "pc", "pp"};
    assert(term >= 0 && term < IND_SPLIT_TERMS);
    return names[term];
}

/* ---- Owner ----------------------------------------------------------------------------------- */

static int allocate(struct ind_splitter *s, struct ind_error *err)
{
    const struct ind_config *c = &s->config;
    const size_t rows = (size_t)s->batch * (size_t)s->length;
    const size_t width = (size_t)c->heads * (size_t)c->d_head * sizeof(float);
    for (int part = 0; part < IND_SPLIT_PARTS; part++) {
        if (ind_alloc_into(&s->q[part], rows, width, err) ||
            ind_alloc_into(&s->k[part], rows, width, err))
            return IND_FAILED;
    }
    if (ind_alloc_into(&s->position, rows, (size_t)c->d_model * sizeof(float), err) ||
        ind_alloc_into(&s->values, rows, width, err) ||
        ind_alloc_into(&s->mixed, rows, width, err) ||
        ind_alloc_into(&s->packed, (size_t)c->d_model, width, err))
        return IND_FAILED;
    return ind_alloc_into(&s->scratch, (size_t)c->d_head * ind_splitter_stride(s), sizeof(float),
                          err);
}

int ind_splitter_init(struct ind_splitter *splitter, const struct ind_config *config, int batch,
                      int length, struct ind_error *err)
{
    *splitter = (struct ind_splitter){.config = *config, .batch = batch, .length = length};
    if (allocate(splitter, err) == IND_OK)
        return IND_OK;
    ind_splitter_release(splitter);
    return IND_FAILED;
}

void ind_splitter_release(struct ind_splitter *splitter)
{
    for (int part = 0; part < IND_SPLIT_PARTS; part++) {
        free(splitter->q[part]);
        free(splitter->k[part]);
    }
    free(splitter->position);
    free(splitter->values);
    free(splitter->mixed);
    free(splitter->packed);
    free(splitter->scratch);
    *splitter = (struct ind_splitter){0};
}

size_t ind_splitter_stride(const struct ind_splitter *splitter)
{
    return ind_causal_stride((size_t)splitter->length);
}

/* ---- Parts ----------------------------------------------------------------------------------- */

/* out [rows, heads, d_head] = x_P W of every head; W [heads, d_model, d_head]. */
static void project(struct ind_splitter *s, int rows, const float *W, float *out)
{
    const int d = s->config.d_model, k = s->config.d_head, width = s->config.heads * k;
    for (int h = 0; h < s->config.heads; h++) {
        for (int x = 0; x < d; x++, W += k)
            memcpy(s->packed + (size_t)x * width + (size_t)h * k, W, (size_t)k * sizeof *W);
    }
    ind_product(false, false, rows, width, d, s->position, d, s->packed, width, NULL, out, width);
}

/* content = whole - position, where whole is the cache's q or k. */
static void subtract(const struct ind_splitter *s, int rows, const float *whole, size_t stride,
                     const float *position, float *content)
{
    const size_t width = (size_t)s->config.heads * (size_t)s->config.d_head;
    for (int row = 0; row < rows; row++, whole += stride, position += width, content += width) {
        for (size_t e = 0; e < width; e++)
            content[e] = whole[e] - position[e];
    }
}

static void find_parts(struct ind_splitter *s, const struct ind_params *params,
                       const struct ind_cache *cache)
{
    const struct ind_layer_params *weights = &params->layers[s->layer];
    const struct ind_layer_cache *l = &cache->layers[s->layer];
    const int rows = cache->batch * cache->length;
    const size_t stride = (size_t)cache->qkv_stride;
    project(s, rows, weights->W_Q, s->q[IND_SPLIT_POSITION]);
    project(s, rows, weights->W_K, s->k[IND_SPLIT_POSITION]);
    subtract(s, rows, l->q, stride, s->q[IND_SPLIT_POSITION], s->q[IND_SPLIT_CONTENT]);
    subtract(s, rows, l->k, stride, s->k[IND_SPLIT_POSITION], s->k[IND_SPLIT_CONTENT]);
}

void ind_splitter_start(struct ind_splitter *s, const struct ind_params *params,
                        const struct ind_cache *cache)
{
    const size_t sequence = (size_t)s->length * (size_t)s->config.d_model;
    assert(cache->batch <= s->batch && cache->length == s->length);
    s->layer = 0;
    s->without_pp = params->standing && params->standing->without_pp;
    for (int b = 0; b < cache->batch; b++)
        memcpy(s->position + (size_t)b * sequence, params->W_pos, sequence * sizeof *s->position);
}

static void clear(int rows, int columns, float *out, size_t stride)
{
    for (int row = 0; row < rows; row++)
        memset(out + (size_t)row * stride, 0, (size_t)columns * sizeof *out);
}

/* Is a head's z put in place, by a patch of the pass or because the model was trained so? */
static bool is_replaced(const struct ind_splitter *s, const struct ind_params *params, int head)
{
    return (s->replaced != NULL && s->replaced[s->layer * s->config.heads + head]) ||
           ind_standing_silences(params->standing, s->layer, head);
}

/* mixed = pattern values, head by head and sequence by sequence; values are those of each sequence,
 * or of the first alone. */
static void mix(struct ind_splitter *s, const struct ind_params *params,
                const struct ind_cache *cache, bool shared)
{
    const int T = s->length, heads = s->config.heads, k = s->config.d_head;
    const size_t width = (size_t)heads * (size_t)k, square = (size_t)T * (size_t)T;
    assert(cache->layers[s->layer].pattern != NULL); /* kept, of all layers */
    for (int b = 0; b < cache->batch; b++) {
        for (int h = 0; h < heads; h++) {
            const size_t head = (size_t)h * (size_t)k;
            const size_t at = (size_t)b * (size_t)T * width + head;
            const float *pattern =
                cache->layers[s->layer].pattern + ((size_t)b * (size_t)heads + (size_t)h) * square;
            if (is_replaced(s, params, h))
                clear(T, k, s->mixed + at, width);
            else
                ind_causal_mix(T, k, pattern, (size_t)T, s->values + (shared ? head : at), width,
                               s->mixed + at, width);
        }
    }
}

/* The position part passes through s->layer. Before layer 0 it is the same in every sequence. */
static void pass_layer(struct ind_splitter *s, const struct ind_params *params,
                       const struct ind_cache *cache)
{
    const struct ind_layer_params *weights = &params->layers[s->layer];
    const int rows = cache->batch * cache->length, d = s->config.d_model;
    const int width = s->config.heads * s->config.d_head;
    const bool shared = s->layer == 0;
    project(s, shared ? s->length : rows, weights->W_V, s->values);
    mix(s, params, cache, shared);
    ind_product(false, false, rows, d, width, s->mixed, width, weights->W_O, d, s->position,
                s->position, d);
    s->layer++;
}

void ind_splitter_reach(struct ind_splitter *s, const struct ind_params *params,
                        const struct ind_cache *cache, int layer)
{
    assert(layer >= s->layer && layer < s->config.layers);
    while (s->layer < layer)
        pass_layer(s, params, cache);
    find_parts(s, params, cache);
}

void ind_splitter_term(struct ind_splitter *s, int term, int head, int sequence, float factor,
                       float *out)
{
    const size_t width = (size_t)s->config.heads * (size_t)s->config.d_head;
    const size_t at =
        (size_t)sequence * (size_t)s->length * width + (size_t)head * (size_t)s->config.d_head;
    assert(term >= 0 && term < IND_SPLIT_TERMS);
    if (term == IND_SPLIT_PP && s->layer > 0 && s->without_pp) {
        memset(out, 0, (size_t)s->length * ind_splitter_stride(s) * sizeof *out);
        return;
    }
    ind_causal_scores(s->length, s->config.d_head, s->q[term / IND_SPLIT_PARTS] + at, width,
                      s->k[term % IND_SPLIT_PARTS] + at, width, factor, out, ind_splitter_stride(s),
                      s->scratch);
}
