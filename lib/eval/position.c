/* Every prediction of every sequence, counted by where it stands. */
#include <induct/eval/position.h>

#include <string.h>

#include <induct/math/causal.h>
#include <induct/model/pass.h>

/* Rows of one sequence that the cache holds, in blocks of logits. */
static void add_sequence(struct ind_evaluator *e, const struct ind_params *params, int first_row,
                         const int32_t *targets, struct ind_eval_count *counts)
{
    const int length = e->cache.length, vocab = e->cache.config.vocab;
    for (int i = 0, rows; i < length; i += rows) {
        rows = length - i < e->logits_rows ? length - i : e->logits_rows;
        ind_logits(params, &e->cache, first_row + i, rows, e->logits);
        ind_cross_entropy(rows, vocab, e->logits, (size_t)vocab, targets + i, 1.0F, e->losses,
                          e->correct);
        for (int r = 0; r < rows; r++) {
            counts[i + r].predictions++;
            counts[i + r].correct += e->correct[r] != 0;
            counts[i + r].loss += e->losses[r];
        }
    }
}

void ind_evaluate_positions(struct ind_evaluator *evaluator, const struct ind_params *params,
                            const struct ind_eval_data *data, struct ind_eval_count *counts)
{
    const int context = data->context, length = context - 1;
    memset(counts, 0, (size_t)length * sizeof *counts);
    struct ind_pass pass = {0};
    while (ind_pass_next(&pass, evaluator->batch, data->sequences)) {
        const int32_t *tokens = data->tokens + (size_t)pass.first * (size_t)context;
        evaluator->cache.batch = pass.count;
        ind_forward(params, tokens, context, NULL, 0, &evaluator->cache);
        for (int b = 0; b < pass.count; b++)
            add_sequence(evaluator, params, b * length, tokens + (size_t)b * (size_t)context + 1,
                         counts);
    }
}
