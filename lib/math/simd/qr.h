/*
 * Householder's QR of eight matrices at a time, and products of them, for one instruction set
 * (simd.h).
 */
#ifndef INDUCT_LIB_MATH_SIMD_QR_H
#define INDUCT_LIB_MATH_SIMD_QR_H

#include "math/simd/lanes.h"

/* Row by row, in blocks turned round: one at a time, the matrices would each touch every line of
 * the bundle, which is larger than the first cache. */
static void lanes_put_all(int m, int n, const double *matrices, double *bundle)
{
    for (int i = 0; i < m; i++)
        transpose_double(LANES, n, matrices + (size_t)i * n, (size_t)m * n,
                         bundle + (size_t)i * LANES, (size_t)m * LANES);
}

/* H = I - tau v v^T takes x to (.., r, 0, ..); v is x below its entry j, scaled, and 1 there. */
INLINE vec_double make_reflector(int m, int j, double *x)
{
    const vec_double first = get(x, j), below = dot(x, x, j + 1, m);
    const mask_double done = below == 0.0; /* nothing to remove: H = I */
    const vec_double norm = root(first * first + below);
    const vec_double r = choose(first > 0.0, -norm, norm), v = first - r;
    const vec_double scale = choose(done, splat(0.0), 1.0 / choose(done, splat(1.0), v));
    for (int i = j + 1; i < m; i++)
        set(x, i, get(x, i) * scale);
    set(x, j, choose(done, first, r));
    return choose(done, splat(0.0), -v / choose(done, splat(1.0), r));
}

enum { TOGETHER = 4 };

/* x := H x for `count` columns of m rows; their number is a constant once inlined. */
INLINE void reflect_some(int m, int j, const double *v, vec_double tau, int count, double *x)
{
    vec_double sum[TOGETHER];
    for (int c = 0; c < count; c++)
        sum[c] = get(column(x, m, c), j);
    for (int i = j + 1; i < m; i++) {
        for (int c = 0; c < count; c++)
            sum[c] += get(v, i) * get(column(x, m, c), i);
    }
    for (int c = 0; c < count; c++) {
        sum[c] *= tau;
        set(column(x, m, c), j, get(column(x, m, c), j) - sum[c]);
    }
    for (int i = j + 1; i < m; i++) {
        for (int c = 0; c < count; c++)
            set(column(x, m, c), i, get(column(x, m, c), i) - get(v, i) * sum[c]);
    }
}

INLINE void reflect(int m, int j, const double *v, vec_double tau, int count, double *x)
{
    int c = 0;
    for (; c + TOGETHER <= count; c += TOGETHER)
        reflect_some(m, j, v, tau, TOGETHER, column(x, m, c));
    for (; c < count; c++)
        reflect_some(m, j, v, tau, 1, column(x, m, c));
}

static void lanes_qr(int m, int k, double *a, double *tau)
{
    for (int g = 0; g < LANES; g += DOUBLES) {
        for (int j = 0; j < k; j++) {
            const vec_double factor = make_reflector(m, j, column(a, m, j) + g);
            set(tau + g, j, factor);
            reflect(m, j, column(a, m, j) + g, factor, k - j - 1, column(a, m, j + 1) + g);
        }
    }
}

static void lanes_apply_q(int m, int k, const double *a, const double *tau, int r, double *x)
{
    for (int g = 0; g < LANES; g += DOUBLES) {
        for (int j = k - 1; j >= 0; j--)
            reflect(m, j, column_of(a, m, j) + g, get(tau + g, j), r, x + g);
    }
}

static void lanes_cross(int m, int p, int q, const double *x, const double *y, double *out)
{
    for (int g = 0; g < LANES; g += DOUBLES) {
        for (int j = 0; j < q; j++) {
            for (int i = 0; i < p; i++)
                set(out + g, j * p + i, dot(column_of(x, m, i) + g, column_of(y, m, j) + g, 0, m));
        }
    }
}

/* Row i of the one triangle times row j of the other, both from their diagonal on. */
static void lanes_triangles(int m, int k, const double *a, const double *b, double *out)
{
    for (int g = 0; g < LANES; g += DOUBLES) {
        for (int j = 0; j < k; j++) {
            for (int i = 0; i < k; i++) {
                vec_double sum = splat(0.0);
                for (int l = i > j ? i : j; l < k; l++)
                    sum += get(a + g, l * m + i) * get(b + g, l * m + j);
                set(out + g, j * k + i, sum);
            }
        }
    }
}

#endif
