/*
 * Batches of sequences through the forward pass, and logits of those rows alone that count: what a
 * model says before the first repetition is not asked.
 */
#include <induct/eval/accuracy.h>

#include <assert.h>
#include <limits.h>
#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/math/causal.h>
#include <induct/model/pass.h>

enum {
    LOGITS_BLOCK = 131072, /* floats: a block stays in the second-level cache */
    FEWEST_ROWS = 256,     /* fewer, and a product with W_U is bound by reading W_U */
    PATCHES_PER_HEAD = 8
};

/* ---- Owner ---------------------------------------------------------------------------------- */

static int allocate(struct ind_evaluator *evaluator, const struct ind_config *config, int length,
                    unsigned keep, struct ind_error *err)
{
    const size_t rows = (size_t)evaluator->logits_rows, vocab = (size_t)config->vocab;
    if (ind_cache_init(&evaluator->cache, config, evaluator->batch, length, keep, err) ||
        ind_alloc_into(&evaluator->logits, rows, vocab * sizeof *evaluator->logits, err) ||
        ind_alloc_into(&evaluator->losses, rows, sizeof *evaluator->losses, err) ||
        ind_alloc_into(&evaluator->correct, rows, sizeof *evaluator->correct, err) ||
        ind_alloc_into(&evaluator->patches, (size_t)evaluator->patch_room,
                       sizeof *evaluator->patches, err))
        return IND_FAILED;
    return IND_OK;
}

int ind_evaluator_init(struct ind_evaluator *evaluator, const struct ind_config *config, int length,
                       struct ind_error *err)
{
    return ind_evaluator_init_keeping(evaluator, config, length, IND_NO_PATTERNS, err);
}

int ind_evaluator_init_keeping(struct ind_evaluator *evaluator, const struct ind_config *config,
                               int length, unsigned keep, struct ind_error *err)
{
    int rows = LOGITS_BLOCK / config->vocab;
    rows = rows < FEWEST_ROWS ? FEWEST_ROWS : rows;
    rows = rows > length ? length : rows;
    *evaluator = (struct ind_evaluator){
        .batch = ind_pass_size(config, length, INT_MAX),
        .logits_rows = rows,
        .patch_room = config->layers * config->heads * PATCHES_PER_HEAD,
    };
    if (allocate(evaluator, config, length, keep, err) == IND_OK)
        return IND_OK;
    ind_evaluator_release(evaluator);
    return IND_FAILED;
}

void ind_evaluator_release(struct ind_evaluator *evaluator)
{
    ind_cache_release(&evaluator->cache);
    free(evaluator->logits);
    free(evaluator->losses);
    free(evaluator->correct);
    free(evaluator->patches);
    *evaluator = (struct ind_evaluator){0};
}

/* ---- Counting ------------------------------------------------------------------------------- */

/* Adds what rows first..first+rows-1 of the cache predict to a sequence's count. */
static void count_rows(struct ind_evaluator *evaluator, const struct ind_params *params,
                       const struct ind_cache *cache, int first, int rows, const int32_t *targets,
                       const bool *repeated, struct ind_eval_count *count)
{
    const int vocab = cache->config.vocab;
    ind_logits(params, cache, first, rows, evaluator->logits);
    ind_cross_entropy(rows, vocab, evaluator->logits, (size_t)vocab, targets, 1.0F,
                      evaluator->losses, evaluator->correct);
    for (int r = 0; r < rows; r++) {
        const bool correct = evaluator->correct[r] != 0;
        count->predictions++;
        count->correct += correct;
        count->repeated += repeated[r];
        count->repeated_correct += repeated[r] && correct;
        count->loss += evaluator->losses[r];
    }
}

void ind_evaluate_cache(struct ind_evaluator *evaluator, const struct ind_params *params,
                        const struct ind_cache *cache, const struct ind_eval_data *data, int first,
                        struct ind_eval_count *counts)
{
    const int length = cache->length;
    assert(length == data->context - 1 && cache->config.vocab == evaluator->cache.config.vocab);
    assert(first >= 0 && cache->batch <= data->sequences - first);
    for (int b = 0; b < cache->batch; b++) {
        const int32_t *targets = data->tokens + (size_t)(first + b) * data->context + 1;
        const bool *repeated = data->repeated + (size_t)(first + b) * length;
        counts[b] = (struct ind_eval_count){0};
        for (int i = data->period; i < length; i += evaluator->logits_rows) {
            const int left = length - i;
            const int rows = left < evaluator->logits_rows ? left : evaluator->logits_rows;
            count_rows(evaluator, params, cache, b * length + i, rows, targets + i, repeated + i,
                       &counts[b]);
        }
    }
}

/* ---- The whole ------------------------------------------------------------------------------ */

/* The caller's patches as the batch that begins with sequence `first` must see them. */
static const struct ind_patch *move_patches(struct ind_evaluator *evaluator,
                                            const struct ind_patch *patches, int count, int first)
{
    for (int i = 0; i < count; i++) {
        evaluator->patches[i] = patches[i];
        if (patches[i].value != NULL)
            evaluator->patches[i].value += (size_t)first * patches[i].batch_stride;
    }
    return evaluator->patches;
}

void ind_evaluate(struct ind_evaluator *evaluator, const struct ind_params *params,
                  const struct ind_eval_data *data, const struct ind_patch *patches,
                  int patch_count, struct ind_eval_count *counts)
{
    assert(patch_count >= 0 && patch_count <= evaluator->patch_room);
    if (ind_eval_predictions(data->context, data->period) == 0) {
        for (int s = 0; s < data->sequences; s++)
            counts[s] = (struct ind_eval_count){0};
        return;
    }
    struct ind_pass pass = {0};
    while (ind_pass_next(&pass, evaluator->batch, data->sequences)) {
        evaluator->cache.batch = pass.count;
        ind_forward(params, data->tokens + (size_t)pass.first * data->context, data->context,
                    move_patches(evaluator, patches, patch_count, pass.first), patch_count,
                    &evaluator->cache);
        ind_evaluate_cache(evaluator, params, &evaluator->cache, data, pass.first,
                           counts + pass.first);
    }
}
