/*
 * The score advantage of the induction target by sources of query and key.
 *
 * It is bilinear: with D_b(i) = k_b(t) - mean of the other visible k_b(j), the advantage of sources
 * a and b is the mean over rows of q_a(i) . D_b(i) / scale, so all of a head's are one product.
 */
#include <induct/patch/split.h>

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/math/product.h>

enum { TOKEN, POSITION, FIRST_HEAD };

int ind_split_source_count(const struct ind_config *config, int layer)
{
    return FIRST_HEAD + layer * config->heads + (config->bias ? 1 : 0);
}

char *ind_split_source_name(const struct ind_config *config, int layer, int source, char name[16])
{
    const int head = source - FIRST_HEAD;
    assert(source >= 0 && source < ind_split_source_count(config, layer));
    if (head < 0)
        snprintf(name, 16, "%s", source == TOKEN ? "token" : "position");
    else if (head < layer * config->heads)
        ind_head_name((struct ind_head){head / config->heads, head % config->heads}, name);
    else
        snprintf(name, 16, "bias");
    return name;
}

/* ---- Owner ----------------------------------------------------------------------------------- */

static int allocate(struct ind_split_sources *s, struct ind_error *err)
{
    const size_t most = (size_t)s->most, T = (size_t)s->length, d = (size_t)s->config.d_model;
    const size_t k = (size_t)s->config.d_head;
    if (ind_alloc_into(&s->sums, (size_t)s->heads->count, most * most * sizeof(double), err) ||
        ind_alloc_into(&s->q, most, T * k * sizeof(float), err) ||
        ind_alloc_into(&s->k, most, T * k * sizeof(float), err) ||
        ind_alloc_into(&s->input, T, d * sizeof(float), err) ||
        ind_alloc_into(&s->through, k, k * sizeof(float), err) ||
        ind_alloc_into(&s->bias, d, sizeof(float), err) ||
        ind_alloc_into(&s->advantages, most, most * sizeof(float), err))
        return IND_FAILED;
    return ind_alloc_into(&s->running, k, sizeof(double), err);
}

int ind_split_sources_init(struct ind_split_sources *sources, const struct ind_config *config,
                           const struct ind_heads *heads, int length, int period,
                           struct ind_error *err)
{
    assert(heads->count > 0 && period >= 1);
    const int deepest = heads->items[heads->count - 1].layer;
    *sources = (struct ind_split_sources){.config = *config,
                                          .heads = heads,
                                          .length = length,
                                          .period = period,
                                          .most = ind_split_source_count(config, deepest)};
    if (allocate(sources, err) == IND_OK)
        return IND_OK;
    ind_split_sources_release(sources);
    return IND_FAILED;
}

void ind_split_sources_release(struct ind_split_sources *sources)
{
    free(sources->sums);
    free(sources->q);
    free(sources->k);
    free(sources->input);
    free(sources->through);
    free(sources->bias);
    free(sources->advantages);
    free(sources->running);
    *sources = (struct ind_split_sources){0};
}

void ind_split_sources_clear(struct ind_split_sources *sources)
{
    const size_t most = (size_t)sources->most;
    memset(sources->sums, 0, (size_t)sources->heads->count * most * most * sizeof *sources->sums);
    sources->rows = 0;
}

/* ---- Queries and keys of every source, of one head on one sequence --------------------------- */

/* W_Q (or W_K) of the head read, and its bias or NULL. */
struct reader {
    const float *W, *b;
    int layer;
};

/* out [length, d_head] = z W_O W of an earlier head; z's rows are heads * d_head apart. */
static void through_head(struct ind_split_sources *s, const struct ind_params *params,
                         const struct ind_cache *cache, struct ind_head from, int sequence,
                         const struct reader *reader, float *out)
{
    const int d = s->config.d_model, k = s->config.d_head, width = s->config.heads * k;
    const float *W_O = params->layers[from.layer].W_O + (size_t)from.head * k * d;
    const float *z =
        cache->layers[from.layer].z + (size_t)sequence * s->length * width + (size_t)from.head * k;
    ind_product(false, false, k, k, d, W_O, d, reader->W, k, NULL, s->through, k);
    ind_product(false, false, s->length, k, k, z, width, s->through, k, NULL, out, k);
}

static void read_rows(const struct ind_split_sources *s, const float *x,
                      const struct reader *reader, float *out)
{
    const int d = s->config.d_model, k = s->config.d_head;
    ind_product(false, false, s->length, k, d, x, d, reader->W, k, NULL, out, k);
}

/* The reader's own bias, and b_O of the layers before: the same in every row. */
static void through_bias(struct ind_split_sources *s, const struct ind_params *params,
                         const struct reader *reader, float *out)
{
    const int d = s->config.d_model, k = s->config.d_head;
    memset(s->bias, 0, (size_t)d * sizeof *s->bias);
    for (int layer = 0; layer < reader->layer; layer++) {
        for (int e = 0; e < d; e++)
            s->bias[e] += params->layers[layer].b_O[e];
    }
    ind_product(false, false, 1, k, d, s->bias, d, reader->W, k, reader->b, out, k);
    for (int i = 1; i < s->length; i++)
        memcpy(out + (size_t)i * k, out, (size_t)k * sizeof *out);
}

