/*
 * Sums of buffers, element by element, and of products, for one instruction set (simd.h).
 */
#ifndef INDUCT_LIB_MATH_SIMD_SUMS_H
#define INDUCT_LIB_MATH_SIMD_SUMS_H

#include "math/simd/vector.h"

/* As many floats as a vector of doubles has elements. */
typedef float half_vec __attribute__((vector_size(DOUBLES * 4)));
typedef float half_anywhere __attribute__((vector_size(DOUBLES * 4), aligned(4), may_alias));

static void add(size_t count, const float *from, float *to)
{
    size_t i = 0;
    for (; i + FLOATS <= count; i += FLOATS)
        store(to + i, load(to + i) + load(from + i));
    for (; i < count; i++)
        to[i] += from[i];
}

INLINE vec_double widened(const float *p)
{
    return __builtin_convertvector(*(const half_anywhere *)p, vec_double);
}

/* Vectors summed at once: as many as hide the wait of one addition for the one before. */
enum { SUMS = 4 };

static double sum_parts(size_t count, int parts, const float *const *part, float *out)
{
    vec_double squares = {0};
    double square = 0.0;
    size_t i = 0;
    for (; i + SUMS * DOUBLES <= count; i += SUMS * DOUBLES) {
        vec_double sum[SUMS] = {{0}};
        for (int p = 0; p < parts; p++)
            for (int s = 0; s < SUMS; s++)
                sum[s] += widened(part[p] + i + s * DOUBLES);
        for (int s = 0; s < SUMS; s++) {
            const half_vec total = __builtin_convertvector(sum[s], half_vec);
            const vec_double rounded = __builtin_convertvector(total, vec_double);
            *(half_anywhere *)(out + i + s * DOUBLES) = total;
            squares += rounded * rounded;
        }
    }
    for (; i < count; i++) {
        double sum = 0.0;
        for (int p = 0; p < parts; p++)
            sum += (double)part[p][i];
        out[i] = (float)sum;
        square += (double)out[i] * (double)out[i];
    }
    for (int d = 0; d < DOUBLES; d++)
        square += squares[d];
    return square;
}

static double inner(size_t count, const float *a, const float *b)
{
    vec_double sums[SUMS] = {{0}};
    double sum = 0.0;
    size_t i = 0;
    for (; i + SUMS * DOUBLES <= count; i += SUMS * DOUBLES)
        for (int s = 0; s < SUMS; s++)
            sums[s] += widened(a + i + s * DOUBLES) * widened(b + i + s * DOUBLES);
    for (; i < count; i++)
        sum += (double)a[i] * (double)b[i];
    const vec_double total = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    for (int d = 0; d < DOUBLES; d++)
        sum += total[d];
    return sum;
}

static void widen(size_t rows, size_t columns, const float *from, size_t ld_from, double *to,
                  size_t ld_to)
{
    for (size_t r = 0; r < rows; r++, from += ld_from, to += ld_to) {
        size_t i = 0;
        for (; i + DOUBLES <= columns; i += DOUBLES)
            store(to + i, widened(from + i));
        for (; i < columns; i++)
            to[i] = (double)from[i];
    }
}

/* A row's first vector is added to one sum, its second to the other, and so on. */
static double inner_rows(size_t rows, size_t columns, const double *a, size_t ld_a, const double *b,
                         size_t ld_b)
{
    vec_double sums[2] = {{0}};
    double sum = 0.0;
    for (size_t r = 0; r < rows; r++, a += ld_a, b += ld_b) {
        size_t i = 0;
        for (; i + 2 * DOUBLES <= columns; i += 2 * DOUBLES)
            for (int s = 0; s < 2; s++)
                sums[s] += load(a + i + s * DOUBLES) * load(b + i + s * DOUBLES);
        for (; i < columns; i++)
            sum += a[i] * b[i];
    }
    const vec_double total = sums[0] + sums[1];
    for (int d = 0; d < DOUBLES; d++)
        sum += total[d];
    return sum;
}

/* 0 x is 0, or -0, of every number, and none of an infinity or of what is none. */
static bool all_finite(size_t count, const float *values)
{
    vec_float sums[SUMS] = {{0}};
    float rest = 0.0F;
    size_t i = 0;
    for (; i + SUMS * FLOATS <= count; i += SUMS * FLOATS)
        for (int s = 0; s < SUMS; s++)
            sums[s] += load(values + i + s * FLOATS) * 0.0F;
    for (; i < count; i++)
        rest += values[i] * 0.0F;
    const vec_float total = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    for (int f = 0; f < FLOATS; f++)
        rest += total[f];
    return rest == 0.0F;
}

#endif
