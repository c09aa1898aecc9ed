/*
 * Decompositions of eight small matrices at once, in double: where LAPACK spends its time on
 * getting started (16 x 16), one instruction here does the same step of several matrices.
 *
 * A bundle of [m,n] matrices is double [n, m, 8]: column by column, entry (i,j) of matrix l (its
 * lane) at (j m + i) 8 + l, as ind_alloc aligns it (64 bytes). All eight lanes are computed; lanes
 * not in use hold zeros, or whatever they held. Results of a lane do not depend on the other lanes
 * beyond rounding, and not at all on anything but the eight: same bytes for any number of threads.
 */
#ifndef INDUCT_MATH_LANES_H
#define INDUCT_MATH_LANES_H

#include <stdbool.h>

#include <induct/base/error.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { IND_LANES = 8 };

/* A row-major packed matrix [m,n] into a lane, and out of it again. */
void ind_lanes_put(int m, int n, const double *matrix, int lane, double *bundle);
void ind_lanes_take(int m, int n, const double *bundle, int lane, double *matrix);

/* Eight matrices [8, m, n], one after the other, into all lanes: faster than eight times one. */
void ind_lanes_put_all(int m, int n, const double *matrices, double *bundle);

/* out [p,q] = X^T Y of X [m,p] and Y [m,q]. */
void ind_lanes_cross(int m, int p, int q, const double *x, const double *y, double *out);

/*
 * One-sided Jacobi (Hestenes 1958): the columns of W [m,n] are turned in pairs until they are at
 * right angles to within 1e-15, W := W V with V orthogonal, the longest first; norms [n, 8],
 * descending, are W's singular values. Columns below 1e-16 of the longest are rounding and are left
 * as they are. False if some lane has not converged.
 */
bool ind_lanes_orthogonalise(int m, int n, double *w, double *norms);

/* G [k,k], symmetric and positive definite, becomes its inverse. ratio [8] as ind_decomp_inverse
 * returns it: where it is not above 0 there is no inverse. */
void ind_lanes_inverse(int k, double *g, double *ratio);

/* ---- Spectra of products --------------------------------------------------------------------- */

/* Workspace for ind_lanes_product_svd, one a thread; owner. m >= k >= r >= 1. */
struct ind_lanes_svd {
    int m, k, r;
    double *a, *b;         /* [m,k] bundles: the caller's input, destroyed */
    double *tau_a, *tau_b; /* [k, 8] */
    double *core, *turned; /* [k,k] bundles */
    double *small;         /* [k,r] bundle */
};

IND_CHECKED int ind_lanes_svd_init(struct ind_lanes_svd *svd, int m, int k, int r,
                                   struct ind_error *err);
void ind_lanes_svd_release(struct ind_lanes_svd *svd);

/*
 * Of the products A B^T of what lies in svd->a and svd->b: all singular values, s [k, 8],
 * descending, and the r leading singular vectors, left and right [m,r] bundles of orthonormal
 * columns. As ind_decomp_product_svd by Householder's QR of both factors, and as accurate relative
 * to s_1.
 *
 * good[l] is false where the lane has not converged, where the last of the r directions is not
 * defined (s_r not above 1e-6 s_1; a product of zeros), or where sizes leave the range in which
 * squares are safe: such a matrix is ind_decomp_product_svd's.
 */
void ind_lanes_product_svd(struct ind_lanes_svd *svd, double *s, double *left, double *right,
                           bool good[IND_LANES]);

#ifdef __cplusplus
}
#endif
#endif
