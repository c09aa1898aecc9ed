/*
 * The task: predict the next token of a random sequence that repeats itself (DEFINITIONS, section
 * 1).
 *
 * A sequence of period p is p tokens drawn uniformly with replacement from 1..vocab-1, repeated
 * until the context is full. Token 0 never occurs: its embedding gets no gradient and shows pure
 * weight decay. One period for a whole batch: fixed, or uniform on lo..hi, by epoch; or one for
 * each of its sequences. A batch is
 * [batch, context]; inputs are tokens 0..context-2 and targets tokens 1..context-1, so a sequence
 * gives context-1 predictions.
 */
#ifndef INDUCT_DATA_TASK_H
#define INDUCT_DATA_TASK_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    IND_EPOCH_MAX = 2000000000 /* fits the generator's 32-bit counter and a long anywhere */
};

/* Evaluation sequences of a period are numbered, and whoever looks for something takes others than
 * those it is reported on: programs measure on 0, 1, ...; what a mean ablation puts in a head's
 * place, and the rows of metrics.tsv, from which epochs are chosen, rest on these and those after
 * them. */
enum { IND_FIRST_REFERENCE = 1 << 24, IND_FIRST_MONITORED = 1 << 25 };

struct ind_task {
    int vocab;                /* >= 2; tokens are 1..vocab-1 */
    int context;              /* tokens a sequence, >= 2 */
    int period_lo, period_hi; /* 1 <= lo <= hi; equal = fixed */
    bool period_per_sequence; /* a period for each sequence instead of one for the batch */
    int start_max;            /* sequences begin at a position uniform on 0..start_max; 0 = at 0 */
};

/* The period of an epoch's batch: a function of (seed, epoch). */
int ind_task_period(const struct ind_task *task, uint64_t seed, uint32_t epoch);

/* The period of one sequence of it: the batch's, or its own, a function of (seed, epoch,
 * sequence). */
int ind_task_period_of(const struct ind_task *task, uint64_t seed, uint32_t epoch, int sequence);

/* The position that a sequence begins at: likewise. */
int ind_task_start_of(const struct ind_task *task, uint64_t seed, uint32_t epoch, int sequence);

/* One training batch: tokens [batch, context], and the period of its first sequence as the return
   value. Sequence b is a function of (seed, epoch, b): any part of the batch can be made alone
   (`first` = index of the first sequence wanted). */
int ind_task_batch(const struct ind_task *task, uint64_t seed, uint32_t epoch, int first, int batch,
                   int32_t *tokens);

/* The least mean loss over all targets of sequences whose mean period is `period` (at most
 * context): ln(vocab - 1) (period - 1) / (context - 1), since only the first copy is unforeseeable. */
double ind_task_floor(const struct ind_task *task, double period);

/* Evaluation sequences first..first+count-1 of a period: a function of (seed, period, index) alone,
   the same for every checkpoint and program. tokens [count, context]. `period` may lie outside the
   trained ones; 1 <= period. */
void ind_task_eval(int vocab, int context, uint64_t seed, int period, int first, int count,
                   int32_t *tokens);

#ifdef __cplusplus
}
#endif
#endif
