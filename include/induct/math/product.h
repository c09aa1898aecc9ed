/*
 * Products of the matrices of a small model.
 *
 * For factors with tens to hundreds of rows and columns, where a general product (BLAS's) spends a
 * third of its time on rearranging its factors. They run on the instruction set that math/simd.h
 * chooses.
 */
#ifndef INDUCT_MATH_PRODUCT_H
#define INDUCT_MATH_PRODUCT_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * C = start + A B.
 *
 * start has C's shape and row stride; NULL stands for zeros, and C itself makes it C += A B. C is
 * [m,n], A [m,k], or [k,m] and taken transposed; B [k,n], or [n,k] and taken transposed. Rows are
 * lda, ldb, ldc floats apart, each at least a row's length; C may not overlap A or B, nor start
 * unless it is the same. m, n and k may be 0: an empty sum adds nothing. Every element is summed in
 * the order of the terms, in float, fused where the instruction set can; which of its neighbours
 * are computed with it has no influence on its bits as long as n stays the same.
 */
void ind_product(bool transpose_a, bool transpose_b, int m, int n, int k, const float *a, int lda,
                 const float *b, int ldb, const float *start, float *c, int ldc);

/* The same in double. */
void ind_product_double(bool transpose_a, bool transpose_b, int m, int n, int k, const double *a,
                        int lda, const double *b, int ldb, const double *start, double *c, int ldc);

#ifdef __cplusplus
}
#endif
#endif
