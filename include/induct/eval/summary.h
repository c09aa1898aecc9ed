/*
 * From counts by sequence to accuracy and loss with intervals, and to paired differences between
 * two arms that saw the same sequences.
 */
#ifndef INDUCT_EVAL_SUMMARY_H
#define INDUCT_EVAL_SUMMARY_H

#include <induct/data/bootstrap.h>
#include <induct/eval/accuracy.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Columns that a struct ind_resampled needs to serve the functions below. */
enum { IND_SUMMARY_COLUMNS = 7 };

struct ind_accuracy {
    struct ind_estimate accuracy;         /* correct predictions / predictions */
    struct ind_estimate loss;             /* nats a prediction */
    struct ind_estimate repeated, unique; /* accuracy split by whether the current token occurs more
                                             than once in its period */
    struct ind_estimate repeated_share;   /* of the predictions */
    long predictions;                     /* 0: every value is NaN */
};

/* `resampled` (over as many units as there are sequences) gives the intervals and is overwritten;
 * NULL = values only, lo = hi = NaN. Accuracies of exactly 0 and 1 have the interval of
 * ind_estimate_at_edge() over the sequences that count. */
void ind_accuracy_summarise(const struct ind_eval_count *counts, int sequences,
                            struct ind_resampled *resampled, struct ind_accuracy *out);

/* a minus b, paired by sequence. */
struct ind_accuracy_difference {
    struct ind_estimate accuracy, loss;
};

void ind_accuracy_compare(const struct ind_eval_count *a, const struct ind_eval_count *b,
                          int sequences, struct ind_resampled *resampled,
                          struct ind_accuracy_difference *out);

#ifdef __cplusplus
}
#endif
#endif
