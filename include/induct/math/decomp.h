/*
 * QR, singular values, eigenvalues and principal angles of small dense matrices, in double. The
 * only door to LAPACK (lib/math alone includes lapacke.h).
 *
 * All matrices are row-major and packed. Workspace is allocated once, for the largest shape that
 * will come; nothing allocates after that. One workspace serves one thread.
 *
 * A rank-k product is never formed: singular values of A B^T come from the QR of both factors and a
 * k x k SVD, which costs k/d of the dense way and keeps the null space exact.
 */
#ifndef INDUCT_MATH_DECOMP_H
#define INDUCT_MATH_DECOMP_H

#include <induct/base/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Workspace for matrices whose longer side is at most long_side and whose shorter side is at most
 * short_side. Owner. */
struct ind_decomp {
    int long_side, short_side;
    double *matrix_a, *matrix_b;    /* [long_side * short_side]: what LAPACK overwrites */
    double *r_a, *r_b;              /* [long_side * short_side]: triangles of a product's factors */
    double *core, *core_u, *core_v; /* [short_side * short_side]: the SVD between them */
    double *tau;                    /* [short_side] */
    double *work;                   /* [work_size]: LAPACK's */
    int work_size;
    int *integers; /* [8 * short_side] */
};

/* Fails if there is no room. long_side >= short_side >= 1. */
IND_CHECKED int ind_decomp_init(struct ind_decomp *decomp, int long_side, int short_side,
                                struct ind_error *err);
void ind_decomp_release(struct ind_decomp *decomp);

/*
 * Thin QR: A [m,k] = Q R with r = min(m,k), Q [m,r] of orthonormal columns and R [r,k] upper
 * triangular (trapezoidal if m < k). Signs of R's diagonal are LAPACK's. q may be NULL when only R
 * is wanted; q and r may not overlap a.
 */
void ind_decomp_qr(struct ind_decomp *decomp, int m, int k, const double *a, double *q, double *r);

/*
 * A [m,n] = left diag(s) right^T with r = min(m,n): s [r] descending and >= 0, left [m,r], right
 * [n,r] of orthonormal columns. Both NULL: values only. A pair of vectors is defined up to its
 * common sign, and up to rotation where values coincide.
 * Fails on a matrix that holds a NaN or an infinity.
 */
IND_CHECKED int ind_decomp_svd(struct ind_decomp *decomp, int m, int n, const double *a, double *s,
                               double *left, double *right, struct ind_error *err);

/*
 * The same of the product A B^T, A [m,k], B [n,k]: s [r], left [m,r], right [n,r], with
 * r = min(m,n,k): the other singular values are zero.
 */
IND_CHECKED int ind_decomp_product_svd(struct ind_decomp *decomp, int m, int n, int k,
                                       const double *a, const double *b, double *s, double *left,
                                       double *right, struct ind_error *err);

/*
 * Eigenvalues re + i*im [k] of a general real matrix A [k,k]. Complex ones come in adjacent pairs,
 * positive imaginary part first; otherwise in LAPACK's order. Needs short_side >= k. Fails on a
 * matrix that is not finite.
 */
IND_CHECKED int ind_decomp_eigenvalues(struct ind_decomp *decomp, int k, const double *a,
                                       double *re, double *im, struct ind_error *err);

/*
 * Inverse [k,k] of a positive definite G [k,k] by Cholesky's G = L L^T. Returns the smallest over
 * the largest diagonal entry of L, which for G = A^T A is that of R in A's QR: near 0, the columns
 * of A are almost dependent, and relative errors of the inverse grow with 1/ratio^2. 0 (and no
 * inverse) if G is not positive definite. Needs no workspace; `inverse` may be g itself.
 */
double ind_decomp_inverse(int k, const double *g, double *inverse);

/*
 * Cosines [min(r,s)], descending, of the principal angles between the spans of U [d,r] and V [d,s],
 * whose columns are orthonormal: the singular values of U^T V (Bjoerck and Golub 1973), cut at 1.
 * The sum of their squares is the overlap ||U^T V||_F^2. Angles below 1e-8 are not resolved: their
 * cosine is 1 in double.
 */
IND_CHECKED int ind_decomp_cosines(struct ind_decomp *decomp, int d, int r, const double *u, int s,
                                   const double *v, double *cosines, struct ind_error *err);

#ifdef __cplusplus
}
#endif
#endif
