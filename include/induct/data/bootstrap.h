/*
 * Percentile intervals by resampling units (Efron 1979): sequences within a run, seeds between
 * runs.
 *
 * A resample draws as many units as there are, with replacement. Here it is a row of weights: how
 * often each unit was drawn. All sums of one resample are then a product, and all resamples of many
 * quantities at once are one matrix product: sums [resamples, columns] = weights [resamples, units]
 * values [units, columns]. The weights are made once, shared by all threads, checkpoints and arms
 * of an experiment: intervals are functions of (seed, major, minor), and differences are paired.
 *
 *     ind_bootstrap_init(&bootstrap, 256, 1000, seed, 0, 0, err);      once
 *     ind_resampled_init(&sums, &bootstrap, 2, err);                   once a thread
 *     ... fill sums.values[unit * 2 + column] with numerators and denominators ...
 *     ind_resampled_run(&sums);
 *     ind_resampled_ratio(&sums, 0, 1)                                 value and interval
 */
#ifndef INDUCT_DATA_BOOTSTRAP_H
#define INDUCT_DATA_BOOTSTRAP_H

#include <stdint.h>

#include <induct/base/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A value with its 95 % interval; all NaN when it rests on nothing, lo = hi = NaN without one. */
struct ind_estimate {
    double value, lo, hi;
};

/* Owner; read-only after init, shared by threads. */
struct ind_bootstrap {
    int units, resamples;
    double *weights; /* [resamples, units]: how often each unit was drawn; rows sum to units */
};

/* 1000 resamples are usual. Stream IND_STREAM_BOOTSTRAP of data/random.h. units, resamples >= 1. */
IND_CHECKED int ind_bootstrap_init(struct ind_bootstrap *bootstrap, int units, int resamples,
                                   uint64_t seed, uint32_t major, uint32_t minor,
                                   struct ind_error *err);

/* The same, asking between resamples whether to stop (not 0): fails then. A hundred thousand units
 * take a second. NULL: nobody is asked. */
IND_CHECKED int ind_bootstrap_init_unless(struct ind_bootstrap *bootstrap, int units, int resamples,
                                          uint64_t seed, uint32_t major, uint32_t minor,
                                          int (*stop)(void), struct ind_error *err);
void ind_bootstrap_release(struct ind_bootstrap *bootstrap);

/* Values of every unit and their sums over every resample. One a thread; owner. The bootstrap is
 * borrowed and must outlive it. */
struct ind_resampled {
    const struct ind_bootstrap *bootstrap;
    int columns;
    double *values;  /* [units, columns]: the caller fills these */
    double *totals;  /* [columns]: sums over the units as they are, in order */
    double *sums;    /* [resamples, columns] */
    double *scratch; /* [resamples] */
};

IND_CHECKED int ind_resampled_init(struct ind_resampled *resampled,
                                   const struct ind_bootstrap *bootstrap, int columns,
                                   struct ind_error *err);
void ind_resampled_release(struct ind_resampled *resampled);

/* Sums from values, for all columns at once. */
void ind_resampled_run(struct ind_resampled *resampled);

/*
 * Sum of one column over sum of another, with its percentile interval: the 2.5 % and 97.5 %
 * quantiles over the resamples. A mean is a ratio to a column of ones. Resamples in which the
 * denominator is zero are left out. The interval of a ratio that is the same for every unit (an
 * accuracy of 1) has width zero: the bootstrap cannot see what no unit shows (for shares see
 * ind_estimate_at_edge). Of fewer than 2 units there is no interval: lo = hi = NaN.
 */
struct ind_estimate ind_resampled_ratio(const struct ind_resampled *resampled, int numerator,
                                        int denominator);

/* Difference of two ratios on the same units, a minus b: paired, so what the units share
   cancels. */
struct ind_ratio {
    int numerator, denominator;
};
struct ind_estimate ind_resampled_difference(const struct ind_resampled *resampled,
                                             struct ind_ratio a, struct ind_ratio b);

/*
 * A share that is exactly 0 or 1: Clopper and Pearson's interval (1934) on the number of units that
 * are right throughout, none or all of `units`: 1 - a^(1/units) is the upper end at 0, a^(1/units)
 * the lower at 1, a = .025 (DEFINITIONS, section 8). Any other estimate, and one without an
 * interval, is given back as it is.
 */
struct ind_estimate ind_estimate_at_edge(struct ind_estimate estimate, int units);

#ifdef __cplusplus
}
#endif
#endif
