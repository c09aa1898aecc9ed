/*
 * From the last residual to logits, and from logits to the loss and its gradient, a block of rows
 * at a time: a whole [rows, vocab] matrix never exists.
 */
#include "model/work.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include <induct/math/blas.h>

#include "model/softmax.h"

/* Logits of rows first..first+count-1 into out [count, stride]. */
static void logits_of(const struct ind_params *params, const struct ind_cache *cache, int first,
                      int count, float *out, int stride)
{
    int d = cache->config.d_model, vocab = cache->config.vocab;
    ind_sgemm(false, false, count, vocab, d, 1.0F, cache->final_normed + (size_t)first * d, d,
              params->W_U, vocab, 0.0F, out, stride);
    if (!params->b_U)
        return;
    for (int row = 0; row < count; row++) {
        for (int t = 0; t < vocab; t++)
            out[(size_t)row * stride + t] += params->b_U[t];
    }
}

void ind_logits(const struct ind_params *params, const struct ind_cache *cache, int first,
                int count, float *out)
{
    assert(first >= 0 && count >= 0 && first <= cache->batch * cache->length - count);
    if (count > 0)
        logits_of(params, cache, first, count, out, cache->config.vocab);
}

/* Whether the target has the largest logit, and no lower token has the same. */
static bool is_argmax(const float *logits, int target, float max)
{
    if (!(logits[target] >= max))
        return false;
    for (int t = 0; t < target; t++) {
        if (logits[t] >= max)
            return false;
    }
    return true;
}

/* One prediction: counts it, and turns its logits into scale * (softmax - onehot(target)). */
static void loss_row(float *logits, int vocab, int target, bool induction, float scale,
                     struct ind_loss *loss)
{
    size_t padded = ind_padded((size_t)vocab);
    ind_row_pad(logits, (size_t)vocab);
    float max = ind_row_max(logits, padded);
    double target_logit = (double)logits[target];
    bool correct = is_argmax(logits, target, max);
    double sum = ind_row_exp(logits, padded, max);
    float factor = (float)((double)scale / sum);
    for (size_t t = 0; t < padded; t++)
        logits[t] *= factor;
    logits[target] -= scale;

    loss->loss += log(sum) + (double)max - target_logit;
    loss->predictions++;
    loss->correct += correct;
    loss->induction += induction;
    loss->induction_correct += induction && correct;
}

static void loss_block(const struct ind_unembed_task *task, int first, int count,
                       struct ind_backward_work *work, struct ind_loss *loss)
{
    const struct ind_cache *cache = task->cache;
    int vocab = cache->config.vocab, stride = work->logits_stride;
    logits_of(task->params, cache, first, count, work->logits, stride);
    for (int row = 0; row < count; row++) {
        int sequence = (first + row) / cache->length, position = (first + row) % cache->length;
        int32_t target = task->tokens[(size_t)sequence * task->token_stride + position + 1];
        assert(target >= 0 && target < vocab);
        loss_row(work->logits + (size_t)row * stride, vocab, target, position >= task->period,
                 task->scale, loss);
    }
}

void ind_unembed_backward(const struct ind_unembed_task *task, struct ind_backward_work *work,
                          struct ind_params *gradient, float *dnormed, struct ind_loss *loss)
{
    const struct ind_cache *cache = task->cache;
    int rows = cache->batch * cache->length, d = cache->config.d_model;
    int vocab = cache->config.vocab, stride = work->logits_stride;
    for (int first = 0; first < rows; first += work->logits_rows) {
        int count = rows - first < work->logits_rows ? rows - first : work->logits_rows;
        const float *normed = cache->final_normed + (size_t)first * d;
        loss_block(task, first, count, work, loss);
        ind_sgemm(true, false, d, vocab, count, 1.0F, normed, d, work->logits, stride, 1.0F,
                  gradient->W_U, vocab);
        ind_sgemm(false, true, count, d, vocab, 1.0F, work->logits, stride, task->params->W_U,
                  vocab, 0.0F, dnormed + (size_t)first * d, d);
        if (gradient->b_U)
            ind_column_sums_add(work->logits, count, vocab, (size_t)stride, work->sums,
                                gradient->b_U);
    }
}
