/*
 * Sums of buffers, element by element, and of products, and other passes over them; on the
 * instruction set that math/simd.h chooses.
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

/* to [rows, columns] = from, as doubles; ld_from, ld_to: elements from one row to the next. */
void ind_widen(size_t rows, size_t columns, const float *from, size_t ld_from, double *to,
               size_t ld_to);

/* Sum over i, j of a[i,j] b[i,j] of matrices [rows, columns], that is tr(A B^T), in an order that
 * the sizes and the instruction set decide. */
double ind_inner_rows(size_t rows, size_t columns, const double *a, size_t ld_a, const double *b,
                      size_t ld_b);

/* Is none of the values an infinity or a NaN? */
bool ind_all_finite(size_t count, const float *values);

#ifdef __cplusplus
}
#endif
#endif
