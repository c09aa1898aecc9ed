/*
 * Evaluation sequences as (seed, period, index) makes them.
 */
#include <induct/eval/accuracy.h>

#include <induct/data/task.h>

int ind_eval_data_init(struct ind_eval_data *data, int vocab, int context, uint64_t seed,
                       int period, int sequences, struct ind_error *err)
{
    if (ind_eval_data_blank(data, context, period, sequences, err))
        return IND_FAILED;
    ind_task_eval(vocab, context, seed, period, 0, sequences, data->tokens);
    ind_eval_data_mark(data);
    return IND_OK;
}
