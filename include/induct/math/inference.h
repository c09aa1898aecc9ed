/*
 * Inference on few units: seeds, of which there are eight or sixteen, not thousands. Nothing here
 * draws random numbers; intervals that do are data/seeds.h.
 */
#ifndef INDUCT_MATH_INFERENCE_H
#define INDUCT_MATH_INFERENCE_H

#include <stddef.h>

#include <induct/base/error.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { IND_SIGN_FLIP_MOST = 40 };

/*
 * Exact two-sided p of paired differences under sign flips: the share of the 2^count choices of
 * signs whose sum is at least as large in size as the one observed. Under the null (each difference
 * is symmetric about 0) it is valid whatever the distribution. It cannot go below 2^(1-count):
 * .0078 for 8 pairs, .0625 for 5. Sums that differ by rounding alone (1e-12 of the sum of sizes)
 * are equal. The two halves of the differences are enumerated apart and their sums met in order, so
 * that 40 pairs take a second and 16 MB. NaN of nothing; fails beyond IND_SIGN_FLIP_MOST, and
 * without memory.
 */
IND_CHECKED int ind_sign_flip(const double *differences, int count, double *p,
                              struct ind_error *err);

/* Clopper and Pearson's 95 % interval for a share, k of n: 0 <= k <= n, n >= 1; exact, hence
 * wide. */
struct ind_share {
    double value, lo, hi;
};
struct ind_share ind_clopper_pearson(long k, long n);

/* The p-quantile of Student's t with a whole number of degrees of freedom >= 1, 0 < p < 1. */
double ind_student_quantile(int freedom, double p);

#ifdef __cplusplus
}
#endif
#endif
