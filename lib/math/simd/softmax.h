/*
 * Exponentials over rows, for one instruction set (simd.h): the causal softmax of a matrix of
 * scores, softmax with cross-entropy, and the entropy of a row.
 */
#ifndef INDUCT_LIB_MATH_SIMD_SOFTMAX_H
#define INDUCT_LIB_MATH_SIMD_SOFTMAX_H

#include <math.h>

#include "math/simd/functions.h"
#include "math/simd/vector.h"

/* Rows taken through at once, at most a vector's width; elements summed in float before the sum
   goes on in double. */
enum { QUAD = 4, CHUNK = 1024 };

/* ---- softmax -------------------------------------------------------------------------------- */

/* -inf after `count` in the vector that begins at `last`. */
INLINE void mask_tail(float *row, int last, int count)
{
    store(row + last, choose(lane_numbers() < (count - last), load(row + last), splat(-INFINITY)));
}

/* out[0..length) = row * factor in the first `vectors` vectors, zeros after. With `overrun` up to
   a vector's width after `length` is written too: rows that are still to come. (A store of a part
   costs as much as a dozen whole ones on some processors.) */
INLINE void write_row(const float *row, int vectors, float factor, int length, bool overrun,
                      float *out)
{
    const int whole = overrun ? length : length / FLOATS * FLOATS;
    int c = 0;
    for (; c < vectors * FLOATS && c < whole; c += FLOATS)
        store(out + c, load(row + c) * factor);
    for (; c < whole; c += FLOATS)
        store(out + c, splat(0.0F));
    if (c < length)
        store_part(out + c, c < vectors * FLOATS ? load(row + c) * factor : splat(0.0F),
                   length - c);
}

/* What the entropy H of a row is made of: Z = sum e with e = exp(s - the largest s), and
 * W = sum e (s - the largest).
 *
 *   H = ln Z - W / Z
 *
 * W <= 0 and Z >= 1: nothing cancels. */
struct entropy_sums {
    float total[FLOATS], weighted[FLOATS];
};

/* sum_lanes of each. */
INLINE void sum_rows(int rows, const vec_float *v, float *out)
{
    if (rows == QUAD) {
        sum_quad(v, out);
        return;
    }
    for (int r = 0; r < rows; r++)
        out[r] = sum_lanes(v[r]);
}

/* Rows first..first+rows-1 of a quad, row[0] being row `first`: exp(score - the row's largest), the
   factors by which they are a softmax, and unless they are NULL (a constant once inlined) the sums
   that its entropy is made of, from number `at` on. The rows end in the same vector, so that all
   have as many, and the waits of one are filled by the others. */
INLINE void softmax_rows(int rows, int vectors, float *const *row, float *factor,
                         struct entropy_sums *sums, int at)
{
    vec_float max[QUAD];
    double total[QUAD], weighted[QUAD];
    for (int r = 0; r < rows; r++) {
        max[r] = load(row[r]);
        total[r] = weighted[r] = 0.0;
    }
    for (int c = 1; c < vectors; c++)
        for (int r = 0; r < rows; r++)
            max[r] = maximum(load(row[r] + (size_t)c * FLOATS), max[r]);
    for (int r = 0; r < rows; r++) {
        /* The maximum may have passed over a NaN, the sum does not. */
        const float m = max_lanes(max[r]);
        max[r] = splat(m == -INFINITY ? 0.0F : m);
    }
    for (int start = 0; start < vectors; start += CHUNK / FLOATS) {
        const int end = smaller(start + CHUNK / FLOATS, vectors);
        vec_float sum[QUAD], products[QUAD];
        for (int r = 0; r < rows; r++)
            sum[r] = products[r] = splat(0.0F);
        for (int c = start; c < end; c++) {
            for (int r = 0; r < rows; r++) {
                const vec_float below = load(row[r] + (size_t)c * FLOATS) - max[r];
                const vec_float e = exp_nonpositive(below);
                store(row[r] + (size_t)c * FLOATS, e);
                sum[r] += e;
                if (sums) /* e is 0 of what is below -87, and 0 times -inf none */
                    products[r] += e * maximum(below, splat(-88.0F));
            }
        }
        for (int r = 0; r < rows; r++)
            total[r] += (double)sum_lanes(sum[r]);
        if (sums) {
            float found[QUAD];
            sum_rows(rows, products, found);
            for (int r = 0; r < rows; r++)
                weighted[r] += (double)found[r];
        }
    }
    for (int r = 0; r < rows; r++) {
        factor[r] = total[r] == 0.0 ? 0.0F : (float)(1.0 / total[r]);
        if (sums) {
            sums->total[at + r] = (float)total[r];
            sums->weighted[at + r] = (float)weighted[r];
        }
    }
}

