/*
 * Layer 0 by tokens and positions instead of by rows. Its input is a sum, W_E[token] +
 * W_pos[position], and so is everything linear in it:
 *
 *   forward    x W = W_E[token] W + W_pos[position] W: one product with the distinct tokens and the
 *              positions of the pass, from which every row is looked up
 *   backward   gradients of rows with the same token, or position, are added first, and multiplied
 *              once
 *
 * Sequences that repeat themselves have few distinct tokens: four of the study have 316 rows, of
 * some 100 tokens, at 79 positions.
 */
#include "model/lookup.h"

#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/math/product.h>
#include <induct/math/sums.h>

#include "model/work.h"

struct ind_lookup {
    int count;       /* distinct tokens of the pass */
    int positions;   /* rows after them: those of the table that the pass reads, or 0 where
                        positions are not added */
    int32_t *tokens; /* [rows]: the distinct ones, as they appear */
    int32_t *row_of; /* [rows]: which of them a row holds */
    int32_t *places; /* [vocab]: where in `tokens`, -1 = nowhere; all -1 between passes */
    float *inputs;   /* [most, d_model]: W_E of the distinct tokens, W_pos */
    float *table;    /* [most, 3 heads d_head]: projections, or sums of their gradients */
    float *gradient; /* [most, d_model], most = rows + length + extra positions */
};

bool ind_lookup_possible(const struct ind_config *config)
{
    return config->norm == IND_NORM_NONE && config->positions != IND_POSITIONS_SHORTFORMER;
}

int ind_lookup_init(struct ind_lookup **made, const struct ind_cache *cache, struct ind_error *err)
{
    const struct ind_config *c = &cache->config;
    const size_t rows = (size_t)cache->batch * cache->length, vocab = (size_t)c->vocab;
    const size_t most = rows + cache->length + c->extra_positions, d = (size_t)c->d_model;
    struct ind_lookup *lookup;
    if (ind_alloc_into(made, 1, sizeof **made, err))
        return IND_FAILED;
    lookup = *made;
    if (ind_alloc_into(&lookup->tokens, rows, sizeof *lookup->tokens, err) ||
        ind_alloc_into(&lookup->row_of, rows, sizeof *lookup->row_of, err) ||
        ind_alloc_into(&lookup->places, vocab, sizeof *lookup->places, err) ||
        ind_alloc_into(&lookup->inputs, most, d * sizeof(float), err) ||
        ind_alloc_into(&lookup->table, most, cache->qkv_stride * sizeof(float), err))
        return IND_FAILED;
    for (size_t t = 0; t < vocab; t++)
        lookup->places[t] = -1;
    return ind_alloc_into(&lookup->gradient, most, d * sizeof(float), err);
}

void ind_lookup_release(struct ind_lookup *lookup)
{
    if (!lookup)
        return;
    free(lookup->tokens);
    free(lookup->row_of);
    free(lookup->places);
    free(lookup->inputs);
    free(lookup->table);
    free(lookup->gradient);
    free(lookup);
}

void ind_lookup_tokens(struct ind_lookup *lookup, const struct ind_cache *cache,
                       const int32_t *tokens, int token_stride)
{
    const struct ind_config *c = &cache->config;
    int32_t *row_of = lookup->row_of;
    lookup->count = lookup->positions = 0;
    if (ind_config_adds_positions(c))
        lookup->positions = cache->length + (cache->starts ? c->extra_positions : 0);
    for (int b = 0; b < cache->batch; b++, tokens += token_stride) {
        for (int i = 0; i < cache->length; i++) {
            int32_t *place = &lookup->places[tokens[i]];
            if (*place < 0) {
                *place = lookup->count;
                lookup->tokens[lookup->count++] = tokens[i];
            }
            *row_of++ = *place;
        }
    }
    for (int u = 0; u < lookup->count; u++)
        lookup->places[lookup->tokens[u]] = -1;
}

void ind_lookup_forward(struct ind_lookup *lookup, const struct ind_params *params,
                        const float *weights, struct ind_cache *cache)
{
    const int d = cache->config.d_model, ld = cache->qkv_stride, length = cache->length;
    const int32_t *row_of = lookup->row_of;
    float *out = cache->layers[0].q, *positions = lookup->table + (size_t)lookup->count * ld;
    for (int u = 0; u < lookup->count; u++)
        memcpy(lookup->inputs + (size_t)u * d, params->W_E + (size_t)lookup->tokens[u] * d,
               (size_t)d * sizeof *out);
    if (lookup->positions)
        memcpy(lookup->inputs + (size_t)lookup->count * d, params->W_pos,
               (size_t)lookup->positions * d * sizeof *out);
    ind_product(false, false, lookup->count + lookup->positions, ld, d, lookup->inputs, d, weights,
                ld, NULL, lookup->table, ld);
    for (int b = 0; b < cache->batch; b++) {
        const float *first = positions + (size_t)ind_start_of(cache, b) * ld;
        for (int i = 0; i < length; i++, out += ld) {
            memcpy(out, lookup->table + (size_t)*row_of++ * ld, (size_t)ld * sizeof *out);
            if (lookup->positions)
                ind_add((size_t)ld, first + (size_t)i * ld, out);
        }
    }
}

/* Rows of x [rows, columns] added up by token and, after them, by position, in row order. */
static void gather(const struct ind_lookup *lookup, const struct ind_cache *cache, const float *x,
                   int columns, float *sums)
{
    const int32_t *row_of = lookup->row_of;
    float *positions = sums + (size_t)lookup->count * columns;
    memset(sums, 0, (size_t)(lookup->count + lookup->positions) * columns * sizeof *sums);
    for (int b = 0; b < cache->batch; b++) {
        float *first = positions + (size_t)ind_start_of(cache, b) * columns;
        for (int i = 0; i < cache->length; i++, x += columns) {
            ind_add((size_t)columns, x, sums + (size_t)*row_of++ * columns);
            if (lookup->positions)
                ind_add((size_t)columns, x, first + (size_t)i * columns);
        }
    }
}

void ind_lookup_backward(struct ind_lookup *lookup, const struct ind_cache *cache,
                         const float *weights, const float *dqkv, const float *dresidual,
                         float *dweights, struct ind_params *gradient)
{
    const int d = cache->config.d_model, ld = cache->qkv_stride, count = lookup->count;
    const bool learned = cache->config.positions == IND_POSITIONS_LEARNED;
    float *dinputs = lookup->gradient;
    gather(lookup, cache, dqkv, ld, lookup->table);
    ind_product(true, false, d, ld, count + lookup->positions, lookup->inputs, d, lookup->table, ld,
                NULL, dweights, ld);
    gather(lookup, cache, dresidual, d, dinputs);
    ind_product(false, true, count + (learned ? lookup->positions : 0), d, ld, lookup->table, ld,
                weights, ld, dinputs, dinputs, d);
    for (int u = 0; u < count; u++)
        ind_add((size_t)d, dinputs + (size_t)u * d, gradient->W_E + (size_t)lookup->tokens[u] * d);
    if (learned)
        ind_add((size_t)lookup->positions * d, dinputs + (size_t)count * d, gradient->W_pos);
}
