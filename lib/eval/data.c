/*
 * Evaluation sequences and the mark of repeated tokens.
 */
#include <induct/eval/accuracy.h>

#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/data/task.h>

/* row [period] of one sequence; marks [length]. Quadratic in the period, which is at most a context
 * long and made once. */
static void mark_repeated(const int32_t *row, int period, int length, bool *marks)
{
    for (int i = 0; i < length && i < period; i++) {
        for (int j = 0; j < period && !marks[i]; j++)
            marks[i] = j != i && row[j] == row[i];
    }
    for (int i = period; i < length; i++)
        marks[i] = marks[i - period];
}

int ind_eval_data_init(struct ind_eval_data *data, int vocab, int context, uint64_t seed,
                       int period, int sequences, struct ind_error *err)
{
    *data = (struct ind_eval_data){.period = period, .sequences = sequences, .context = context};
    if (period < 1)
        return ind_fail(err, "period %d: a period is at least 1", period);
    if (sequences < 1)
        return ind_fail(err, "%d sequences: at least 1 is needed", sequences);
    const size_t count = (size_t)sequences, width = (size_t)context, length = width - 1;
    if (ind_alloc_into(&data->tokens, count, width * sizeof *data->tokens, err) != IND_OK ||
        ind_alloc_into(&data->repeated, count, length * sizeof *data->repeated, err) != IND_OK) {
        ind_eval_data_release(data);
        return IND_FAILED;
    }
    ind_task_eval(vocab, context, seed, period, 0, sequences, data->tokens);
    const int drawn = period < context ? period : context;
    for (size_t s = 0; s < count; s++)
        mark_repeated(data->tokens + s * width, drawn, context - 1, data->repeated + s * length);
    return IND_OK;
}

void ind_eval_data_release(struct ind_eval_data *data)
{
    free(data->tokens);
    free(data->repeated);
    *data = (struct ind_eval_data){0};
}

int ind_eval_predictions(int context, int period)
{
    const int predictions = context - 1 - period;
    return predictions > 0 ? predictions : 0;
}