/* Rows first..first+rows-1 of a triangle, of which scores and out hold those from `base` on. With
   `in_place` out is scores, and a row is written as far as its last vector; otherwise it is as long
   as the triangle, and zeros after the diagonal. sums, unless NULL, are of the rows of `first`'s
   vector. */
INLINE void triangle_rows(int base, int first, int rows, int length, float *scores, size_t ld,
                          bool in_place, float *out, struct entropy_sums *sums)
{
    const int vectors = (first + rows + FLOATS - 1) / FLOATS;
    float *row[QUAD], factor[QUAD];
    for (int r = 0; r < rows; r++) {
        row[r] = scores + (size_t)(first - base + r) * ld;
        mask_tail(row[r], vectors * FLOATS - FLOATS, first + r + 1);
    }
    softmax_rows(rows, vectors, row, factor, sums, first % FLOATS);
    for (int r = 0; r < rows; r++) {
        if (in_place)
            write_row(row[r], vectors, factor[r], vectors * FLOATS, false, row[r]);
        else
            write_row(row[r], vectors, factor[r], length,
                      (length - first - r - 1) * (long)length >= FLOATS - 1,
                      out + (size_t)(first + r) * length);
    }
}

static void causal_softmax(int length, float *scores, size_t ld_scores, float *pattern)
{
    int i = 0;
    for (; i + QUAD <= length; i += QUAD)
        triangle_rows(0, i, QUAD, length, scores, ld_scores, false, pattern, NULL);
    for (; i < length; i++)
        triangle_rows(0, i, 1, length, scores, ld_scores, false, pattern, NULL);
}

/* A row of -inf throughout has no exponential, and an entropy of 0. */
INLINE void entropies_of_sums(int rows, const struct entropy_sums *sums, double *out)
{
    const vec_float total = load(sums->total), weighted = load(sums->weighted);
    const vec_float each =
        choose(total == 0.0F, splat(0.0F), log_positive(total) - weighted / total);
    for (int r = 0; r < rows; r++)
        out[r] = total[r] == total[r] ? (double)each[r] : (double)NAN;
}

/* As many rows as a vector has elements, then their entropies at once. */
static void causal_softmax_entropies(int length, float *scores, size_t ld_scores, float *pattern,
                                     double *entropies)
{
    for (int first = 0; first < length; first += FLOATS) {
        const int end = smaller(first + FLOATS, length);
        struct entropy_sums sums = {{0.0F}, {0.0F}};
        int i = first;
        for (; i + QUAD <= end; i += QUAD)
            triangle_rows(0, i, QUAD, length, scores, ld_scores, false, pattern, &sums);
        for (; i < end; i++)
            triangle_rows(0, i, 1, length, scores, ld_scores, false, pattern, &sums);
        entropies_of_sums(end - first, &sums, entropies + first);
    }
}

/* Rows first..end-1 in place; scores begin with row `first`. */
INLINE void softmax_of_rows(int first, int end, float *scores, size_t ld_scores)
{
    int i = first;
    for (; i + QUAD <= end; i += QUAD)
        triangle_rows(first, i, QUAD, 0, scores, ld_scores, true, scores, NULL);
    for (; i < end; i++)
        triangle_rows(first, i, 1, 0, scores, ld_scores, true, scores, NULL);
}

/* ---- entropy -------------------------------------------------------------------------------- */

/* p ln p, 0 where p is 0 or too small to count (a denormal); a NaN stays one. */
INLINE vec_float entropy_terms(vec_float p)
{
    return (vec_float)((mask_float)(p * log_positive(p)) & ~(p < splat(0x1p-126F)));
}

static double entropy(int count, const float *row)
{
    double total = 0.0;
    for (int start = 0; start < count; start += CHUNK) {
        vec_float sum = splat(0.0F);
        int end = smaller(start + CHUNK, count), c = start;
        for (; c + FLOATS <= end; c += FLOATS)
            sum += entropy_terms(load(row + c));
        if (c < end)
            sum += entropy_terms(load_part(row + c, end - c));
        total -= (double)sum_lanes(sum);
    }
    return total;
}

/* A quad of rows of a triangle, of which the first has `count` elements and all end in the same
   vector: bit for bit what entropy() gives of each. */
