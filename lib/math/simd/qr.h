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

/* x := H x for one column of m rows. */
INLINE void reflect(int m, int j, const double *v, vec_double tau, double *x)
{
    const vec_double sum = tau * (get(x, j) + dot(v, x, j + 1, m));
    set(x, j, get(x, j) - sum);
    for (int i = j + 1; i < m; i++)
        set(x, i, get(x, i) - get(v, i) * sum);
}

/* Reflectors j and j + 1, and the product of their vectors. */
struct pair {
    const double *v, *w;
    vec_double tau_v, tau_w, along;
};

INLINE struct pair pair_of(int m, int j, const double *a, const double *tau)
{
    const double *v = column_of(a, m, j), *w = column_of(a, m, j + 1);
    return (struct pair){v, w, get(tau, j), get(tau, j + 1), get(v, j + 1) + dot(v, w, j + 2, m)};
}

/* What the two take of x, from its products with v and w, the first of them being v or w. */
INLINE void pair_sums(const struct pair *h, bool v_first, vec_double *v, vec_double *w)
{
    if (v_first) {
        *v = h->tau_v * *v;
        *w = h->tau_w * (*w - *v * h->along);
    } else {
        *w = h->tau_w * *w;
        *v = h->tau_v * (*v - *w * h->along);
    }
}

/* x := H_w H_v x (v first), or H_v H_w x, for `count` columns of m rows; their number is a constant
   once inlined. Both in one pass: columns are not in the first cache. */
INLINE void reflect_some(int m, int j, const struct pair *h, bool v_first, int count, double *x)
{
    vec_double v[TOGETHER], w[TOGETHER];
    for (int c = 0; c < count; c++) {
        w[c] = get(column(x, m, c), j + 1);
        v[c] = get(column(x, m, c), j) + get(h->v, j + 1) * w[c];
    }
    for (int i = j + 2; i < m; i++) {
        for (int c = 0; c < count; c++) {
            v[c] += get(h->v, i) * get(column(x, m, c), i);
            w[c] += get(h->w, i) * get(column(x, m, c), i);
        }
    }
    for (int c = 0; c < count; c++) {
        double *own = column(x, m, c);
        pair_sums(h, v_first, &v[c], &w[c]);
        set(own, j, get(own, j) - v[c]);
        set(own, j + 1, get(own, j + 1) - get(h->v, j + 1) * v[c] - w[c]);
    }
    for (int i = j + 2; i < m; i++) {
        for (int c = 0; c < count; c++) {
            double *own = column(x, m, c);
            set(own, i, get(own, i) - get(h->v, i) * v[c] - get(h->w, i) * w[c]);
        }
    }
}

INLINE void reflect_all(int m, int j, const struct pair *h, bool v_first, int count, double *x)
{
    int c = 0;
    for (; c + TOGETHER <= count; c += TOGETHER)
        reflect_some(m, j, h, v_first, TOGETHER, column(x, m, c));
    for (; c < count; c++)
        reflect_some(m, j, h, v_first, 1, column(x, m, c));
}

/* Two reflectors, and then both to all columns after them. */
INLINE void qr_of_group(int m, int k, double *a, double *tau)
{
    int j = 0;
    for (; j + 2 <= k; j += 2) {
        set(tau, j, make_reflector(m, j, column(a, m, j)));
        reflect(m, j, column(a, m, j), get(tau, j), column(a, m, j + 1));
        set(tau, j + 1, make_reflector(m, j + 1, column(a, m, j + 1)));
        const struct pair h = pair_of(m, j, a, tau);
        reflect_all(m, j, &h, true, k - j - 2, column(a, m, j + 2));
    }
    if (j < k)
        set(tau, j, make_reflector(m, j, column(a, m, j)));
}

static void lanes_qr(int m, int k, double *a, double *tau)
{
    for (int g = 0; g < LANES; g += DOUBLES)
        qr_of_group(m, k, a + g, tau + g);
}

INLINE void apply_q_of_group(int m, int k, const double *a, const double *tau, int r, double *x)
{
    for (int c = 0; c < r && k % 2; c++)
        reflect(m, k - 1, column_of(a, m, k - 1), get(tau, k - 1), column(x, m, c));
    for (int j = k / 2 * 2 - 2; j >= 0; j -= 2) {
        const struct pair h = pair_of(m, j, a, tau);
        reflect_all(m, j, &h, false, r, x);
    }
}

static void lanes_apply_q(int m, int k, const double *a, const double *tau, int r, double *x)
{
    for (int g = 0; g < LANES; g += DOUBLES)
        apply_q_of_group(m, k, a + g, tau + g, r, x + g);
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
