/*
 * Inverses of eight positive definite matrices at a time, by Cholesky, for one instruction set
 * (simd.h).
 */
#ifndef INDUCT_LIB_MATH_SIMD_CHOLESKY_H
#define INDUCT_LIB_MATH_SIMD_CHOLESKY_H

#include <math.h>

#include "math/simd/lanes.h"

/* The lower triangle of g becomes L, G = L L^T. ratio: the smallest over the largest of its
   diagonal; NaN is not caught. */
INLINE vec_double factorise(int k, double *g)
{
    vec_double smallest = splat((double)INFINITY), largest = splat(0.0);
    for (int j = 0; j < k; j++) {
        const vec_double pivot = root(get(g, j * k + j)), scale = 1.0 / pivot;
        smallest = choose(pivot < smallest, pivot, smallest);
        largest = choose(pivot > largest, pivot, largest);
        /* a pivot that is no number makes the ratio none: comparisons with it are false */
        smallest = choose(pivot == pivot, smallest, splat(0.0));
        set(g, j * k + j, pivot);
        for (int i = j + 1; i < k; i++)
            set(g, j * k + i, get(g, j * k + i) * scale);
        for (int c = j + 1; c < k; c++) {
            const vec_double factor = get(g, j * k + c);
            for (int i = c; i < k; i++)
                set(g, c * k + i, get(g, c * k + i) - factor * get(g, j * k + i));
        }
    }
    return smallest / largest;
}

/* The lower triangle L becomes L^-1. */
INLINE void invert_triangle(int k, double *g)
{
    for (int j = 0; j < k; j++) {
        set(g, j * k + j, 1.0 / get(g, j * k + j));
        for (int i = j + 1; i < k; i++) {
            vec_double sum = splat(0.0);
            for (int l = j; l < i; l++)
                sum += get(g, l * k + i) * get(g, j * k + l);
            set(g, j * k + i, -sum / get(g, i * k + i));
        }
    }
}

/* G^-1 = L^-T L^-1, whole. */
INLINE void square_triangle(int k, double *g)
{
    for (int j = 0; j < k; j++) {
        for (int i = 0; i <= j; i++) {
            vec_double sum = splat(0.0);
            for (int l = j; l < k; l++)
                sum += get(g, i * k + l) * get(g, j * k + l);
            set(g, j * k + i, sum);
        }
    }
    for (int j = 0; j < k; j++) {
        for (int i = j + 1; i < k; i++)
            set(g, j * k + i, get(g, i * k + j));
    }
}

static void lanes_inverse(int k, double *g, double *ratio)
{
    for (int l = 0; l < LANES; l += DOUBLES) {
        set(ratio + l, 0, factorise(k, g + l));
        invert_triangle(k, g + l);
        square_triangle(k, g + l);
    }
}

#endif
