/* Two halves of different period, and whose answer the model gives in the second. */
#include <induct/eval/conflict.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/data/task.h>
#include <induct/eval/margin.h>
#include <induct/model/pass.h>

bool ind_conflict_fits(int context, int before, int after)
{
    return before <= context / 2 && context / 2 + after <= context - 2;
}

int ind_conflict_data_init(struct ind_conflict_data *data, int vocab, int context, uint64_t seed,
                           int before, int after, int sequences, struct ind_error *err)
{
    *data = (struct ind_conflict_data){
        .before = before, .after = after, .sequences = sequences, .context = context};
    const size_t width = (size_t)context, half = width / 2;
    int32_t *second = NULL;
    if (ind_alloc_into(&data->tokens, (size_t)sequences, width * sizeof *second, err) ||
        ind_alloc_into(&second, (size_t)sequences, width * sizeof *second, err)) {
        ind_conflict_data_release(data);
        return IND_FAILED;
    }
    ind_task_eval(vocab, context, seed, before, 0, sequences, data->tokens);
    /* others than the first half's, also where both periods are the same */
    ind_task_eval(vocab, context, seed, after, sequences, sequences, second);
    for (size_t s = 0; s < (size_t)sequences; s++)
        memcpy(data->tokens + s * width + half, second + s * width,
               (width - half) * sizeof *second);
    free(second);
    return IND_OK;
}

void ind_conflict_data_release(struct ind_conflict_data *data)
{
    free(data->tokens);
    *data = (struct ind_conflict_data){0};
}

static void count_row(const struct ind_conflict_data *data, const int32_t *tokens, int i,
                      int32_t said, struct ind_conflict_count *count)
{
    const int32_t content = tokens[i + 1], offset = tokens[i - data->before + 1];
    if (content == offset)
        return;
    count->predictions++;
    count->content += said == content;
    count->offset += said == offset;
}

static void count_sequence(struct ind_evaluator *evaluator, const struct ind_params *params,
                           const struct ind_conflict_data *data, int s, int row,
                           struct ind_conflict_count *count)
{
    const int32_t *tokens = data->tokens + (size_t)s * data->context;
    const int vocab = evaluator->cache.config.vocab, length = data->context - 1;
    *count = (struct ind_conflict_count){0};
    for (int i = data->context / 2 + data->after; i < length; i += evaluator->logits_rows) {
        const int left = length - i, most = evaluator->logits_rows;
        const int rows = left < most ? left : most;
        ind_logits(params, &evaluator->cache, row + i, rows, evaluator->logits);
        for (int r = 0; r < rows; r++) {
            const float *logits = evaluator->logits + (size_t)r * (size_t)vocab;
            count_row(data, tokens, i + r, ind_margin_prediction(logits, vocab), count);
        }
    }
}

void ind_conflict_run(struct ind_evaluator *evaluator, const struct ind_params *params,
                      const struct ind_conflict_data *data, struct ind_conflict_count *counts)
{
    struct ind_cache *cache = &evaluator->cache;
    assert(cache->length == data->context - 1);
    struct ind_pass pass = {0};
    while (ind_pass_next(&pass, evaluator->batch, data->sequences)) {
        cache->batch = pass.count;
        ind_forward(params, data->tokens + (size_t)pass.first * data->context, data->context, NULL,
                    0, cache);
        for (int b = 0; b < pass.count; b++)
            count_sequence(evaluator, params, data, pass.first + b, b * cache->length,
                           &counts[pass.first + b]);
    }
}
