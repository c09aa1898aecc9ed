/*
 * From the last residual to logits, and from logits to the loss and its gradient, a block of rows
 * at a time: a whole [rows, vocab] matrix never exists.
 */
#include "model/work.h"

#include <assert.h>
#include <string.h>

#include <induct/math/causal.h>
#include <induct/math/product.h>

/* Logits of rows first..first+count-1 into out [count, vocab]. */
static void logits_of(const struct ind_params *params, const struct ind_cache *cache, int first,
                      int count, float *out)
{
    int d = cache->config.d_model, vocab = cache->config.vocab;
    ind_product(false, false, count, vocab, d, cache->final_normed + (size_t)first * d, d,
                params->W_U, vocab, NULL, out, vocab);
    if (!params->b_U)
        return;
    for (int row = 0; row < count; row++) {
        for (int t = 0; t < vocab; t++)
            out[(size_t)row * vocab + t] += params->b_U[t];
    }
}

void ind_logits(const struct ind_params *params, const struct ind_cache *cache, int first,
                int count, float *out)
{
    assert(first >= 0 && count >= 0 && first <= cache->batch * cache->length - count);
    if (count > 0)
        logits_of(params, cache, first, count, out);
}

static int period_of(const struct ind_objective *objective, int sequence)
{
    return objective->periods ? objective->periods[sequence] : objective->period;
}

/* Counts the predictions of a block in row order; those that are no targets of the objective have
 * no gradient. */
static void count_block(const struct ind_objective *objective, const struct ind_cache *cache,
                        int first, int count, struct ind_backward_work *work, struct ind_loss *loss)
{
    const size_t vocab = (size_t)cache->config.vocab;
    for (int row = 0; row < count; row++) {
        const int sequence = (first + row) / cache->length;
        const bool induction = (first + row) % cache->length >= period_of(objective, sequence);
        loss->correct += work->correct[row];
        loss->induction += induction;
        loss->induction_correct += induction && work->correct[row];
        if (objective->repeated && !induction) {
            memset(work->logits + (size_t)row * vocab, 0, vocab * sizeof *work->logits);
            continue;
        }
        loss->loss += work->losses[row];
        loss->targets++;
    }
    loss->predictions += count;
}

/* Logits of one block of rows, then scale * (softmax - onehot(target)) in their place. */
static void loss_block(const struct ind_backward_task *task, const struct ind_objective *objective,
                       int first, int count, struct ind_backward_work *work, struct ind_loss *loss)
{
    const struct ind_cache *cache = task->cache;
    int vocab = cache->config.vocab, length = cache->length;
    logits_of(task->params, cache, first, count, work->logits);
    for (int row = 0; row < count; row++) {
        size_t sequence = (size_t)((first + row) / length);
        int position = (first + row) % length;
        work->targets[row] = objective->tokens[sequence * objective->token_stride + position + 1];
        assert(work->targets[row] >= 0 && work->targets[row] < vocab);
    }
    ind_cross_entropy(count, vocab, work->logits, (size_t)vocab, work->targets, objective->scale,
                      work->losses, work->correct);
    count_block(objective, cache, first, count, work, loss);
}

void ind_unembed_backward(const struct ind_backward_task *task,
                          const struct ind_objective *objective, struct ind_backward_work *work,
                          struct ind_params *gradient, float *dnormed, struct ind_loss *loss)
{
    const struct ind_cache *cache = task->cache;
    int rows = cache->batch * cache->length, d = cache->config.d_model;
    int vocab = cache->config.vocab;
    for (int first = 0; first < rows; first += work->logits_rows) {
        int count = rows - first < work->logits_rows ? rows - first : work->logits_rows;
        const float *normed = cache->final_normed + (size_t)first * d;
        loss_block(task, objective, first, count, work, loss);
        ind_product(true, false, d, vocab, count, normed, d, work->logits, vocab, gradient->W_U,
                    gradient->W_U, vocab);
        ind_product(false, true, count, d, vocab, work->logits, vocab, task->params->W_U, vocab,
                    NULL, dnormed + (size_t)first * d, d);
        if (gradient->b_U)
            ind_column_sums_add(work->logits, count, vocab, (size_t)vocab, work->sums,
                                gradient->b_U);
    }
}
