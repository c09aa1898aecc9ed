/*
 * The table of one instruction set's kernels on eight matrices at a time; lanes_kernels.h is
 * compiled once for each set. Contracts are those of <induct/math/lanes.h>.
 */
#ifndef INDUCT_LIB_MATH_SIMD_LANES_H
#define INDUCT_LIB_MATH_SIMD_LANES_H

#include <stdbool.h>

struct ind_lane_kernels {
    void (*qr)(int m, int k, double *a, double *tau);
    void (*apply_q)(int m, int k, const double *a, const double *tau, int r, double *x);
    void (*cross)(int m, int p, int q, const double *x, const double *y, double *out);
    void (*triangles)(int m, int k, const double *a, const double *b, double *out);
    bool (*orthogonalise)(int m, int n, double *w, double *norms);
    void (*orthonormalise)(int m, int n, double *x);
    void (*inverse)(int k, double *g, double *ratio);
};

extern const struct ind_lane_kernels ind_lane_kernels_baseline;
#ifdef __x86_64__
extern const struct ind_lane_kernels ind_lane_kernels_avx2;
extern const struct ind_lane_kernels ind_lane_kernels_avx512;
#endif

#endif