INLINE void entropy_quad(int count, const float *pattern, size_t ld, double *out)
{
    const int last = (count - 1) / FLOATS * FLOATS;
    double total[QUAD] = {0.0};
    for (int start = 0; start <= last; start += CHUNK) {
        const int end = smaller(start + CHUNK, last);
        vec_float sum[QUAD];
        float sums[QUAD];
        for (int r = 0; r < QUAD; r++)
            sum[r] = splat(0.0F);
        for (int c = start; c < end; c += FLOATS)
            for (int r = 0; r < QUAD; r++)
                sum[r] += entropy_terms(load(pattern + (size_t)r * ld + c));
        for (int r = 0; r < QUAD && last < start + CHUNK; r++) {
            const float *row = pattern + (size_t)r * ld + last;
            const int left = count + r - last;
            sum[r] += entropy_terms(left < FLOATS ? load_part(row, left) : load(row));
        }
        sum_quad(sum, sums);
        for (int r = 0; r < QUAD; r++)
            total[r] += (double)sums[r];
    }
    for (int r = 0; r < QUAD; r++)
        out[r] = 0.0 - total[r];
}

static void causal_entropy(int first, int rows, const float *pattern, size_t ld, double *out)
{
    int r = 0;
    for (; r < rows && (first + r) % QUAD != 0; r++)
        out[r] = entropy(first + r + 1, pattern + (size_t)(first + r) * ld);
    for (; r + QUAD <= rows; r += QUAD)
        entropy_quad(first + r + 1, pattern + (size_t)(first + r) * ld, ld, out + r);
    for (; r < rows; r++)
        out[r] = entropy(first + r + 1, pattern + (size_t)(first + r) * ld);
}

/* ---- softmax and cross-entropy -------------------------------------------------------------- */

INLINE float row_max(const float *row, int vectors)
{
    vec_float max = load(row);
    for (int c = 1; c < vectors; c++)
        max = maximum(load(row + (size_t)c * FLOATS), max);
    return max_lanes(max);
}

/* row = exp(row - max); returns the sum, gathered like a softmax's. */
INLINE double row_exp(float *row, int vectors, float max)
{
    double total = 0.0;
    vec_float m = splat(max);
    for (int start = 0; start < vectors; start += CHUNK / FLOATS) {
        vec_float sum = splat(0.0F);
        int end = smaller(start + CHUNK / FLOATS, vectors);
        for (int c = start; c < end; c++) {
            vec_float e = exp_nonpositive(load(row + (size_t)c * FLOATS) - m);
            store(row + (size_t)c * FLOATS, e);
            sum += e;
        }
        total += (double)sum_lanes(sum);
    }
    return total;
}

/* The maximum of a row of any length. */
static float any_row_max(const float *row, int count)
{
    int whole = count / FLOATS * FLOATS;
    float max = whole ? row_max(row, whole / FLOATS) : -INFINITY;
    for (int j = whole; j < count; j++)
        max = row[j] > max ? row[j] : max;
    return max;
}

/* row = exp(row - max) for any length; returns the sum. */
static double any_row_exp(float *row, int count, float max)
{
    int whole = count / FLOATS * FLOATS;
    double sum = whole ? row_exp(row, whole / FLOATS, max) : 0.0;
    if (whole < count) {
        vec_float e = exp_nonpositive(load_part(row + whole, count - whole) - splat(max));
        e = choose(lane_numbers() < (count - whole), e, splat(0.0F));
        store_part(row + whole, e, count - whole);
        sum += (double)sum_lanes(e);
    }
    return sum;
}

static void scale_row(float *row, int count, float factor)
{
    int whole = count / FLOATS * FLOATS;
    for (int c = 0; c < whole; c += FLOATS)
        store(row + c, load(row + c) * factor);
    for (int j = whole; j < count; j++)
        row[j] *= factor;
}

static void cross_entropy(int rows, int classes, float *logits, size_t ld, const int32_t *targets,
                          float scale, double *loss, uint8_t *correct)
{
    for (int r = 0; r < rows; r++) {
        float *row = logits + (size_t)r * ld;
        float max = any_row_max(row, classes), target = row[targets[r]];
        /* the lowest index wins a tie: nothing before the target may be as large */
        correct[r] = target == max && (targets[r] == 0 || any_row_max(row, targets[r]) < max);
        double sum = any_row_exp(row, classes, max);
        loss[r] = log(sum) - (double)(target - max);
        scale_row(row, classes, (float)((double)scale / sum));
        row[targets[r]] -= scale;
    }
}

#endif
