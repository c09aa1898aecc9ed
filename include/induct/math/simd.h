/*
 * The instruction set that vector kernels run on (math/causal.h, product.h, sums.h, lanes.h): the
 * widest that the processor has, or what the environment variable INDUCT_SIMD names, "baseline",
 * "avx2" or "avx512", which is for tests and comparisons. Decided once, by whichever of these
 * functions or kernels is called first. Results differ between sets in rounding.
 */
#ifndef INDUCT_MATH_SIMD_H
#define INDUCT_MATH_SIMD_H

#include <induct/base/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* First call of main, before any thread exists. Fails if INDUCT_SIMD names no set, or one that this
 * processor lacks; the widest is used then, as it is when INDUCT_SIMD is empty or not set. */
IND_CHECKED int ind_simd_init(struct ind_error *err);

/* "avx512", "avx2" or "baseline": static. */
const char *ind_simd_name(void);

/* `rounds` times some multiply-adds that do not wait for each other, on whole vectors, and nothing
 * else: what they take is the limit of every kernel. Returns how many operations that was, two a
 * multiply-add and element. */
double ind_multiply_adds_float(long rounds);
double ind_multiply_adds_double(long rounds);

#ifdef __cplusplus
}
#endif
#endif
