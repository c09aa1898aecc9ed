/*
 * Evaluation sequences and the mark of repeated tokens.
 */
#include <induct/eval/accuracy.h>

#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

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

int ind_eval_data_blank(struct ind_eval_data *data, int context, int period, int sequences,
                        struct ind_error *err)
{
    *data = (struct ind_eval_data){.period = period, .sequences = sequences, .context = context};
    if (period < 1)
        return ind_fail(err, "period %d: a period is at least 1", period);
    if (sequences < 1)
        return ind_fail(err, "%d sequences: at least 1 is needed", sequences);
    const size_t count = (size_t)sequences, width = (size_t)context, length = width - 1;
    if (ind_alloc_into(&data->tokens, count, width * sizeof *data->tokens, err) == IND_OK &&
        ind_alloc_into(&data->repeated, count, length * sizeof *data->repeated, err) == IND_OK)
        return IND_OK;
    ind_eval_data_release(data);
    return IND_FAILED;
}

void ind_eval_data_mark(struct ind_eval_data *data)
{
    const size_t width = (size_t)data->context, length = width - 1;
    const int drawn = data->period < data->context ? data->period : data->context;
    memset(data->repeated, 0, (size_t)data->sequences * length * sizeof *data->repeated);
    for (size_t s = 0; s < (size_t)data->sequences; s++)
        mark_repeated(data->tokens + s * width, drawn, data->context - 1,
                      data->repeated + s * length);
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