/* out [sources, length, d_head]; s->input holds the embeddings of the tokens. */
static void read_sources(struct ind_split_sources *s, const struct ind_params *params,
                         const struct ind_cache *cache, int sequence, const struct reader *reader,
                         float *out)
{
    const struct ind_config *c = &s->config;
    const size_t block = (size_t)s->length * (size_t)c->d_head;
    read_rows(s, s->input, reader, out + TOKEN * block);
    read_rows(s, params->W_pos, reader, out + POSITION * block);
    out += FIRST_HEAD * block;
    for (int h = 0; h < reader->layer * c->heads; h++, out += block)
        through_head(s, params, cache, (struct ind_head){h / c->heads, h % c->heads}, sequence,
                     reader, out);
    if (c->bias)
        through_bias(s, params, reader, out);
}

/* ---- The advantage --------------------------------------------------------------------------- */

/* Rows of the second copy: period..last_row-1. */
static int end_row(const struct ind_split_sources *s)
{
    return 2 * s->period < s->length ? 2 * s->period : s->length;
}

/* Keys k [length, d_head] of one source become D(i) at rows i of the second copy, in place: from
 * the last row up, since D(i) reads rows up to i alone. */
static void to_advantages(struct ind_split_sources *s, float *k)
{
    const int width = s->config.d_head, period = s->period;
    double *running = s->running; /* sum of k(0..i) */
    memset(running, 0, (size_t)width * sizeof *running);
    for (int j = 0; j < end_row(s); j++) {
        for (int e = 0; e < width; e++)
            running[e] += (double)k[(size_t)j * width + e];
    }
    for (int i = end_row(s) - 1; i >= period; i--) {
        const float *target = k + (size_t)(i - period + 1) * width;
        float *row = k + (size_t)i * width;
        for (int e = 0; e < width; e++) {
            const double wanted = (double)target[e], sum = running[e];
            running[e] -= (double)row[e];
            row[e] = (float)(wanted - (sum - wanted) / i);
        }
    }
}

/* sums [most, most] += q_a . D_b over the second copy's rows. */
static void add_products(struct ind_split_sources *s, int count, double *sums)
{
    const size_t block = (size_t)s->length * (size_t)s->config.d_head;
    const size_t first = (size_t)s->period * (size_t)s->config.d_head;
    const int inner = (end_row(s) - s->period) * s->config.d_head;
    const double scale = ind_config_scale(&s->config);
    for (int b = 0; b < count; b++)
        to_advantages(s, s->k + (size_t)b * block);
    ind_product(false, true, count, count, inner, s->q + first, (int)block, s->k + first,
                (int)block, NULL, s->advantages, count);
    for (int a = 0; a < count; a++) {
        for (int b = 0; b < count; b++)
            sums[(size_t)a * s->most + b] += (double)s->advantages[(size_t)a * count + b] / scale;
    }
}

void ind_split_sources_read(struct ind_split_sources *s, const struct ind_params *params,
                            const int32_t *tokens, const struct ind_cache *cache, int sequence,
                            int index)
{
    const struct ind_config *c = &s->config;
    const struct ind_head head = s->heads->items[index];
    const struct ind_layer_params *weights = &params->layers[head.layer];
    const size_t d = (size_t)c->d_model;
    const size_t matrix = (size_t)head.head * d * (size_t)c->d_head;
    const size_t bias = (size_t)head.head * (size_t)c->d_head;
    const struct reader query = {weights->W_Q + matrix, c->bias ? weights->b_Q + bias : NULL,
                                 head.layer};
    const struct reader key = {weights->W_K + matrix, c->bias ? weights->b_K + bias : NULL,
                               head.layer};
    for (int i = 0; i < s->length; i++)
        memcpy(s->input + (size_t)i * d, params->W_E + (size_t)tokens[i] * d, d * sizeof *s->input);
    read_sources(s, params, cache, sequence, &query, s->q);
    read_sources(s, params, cache, sequence, &key, s->k);
}

void ind_split_sources_add(struct ind_split_sources *s, const struct ind_params *params,
                           const int32_t *tokens, int token_stride, const struct ind_cache *cache)
{
    const size_t cells = (size_t)s->most * (size_t)s->most;
    assert(cache->length == s->length);
    if (s->period >= s->length)
        return;
    for (int b = 0; b < cache->batch; b++) {
        for (int h = 0; h < s->heads->count; h++) {
            ind_split_sources_read(s, params, tokens + (size_t)b * token_stride, cache, b, h);
            add_products(s, ind_split_source_count(&s->config, s->heads->items[h].layer),
                         s->sums + (size_t)h * cells);
        }
    }
    s->rows += (long)cache->batch * (end_row(s) - s->period);
}

double ind_split_sources_advantage(const struct ind_split_sources *s, int head, int query, int key)
{
    const size_t most = (size_t)s->most;
    if (s->rows == 0)
        return (double)NAN;
    return s->sums[((size_t)head * most + (size_t)query) * most + (size_t)key] / (double)s->rows;
}
