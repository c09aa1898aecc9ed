/*
 * What the heads put out on data: covariances of z from a forward pass through all layers but the
 * last.
 */
#include <induct/circuit/compose.h>

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/math/product.h>
#include <induct/model/forward.h>
#include <induct/model/pass.h>

struct ind_outputs_work {
    struct ind_config config; /* of the model without its last layer */
    int heads_in_all;         /* of the whole model */
    const int32_t *tokens;
    int token_stride, sequences, length;
    struct ind_cache cache;
    int group;    /* sequences of a full pass */
    double *z;    /* [group * length, d_head] of one head */
    double *sums; /* [heads, d_head] */
};

static int alloc_work(struct ind_outputs_work *work, struct ind_error *err)
{
    const size_t k = (size_t)work->config.d_head;
    if (ind_cache_init(&work->cache, &work->config, work->group, work->length, IND_NO_PATTERNS,
                       err) ||
        ind_alloc_into(&work->z, (size_t)work->group * (size_t)work->length * k, sizeof *work->z,
                       err))
        return IND_FAILED;
    return ind_alloc_into(&work->sums, (size_t)work->heads_in_all * k, sizeof *work->sums, err);
}

int ind_outputs_init(struct ind_outputs *outputs, const struct ind_config *config,
                     const int32_t *tokens, int sequences, int length, struct ind_error *err)
{
    assert(config->layers >= 2 && sequences >= 1 && length >= 1 && length <= config->context);
    if (ind_alloc_into(&outputs->work, 1, sizeof *outputs->work, err))
        return IND_FAILED;
    struct ind_outputs_work *work = outputs->work;
    *work = (struct ind_outputs_work){.config = *config,
                                      .heads_in_all = config->layers * config->heads,
                                      .tokens = tokens,
                                      .token_stride = config->context,
                                      .sequences = sequences,
                                      .length = length};
    work->config.layers = config->layers - 1;
    work->group = ind_pass_size(&work->config, length, sequences);
    if (alloc_work(work, err)) {
        ind_outputs_release(outputs);
        return IND_FAILED;
    }
    return IND_OK;
}

void ind_outputs_release(struct ind_outputs *outputs)
{
    struct ind_outputs_work *work = outputs->work;
    if (work != NULL) {
        ind_cache_release(&work->cache);
        free(work->z);
        free(work->sums);
        free(work);
    }
    outputs->work = NULL;
}

/* Adds one head's rows to its sums and to its second moment. */
static void add_rows(struct ind_outputs_work *work, const struct ind_cache *cache, int index,
                     double *moment)
{
    const struct ind_config *c = &work->config;
    const int k = c->d_head, rows = cache->batch * cache->length;
    const float *z = cache->layers[index / c->heads].z + (size_t)(index % c->heads) * (size_t)k;
    double *sums = work->sums + (size_t)index * (size_t)k;
    for (int row = 0; row < rows; row++, z += (size_t)c->heads * (size_t)k) {
        for (int j = 0; j < k; j++) {
            work->z[(size_t)row * k + j] = (double)z[j];
            sums[j] += (double)z[j];
        }
    }
    ind_product_double(true, false, k, k, rows, work->z, k, work->z, k, moment, moment, k);
}

/* E[z z^T] - E[z] E[z]^T from the sums. */
static void centre(int k, double rows, const double *sums, double *moment)
{
    for (int i = 0; i < k; i++) {
        for (int j = 0; j < k; j++)
            moment[i * k + j] = moment[i * k + j] / rows - (sums[i] / rows) * (sums[j] / rows);
    }
}

void ind_outputs_run(struct ind_outputs *outputs, const struct ind_params *params,
                     double *covariance)
{
    struct ind_outputs_work *work = outputs->work;
    const int k = work->config.d_head, heads = work->config.layers * work->config.heads;
    const size_t square = (size_t)k * (size_t)k;
    memset(work->sums, 0, (size_t)heads * (size_t)k * sizeof *work->sums);
    memset(covariance, 0, (size_t)heads * square * sizeof *covariance);
    struct ind_pass pass = {0};
    while (ind_pass_next(&pass, work->group, work->sequences)) {
        work->cache.batch = pass.count;
        ind_forward(params, work->tokens + (size_t)pass.first * (size_t)work->token_stride,
                    work->token_stride, NULL, 0, &work->cache);
        for (int i = 0; i < heads; i++)
            add_rows(work, &work->cache, i, covariance + (size_t)i * square);
    }
    const double rows = (double)work->sequences * work->length;
    for (int i = 0; i < heads; i++)
        centre(k, rows, work->sums + (size_t)i * (size_t)k, covariance + (size_t)i * square);
    for (size_t i = (size_t)heads * square; i < (size_t)work->heads_in_all * square; i++)
        covariance[i] = (double)NAN;
}
