/*
 * Times taken in turns, and what may be said of them on a machine that others use too.
 *
 * Whatever is compared runs in the same round, so that a slow minute is slow for all of it; what is
 * reported is the median over rounds with the quartiles beside it, and a ratio is the median of
 * each round's own ratio.
 */
#ifndef INDUCT_TESTS_BENCH_MEASURE_H
#define INDUCT_TESTS_BENCH_MEASURE_H

#include <stddef.h>

#include <induct/base/error.h>

/* Owner of one measured quantity, a value a round; zero it before use. */
struct samples {
    double *values;
    size_t count, room;
};

IND_CHECKED int samples_add(struct samples *samples, double value, struct ind_error *err);
void samples_clear(struct samples *samples);
void samples_release(struct samples *samples);

/* q in [0,1], linear between neighbours; NaN without values. Sorts a copy. */
double samples_quantile(const struct samples *samples, double q);
double samples_median(const struct samples *samples);

/* The median of over[i] / under[i]; both must have the same number of values. */
double samples_ratio(const struct samples *over, const struct samples *under);

/* Processor time of all threads of this process so far. */
double processor_seconds(void);

/* What a call took, in seconds, over calls that together last `seconds` or longer; at least three.
 * Of processor time the mean. */
struct turn {
    double median, fastest, processor;
};
IND_CHECKED int measure_fully(int (*run)(void *context, struct ind_error *err), void *context,
                              double seconds, struct turn *turn, struct ind_error *err);

/* Its median alone. */
IND_CHECKED int measure_turn(int (*run)(void *context, struct ind_error *err), void *context,
                             double seconds, double *median, struct ind_error *err);

#endif
