/*
 * Sums of buffers of floats, element by element, and of products; on the instruction set that
 * math/simd.h chooses.
 */
#ifndef INDUCT_MATH_SUMS_H
#define INDUCT_MATH_SUMS_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* to[i] += from[i]; the two may not overlap. */
void ind_add(size_t count, const float *from, float *to);

/*
 * out[i] = sum over p of part[p][i], in double and in the order of the parts, rounded once. out may
 * be one of the parts, whole. Returns the sum of out[i]^2, gathered in double: not finite if and
 * only if an element is not, or its square's sum exceeds what a double holds.
 */
double ind_sum_parts(size_t count, int parts, const float *const *part, float *out);

/* Sum of a[i] b[i], in double, in an order that `count` and the instruction set decide. Exact
 * products: what is rounded is the sum alone. */
double ind_inner(size_t count, const float *a, const float *b);

/* Is none of the values an infinity or a NaN? */
bool ind_all_finite(size_t count, const float *values);

#ifdef __cplusplus
}
#endif
#endif
