/*
 * Bundles of eight matrices of doubles (<induct/math/lanes.h>), for one instruction set (simd.h).
 * One vector holds the same entry of DOUBLES matrices; a kernel goes through the eight in groups of
 * so many, so that what a group works on stays in cache and its sums in registers. Columns are
 * adjacent: entry (i, j) of [m, n] is number j m + i.
 */
#ifndef INDUCT_LIB_MATH_SIMD_LANES_H
#define INDUCT_LIB_MATH_SIMD_LANES_H

#include <math.h>

#include "math/simd/vector.h"

enum { LANES = 8 };

INLINE vec_double get(const double *a, int index)
{
    return *(const vec_double *)(a + (size_t)index * LANES);
}

INLINE void set(double *a, int index, vec_double value)
{
    *(vec_double *)(a + (size_t)index * LANES) = value;
}

INLINE vec_double root(vec_double v)
{
    for (int i = 0; i < DOUBLES; i++)
        v[i] = sqrt(v[i]);
    return v;
}

INLINE vec_double size_of(vec_double v)
{
    return (vec_double)((mask_double)v & INT64_MAX);
}

/* Column j of a matrix of m rows. */
INLINE double *column(double *a, int m, int j)
{
    return a + (size_t)j * (size_t)m * LANES;
}

INLINE const double *column_of(const double *a, int m, int j)
{
    return a + (size_t)j * (size_t)m * LANES;
}

/* sum of x_i y_i, first <= i < end; four sums, for one alone waits for each addition. */
INLINE vec_double dot(const double *x, const double *y, int first, int end)
{
    vec_double sum[4] = {splat(0.0), splat(0.0), splat(0.0), splat(0.0)};
    int i = first;
    for (; i + 4 <= end; i += 4) {
        for (int l = 0; l < 4; l++)
            sum[l] += get(x, i + l) * get(y, i + l);
    }
    for (; i < end; i++)
        sum[0] += get(x, i) * get(y, i);
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

#endif
