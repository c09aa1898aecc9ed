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

enum { IND_SIGN_FLIP_FAMILY_MOST = 20 };

/*
 * The same for a family of rows over the same seeds, adjusted for their number: Westfall and
 * Young's step-down maximum (1993, section 2.6) under joint sign flips. differences [tests, pairs],
 * a column a seed, NaN where a row has none; a choice of signs turns a seed in all rows at once, and
 * p[t] is the share of choices in which the largest statistic of row t and all weaker rows,
 * |sum| / sqrt(sum of squares), a function of |t| alone, is at least row t's. Step-down: no p is
 * below that of a stronger row.
 *
 * Why beside Holm's: p by sign flips of n pairs cannot be below 2^(1-n), and Holm multiplies that
 * by the number of tests: 28 tests of 8 pairs cannot go below .22, whatever was found. Here the
 * least is 2^(1-n). Exact where the seeds' rows are jointly symmetric about 0 under the null, as they
 * are for one arm at several periods; arms that share a control are so only roughly: the share of
 * families with a false alarm is held by simulation (tests/data/test_seeds.c). NaN beyond
 * IND_SIGN_FLIP_FAMILY_MOST pairs. Fails without memory.
 */
IND_CHECKED int ind_sign_flip_family(const double *differences, int tests, int pairs, double *p,
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
