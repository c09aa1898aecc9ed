/*
 * Means of the terms by offset, and the positional bump.
 */
#include <induct/patch/split.h>

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/math/causal.h>

int ind_split_offsets_init(struct ind_split_offsets *offsets, const struct ind_heads *heads,
                           int length, int first, int last, struct ind_error *err)
{
    const size_t count = (size_t)heads->count, T = (size_t)length;
    assert(first >= 0 && first <= last);
    *offsets =
        (struct ind_split_offsets){.heads = heads, .length = length, .first = first, .last = last};
    if (ind_alloc_into(&offsets->sums, count * IND_SPLIT_MEANS, T * sizeof(double), err) ||
        ind_alloc_into(&offsets->within, count, sizeof(double), err) ||
        ind_alloc_into(&offsets->term, T, ind_causal_stride(T) * sizeof(float), err) ||
        ind_alloc_into(&offsets->total, T, ind_causal_stride(T) * sizeof(float), err)) {
        ind_split_offsets_release(offsets);
        return IND_FAILED;
    }
    return IND_OK;
}

void ind_split_offsets_release(struct ind_split_offsets *offsets)
{
    free(offsets->sums);
    free(offsets->within);
    free(offsets->term);
    free(offsets->total);
    *offsets = (struct ind_split_offsets){0};
}

void ind_split_offsets_clear(struct ind_split_offsets *offsets)
{
    const size_t count = (size_t)offsets->heads->count;
    memset(offsets->sums, 0,
           count * IND_SPLIT_MEANS * (size_t)offsets->length * sizeof *offsets->sums);
    memset(offsets->within, 0, count * sizeof *offsets->within);
    offsets->within_rows = 0;
    offsets->sequences = 0;
}

/* ---- Sums ------------------------------------------------------------------------------------ */

static double *sums_of(const struct ind_split_offsets *offsets, int head, int term)
{
    return offsets->sums +
           ((size_t)head * IND_SPLIT_MEANS + (size_t)term) * (size_t)offsets->length;
}

static void add_diagonals(int length, const float *matrix, size_t stride, double *sums)
{
    for (int i = 0; i < length; i++) {
        const float *row = matrix + (size_t)i * stride;
        for (int j = 0; j <= i; j++)
            sums[i - j] += (double)row[j];
    }
}

/* Mean of row[from..to]. */
static double row_mean(const float *row, int from, int to)
{
    double sum = 0.0;
    for (int j = from; j <= to; j++)
        sum += (double)row[j];
    return sum / (to - from + 1);
}

/* Sum over the rows that see offsets beyond the trained ones. */
static double bump_within(const struct ind_split_offsets *offsets, const float *matrix,
                          size_t stride)
{
    double sum = 0.0;
    for (int i = offsets->last + 1; i < offsets->length; i++) {
        const float *row = matrix + (size_t)i * stride;
        sum += row_mean(row, i - offsets->last, i - offsets->first) -
               row_mean(row, 0, i - offsets->last - 1);
    }
    return sum;
}

/* Where the model's scores lack their position-position term: that of q and k as they are. */
static void take_pp_away(const struct ind_split_offsets *offsets, struct ind_splitter *splitter,
                         int head, int sequence, float factor)
{
    const size_t stride = ind_splitter_stride(splitter);
    if (!splitter->without_pp || splitter->layer == 0)
        return;
    splitter->without_pp = false;
    ind_splitter_term(splitter, IND_SPLIT_PP, head, sequence, -factor, offsets->term);
    splitter->without_pp = true;
    for (int i = 0; i < offsets->length; i++) {
        for (int j = 0; j <= i; j++)
            offsets->total[i * stride + j] += offsets->term[i * stride + j];
    }
}

/* The scores as the model has them, from q and k as they are: what the terms must add up to. */
static void model_scores(const struct ind_split_offsets *offsets, struct ind_splitter *splitter,
                         const struct ind_cache *cache, int head, int sequence, float factor)
{
    const size_t stride = (size_t)cache->qkv_stride;
    const size_t at = (size_t)sequence * (size_t)cache->length * stride +
                      (size_t)head * (size_t)cache->config.d_head;
    const struct ind_layer_cache *l = &cache->layers[splitter->layer];
    ind_causal_scores(cache->length, cache->config.d_head, l->q + at, stride, l->k + at, stride,
                      factor, offsets->total, ind_splitter_stride(splitter), splitter->scratch);
    take_pp_away(offsets, splitter, head, sequence, factor);
}

static void add_head(struct ind_split_offsets *offsets, struct ind_splitter *splitter,
                     const struct ind_cache *cache, int index)
{
    const int head = offsets->heads->items[index].head;
    const size_t stride = ind_splitter_stride(splitter);
    const float factor = (float)(1.0 / ind_config_scale(&cache->config));
    for (int b = 0; b < cache->batch; b++) {
        for (int term = 0; term < IND_SPLIT_TERMS; term++) {
            ind_splitter_term(splitter, term, head, b, factor, offsets->term);
            add_diagonals(offsets->length, offsets->term, stride, sums_of(offsets, index, term));
            if (term == IND_SPLIT_PP)
                offsets->within[index] += bump_within(offsets, offsets->term, stride);
        }
        model_scores(offsets, splitter, cache, head, b, factor);
        add_diagonals(offsets->length, offsets->total, stride,
                      sums_of(offsets, index, IND_SPLIT_TOTAL));
    }
}

void ind_split_offsets_add(struct ind_split_offsets *offsets, struct ind_splitter *splitter,
                           const struct ind_params *params, const struct ind_cache *cache)
{
    assert(splitter->length == offsets->length);
    int reached = -1;
    ind_splitter_start(splitter, params, cache);
    for (int i = 0; i < offsets->heads->count; i++) { /* in layer order */
        const int layer = offsets->heads->items[i].layer;
        if (layer != reached)
            ind_splitter_reach(splitter, params, cache, layer);
        reached = layer;
        add_head(offsets, splitter, cache, i);
    }
    offsets->sequences += cache->batch;
    if (offsets->length > offsets->last + 1)
        offsets->within_rows += (long)cache->batch * (offsets->length - offsets->last - 1);
}

/* ---- Means ----------------------------------------------------------------------------------- */

/* Over all pairs at offsets first..last, as far as the length reaches. */
static double mean_over(const struct ind_split_offsets *offsets, int head, int term, int first,
                        int last)
{
    const double *sums = sums_of(offsets, head, term);
    double sum = 0.0, pairs = 0.0;
    for (int o = first; o <= last && o < offsets->length; o++) {
        sum += sums[o];
        pairs += (double)offsets->sequences * (offsets->length - o);
    }
    return pairs > 0.0 ? sum / pairs : (double)NAN;
}

double ind_split_offsets_mean(const struct ind_split_offsets *offsets, int head, int term,
                              int offset)
{
    return mean_over(offsets, head, term, offset, offset);
}

struct ind_split_bump ind_split_offsets_bump(const struct ind_split_offsets *offsets, int head)
{
    struct ind_split_bump bump = {
        .inside = mean_over(offsets, head, IND_SPLIT_PP, offsets->first, offsets->last),
        .beyond = mean_over(offsets, head, IND_SPLIT_PP, offsets->last + 1, offsets->length - 1),
        .before = mean_over(offsets, head, IND_SPLIT_PP, 1, offsets->first - 1),
        .within = offsets->within_rows > 0 ? offsets->within[head] / (double)offsets->within_rows
                                           : (double)NAN};
    bump.bump = bump.inside - bump.beyond;
    return bump;
}
