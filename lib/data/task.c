/*
 * Random sequences that repeat themselves. Each sequence has a counter of its own, so that any part
 * of a batch is made alone and by any thread.
 */
#include <induct/data/task.h>

#include <assert.h>
#include <math.h>
#include <stddef.h>

#include <induct/data/random.h>

/* One sequence: `period` tokens uniform on 1..vocab-1, repeated. What lies beyond the context is
 * never drawn, so a long period costs no more than a full context. */
static void fill_sequence(struct ind_random random, int vocab, int context, int period,
                          int32_t *tokens)
{
    const int drawn = period < context ? period : context;
    for (int i = 0; i < drawn; i++)
        tokens[i] = 1 + (int32_t)ind_random_below(&random, (uint32_t)(vocab - 1));
    for (int i = drawn; i < context; i++)
        tokens[i] = tokens[i - period];
}

/* minor 0 is the batch's, 1 + b that of sequence b alone. */
static int draw_period(const struct ind_task *task, uint64_t seed, uint32_t epoch, uint32_t minor)
{
    assert(1 <= task->period_lo && task->period_lo <= task->period_hi);
    struct ind_random random = ind_random_at(seed, IND_STREAM_PERIOD, epoch, minor);
    const uint32_t choices = (uint32_t)(task->period_hi - task->period_lo) + 1;
    return task->period_lo + (int)ind_random_below(&random, choices);
}

int ind_task_period(const struct ind_task *task, uint64_t seed, uint32_t epoch)
{
    return draw_period(task, seed, epoch, 0);
}

int ind_task_period_of(const struct ind_task *task, uint64_t seed, uint32_t epoch, int sequence)
{
    return draw_period(task, seed, epoch, task->period_per_sequence ? 1 + (uint32_t)sequence : 0);
}

int ind_task_start_of(const struct ind_task *task, uint64_t seed, uint32_t epoch, int sequence)
{
    struct ind_random random = ind_random_at(seed, IND_STREAM_START, epoch, (uint32_t)sequence);
    return (int)ind_random_below(&random, (uint32_t)task->start_max + 1);
}

int ind_task_batch(const struct ind_task *task, uint64_t seed, uint32_t epoch, int first, int batch,
                   int32_t *tokens)
{
    assert(task->vocab >= 2 && task->context >= 2 && first >= 0 && batch >= 0);
    for (int b = 0; b < batch; b++) {
        const uint32_t sequence = (uint32_t)first + (uint32_t)b;
        fill_sequence(ind_random_at(seed, IND_STREAM_TOKENS, epoch, sequence), task->vocab,
                      task->context, ind_task_period_of(task, seed, epoch, first + b),
                      tokens + (size_t)b * task->context);
    }
    return ind_task_period_of(task, seed, epoch, first);
}

double ind_task_floor(const struct ind_task *task, double period)
{
    return log(task->vocab - 1) * (period - 1) / (task->context - 1);
}

void ind_task_eval(int vocab, int context, uint64_t seed, int period, int first, int count,
                   int32_t *tokens)
{
    assert(vocab >= 2 && context >= 2 && period >= 1 && first >= 0 && count >= 0);
    for (int s = 0; s < count; s++) {
        const uint32_t sequence = (uint32_t)first + (uint32_t)s;
        fill_sequence(ind_random_at(seed, IND_STREAM_EVAL, (uint32_t)period, sequence), vocab,
                      context, period, tokens + (size_t)s * context);
    }
}
