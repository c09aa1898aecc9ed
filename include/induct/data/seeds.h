/*
 * Means over seeds with 95 % intervals. The unit is the seed: what is said is said of seeds that
 * have not been run.
 *
 * THE RESAMPLES are hierarchical: seeds are drawn with replacement, and in each the value is drawn
 * anew from what its sequences leave open (standard error w_i). As drawn, the variance of a mean
 * would hold the sequences twice, since the seeds' values differ by them already (Davison and
 * Hinkley 1997, section 3.8): with b = max(0, 1 - mean w^2 / s^2), the share of the seeds' variance
 * s^2 that is their own, their deviations are scaled by sqrt(b n/(n-1)), so that both levels
 * together have the variance s^2 (or mean w^2, if that is larger).
 *
 * THE INTERVAL is the percentile interval, expanded for few seeds (Hesterberg 2015, section 5.3):
 * its tails are Phi(-z - b (t - z)), z and t the .975 quantiles of the normal and of Student's with
 * n-1 degrees of freedom, in place of .025. Plain percentiles of 8 seeds hold 90 %. Coverage is
 * held by simulation (tests/data/test_seeds.c).
 */
#ifndef INDUCT_DATA_SEEDS_H
#define INDUCT_DATA_SEEDS_H

#include <stdint.h>

#include <induct/data/bootstrap.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The draws, made once for a number of seeds: shared by all quantities, so that intervals are
 * functions of (seed, count). Owner; read-only after init. */
struct ind_seed_draws {
    int count, resamples;
    double *weights; /* [resamples, count]: how often each seed was drawn */
    double *noise;   /* [resamples, count]: the sum of as many standard normals */
};

/* count >= 1; 4000 resamples are usual: the tails of 8 seeds are at .6 %. */
IND_CHECKED int ind_seed_draws_init(struct ind_seed_draws *draws, int count, int resamples,
                                    uint64_t seed, struct ind_error *err);
void ind_seed_draws_release(struct ind_seed_draws *draws);

/*
 * Mean of values [draws->count] with its interval. `within` [count]: standard errors, NULL = none.
 * Of one seed alone the interval is NaN: nothing is known of others. Where no seed differs and none
 * has an error the interval has width zero: what no seed shows, it cannot show. `scratch`
 * [draws->resamples].
 */
struct ind_estimate ind_seed_mean(const struct ind_seed_draws *draws, const double *values,
                                  const double *within, double *scratch);

#ifdef __cplusplus
}
#endif
#endif
