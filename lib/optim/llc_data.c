/* The sequences that a local learning coefficient's losses are of. */
#include <induct/optim/llc.h>

#include <assert.h>
#include <stdlib.h>

#include <induct/base/memory.h>

static int allocate(struct ind_llc_data *data, bool starts, struct ind_error *err)
{
    const size_t count = (size_t)data->sequences, context = (size_t)data->context;
    if (ind_alloc_into(&data->tokens, count, context * sizeof *data->tokens, err) ||
        ind_alloc_into(&data->periods, count, sizeof *data->periods, err))
        return IND_FAILED;
    return starts ? ind_alloc_into(&data->starts, count, sizeof *data->starts, err) : IND_OK;
}

int ind_llc_data_init(struct ind_llc_data *data, const struct ind_task *task, bool repeated,
                      const int *periods, int count, int sequences, uint64_t seed,
                      struct ind_error *err)
{
    assert(count >= 1 && sequences >= 1);
    *data = (struct ind_llc_data){
        .sequences = sequences, .context = task->context, .repeated = repeated};
    if (allocate(data, task->start_max > 0, err)) {
        ind_llc_data_release(data);
        return IND_FAILED;
    }
    for (int s = 0; s < sequences; s++) {
        const int period = periods[s % count];
        assert(period >= 1 && (!repeated || period <= task->context - 2));
        data->periods[s] = period;
        ind_task_eval(task->vocab, task->context, seed, period, s / count, 1,
                      data->tokens + (size_t)s * (size_t)task->context);
        if (data->starts)
            data->starts[s] = ind_task_start_of(task, seed, 0, s);
    }
    return IND_OK;
}

void ind_llc_data_release(struct ind_llc_data *data)
{
    free(data->tokens);
    free(data->periods);
    free(data->starts);
    *data = (struct ind_llc_data){0};
}
