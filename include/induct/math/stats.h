/*
 * Small statistics: quantiles, multiple tests, tails of the normal and the gamma distribution.
 * (Resampling, which needs random numbers, is data/bootstrap.h.)
 */
#ifndef INDUCT_MATH_STATS_H
#define INDUCT_MATH_STATS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Mean, summed in order; NaN of nothing. */
double ind_mean(const double *values, size_t count);

/*
 * The p-quantile, 0 <= p <= 1, by linear interpolation between order statistics at (count-1) p
 * (Hyndman and Fan's type 7, the default of R and numpy). Reorders the values, in linear time; NaN
 * of nothing. The values must not be NaN.
 */
double ind_quantile(double *values, size_t count, double p);

/* P(Z >= z) of a standard normal Z, exact in the tail: 1e-300 is still told from 0. */
double ind_normal_tail(double z);

/* ln |Gamma(x)|, in any number of threads at once. */
double ind_log_gamma(double x);

/*
 * Both tails of a gamma distribution of unit scale: lower = P(X <= x), upper = P(X >= x), each to
 * about 1e-13 relative, so that 1e-300 is still told from 0. shape > 0; x <= 0 gives 0 and 1.
 */
struct ind_tails {
    double lower, upper;
};
struct ind_tails ind_gamma_tails(double shape, double x);

/*
 * Holm's step-down adjustment: adjusted[i] <= alpha for exactly the hypotheses that Holm's
 * procedure rejects at family-wise rate alpha. A NaN stays NaN and does not count as a test.
 * `order` [count] is scratch; adjusted may be the array p itself.
 */
void ind_holm_adjust(const double *p, size_t count, size_t *order, double *adjusted);

#ifdef __cplusplus
}
#endif
#endif
