/*
 * The task: predict the next token of a random sequence that repeats itself (DEFINITIONS, section
 * 1).
 *
 * A sequence of period p is p tokens drawn uniformly with replacement from 1..vocab-1, repeated
 * until the context is full. Token 0 never occurs: its embedding gets no gradient and shows pure
 * weight decay. One period for a whole batch: fixed, or uniform on lo..hi, by epoch. A batch is
 * [batch, context]; inputs are tokens 0..context-2 and targets tokens 1..context-1, so a sequence
 * gives context-1 predictions.
 */
#ifndef INDUCT_DATA_TASK_H
#define INDUCT_DATA_TASK_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ind_task {
    int vocab;                /* >= 2; tokens are 1..vocab-1 */
    int context;              /* tokens a sequence, >= 2 */
    int period_lo, period_hi; /* 1 <= lo <= hi; equal = fixed */
};

/* The period of an epoch's batch: a function of (seed, epoch). */
int ind_task_period(const struct ind_task *task, uint64_t seed, uint32_t epoch);

/* One training batch: tokens [batch, context], and its period as the return value. Sequence b is a
   function of (seed, epoch, b): any part of the batch can be made alone (`first` = index of the
   first sequence wanted). */
int ind_task_batch(const struct ind_task *task, uint64_t seed, uint32_t epoch, int first, int batch,
                   int32_t *tokens);

/* Evaluation sequences first..first+count-1 of a period: a function of (seed, period, index) alone,
   the same for every checkpoint and program. tokens [count, context]. `period` may lie outside the
   trained ones; 1 <= period. */
void ind_task_eval(int vocab, int context, uint64_t seed, int period, int first, int count,
                   int32_t *tokens);

#ifdef __cplusplus
}
#endif
#endif
