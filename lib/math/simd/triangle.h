/*
 * Products with the lower triangle of a [length, length] matrix, for one instruction set (see
 * simd.h): scores, their gradient, and what a pattern mixes. Blocks of rows by groups of vectors
 * live in registers; every loop bound inside a block is a constant once inlined. Above the diagonal
 * whole vectors are skipped; the rest of the last block is computed and thrown away.
 */
#ifndef INDUCT_LIB_MATH_SIMD_TRIANGLE_H
#define INDUCT_LIB_MATH_SIMD_TRIANGLE_H

#include <string.h>

#include "math/simd/simd.h"
#include "math/simd/transpose.h"
#include "math/simd/vector.h"

/* Rows and vectors a block: with GROUP + 1 more for operands they fill the 32 registers of AVX-512,
   the 16 of the others. */
enum { ROWS = 4, GROUP = W == 16 ? 5 : W == 8 ? 3 : 2, MIX_ROWS = W == 16 ? 8 : 6, MIX_GROUP = 2 };

/* Rows of so many floats are taken a few at a time where they are read by columns. */
enum { LONG = 256, LONG_CHUNK = 8 };

/* ---- scores, and their gradient ------------------------------------------------------------- */

/* The rows of one block. `left` is q, or dz; the rows behind the last repeat it. */
struct score_rows {
    const float *left[ROWS];
    float *out[ROWS];
    int count;
    float factor;
    /* the gradient alone */
    const float *pattern[ROWS];
    float mean[ROWS]; /* of dpattern under the pattern */
    int length;
};

/* The pattern's part of one vector of columns; nothing behind its end is read. */
INLINE vec pattern_at(const float *row, int column, int length)
{
    const int left = length - column;
    return left >= W ? load(row + column) : left > 0 ? load_part(row + column, left) : splat(0.0F);
}

/* One block: ROWS rows of the left factor, `group` vectors of columns from `column` on. */
INLINE void score_block(int width, const struct score_rows *rows, const float *kt, size_t stride,
                        int column, int group, bool gradient)
{
    vec sum[ROWS][GROUP];
    for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < group; c++)
            sum[r][c] = splat(0.0F);
    const float *keys_at = kt + column;
    for (int d = 0; d < width; d++) {
        vec keys[GROUP];
        for (int c = 0; c < group; c++)
            keys[c] = load(keys_at + (size_t)d * stride + c * W);
        for (int r = 0; r < ROWS; r++) {
            vec query = splat(rows->left[r][d]);
            for (int c = 0; c < group; c++)
                sum[r][c] += query * keys[c];
        }
    }
    for (int r = 0; r < rows->count; r++) {
        for (int c = 0; c < group; c++) {
            vec value = sum[r][c];
            if (gradient)
                value = (value - rows->mean[r]) *
                        pattern_at(rows->pattern[r], column + c * W, rows->length);
            store(rows->out[r] + column + c * W, value * rows->factor);
        }
    }
}

/* The block's width as a constant, so that its sums stay in registers. */
INLINE void score_group(int width, const struct score_rows *rows, const float *kt, size_t stride,
                        int column, int group, bool gradient)
{
    switch (group) {
    case 1:
        score_block(width, rows, kt, stride, column, 1, gradient);
        break;
    case 2:
        score_block(width, rows, kt, stride, column, 2, gradient);
        break;
    case 3:
        score_block(width, rows, kt, stride, column, GROUP < 3 ? GROUP : 3, gradient);
        break;
    case 4:
        score_block(width, rows, kt, stride, column, GROUP < 4 ? GROUP : 4, gradient);
        break;
    default:
        score_block(width, rows, kt, stride, column, GROUP, gradient);
    }
}

/* Rows first.. of the left factor and of the result. Returns how many vectors of columns they
   have. */
INLINE int take_rows(struct score_rows *rows, int first, int length, const float *left,
                     size_t ld_left, float *out, size_t ld_out)
{
    rows->count = smaller(ROWS, length - first);
    for (int r = 0; r < ROWS; r++) {
        const size_t row = (size_t)smaller(first + r, length - 1);
        rows->left[r] = left + row * ld_left;
        rows->out[r] = out + row * ld_out;
    }
    return (first + rows->count + W - 1) / W;
}

/* x [length, width] -> [width, stride], zeros behind `length`. */
static void turn(int length, int width, const float *x, size_t ld, float *out, size_t stride)
{
    for (int d = 0; d < width; d++)
        memset(out + (size_t)d * stride + length, 0, (stride - (size_t)length) * sizeof *out);
    transpose(length, width, x, ld, out, stride);
}

static void scores(int length, int width, const float *q, size_t ld_q, const float *k, size_t ld_k,
                   float factor, float *out, size_t ld_out, float *scratch)
{
    const size_t stride = ind_simd_stride((size_t)length);
    turn(length, width, k, ld_k, scratch, stride);
    for (int i = 0; i < length; i += ROWS) {
        struct score_rows rows = {.factor = factor};
        const int vectors = take_rows(&rows, i, length, q, ld_q, out, ld_out);
        for (int c = 0; c < vectors; c += GROUP)
            score_group(width, &rows, scratch, stride, c * W, smaller(GROUP, vectors - c), false);
    }
}

INLINE float dot(int width, const float *a, const float *b)
{
    vec sum = splat(0.0F);
    int c = 0;
    for (; c + W <= width; c += W)
        sum += load(a + c) * load(b + c);
    if (c < width)
        sum += load_part(a + c, width - c) * load_part(b + c, width - c);
    return sum_lanes(sum);
}

static void scores_backward(int length, int width, const float *dz, const float *z, size_t ld_z,
                            const float *v, size_t ld_v, const float *pattern, float factor,
                            float *out, size_t ld_out, float *scratch)
{
    const size_t stride = ind_simd_stride((size_t)length);
    turn(length, width, v, ld_v, scratch, stride);
    for (int i = 0; i < length; i += ROWS) {
        struct score_rows rows = {.factor = factor, .length = length};
        const int vectors = take_rows(&rows, i, length, dz, ld_z, out, ld_out);
        for (int r = 0; r < rows.count; r++) {
            rows.pattern[r] = pattern + (size_t)(i + r) * length;
            rows.mean[r] = dot(width, rows.left[r], z + (size_t)(i + r) * ld_z);
        }
        for (int c = 0; c < vectors; c += GROUP)
            score_group(width, &rows, scratch, stride, c * W, smaller(GROUP, vectors - c), true);
        /* the blocks of mix() below are of other rows, and may look this much further */
        for (int r = 0; r < rows.count; r++)
            for (int c = vectors * W; c < (int)stride && c < vectors * W + MIX_ROWS; c += W)
                store(rows.out[r] + c, splat(0.0F));
    }
}

/* ---- out = P x and P^T x -------------------------------------------------------------------- */

/* One vector of columns, or its first `part` < W. */
INLINE vec load_columns(const float *p, int part)
{
    return part ? load_part(p, part) : load(p);
}

INLINE void store_columns(float *p, vec v, int part)
{
    if (part)
        store_part(p, v, part);
    else
        store(p, v);
}

/* MIX_ROWS rows of out (the last ones repeated at the end, and not stored), `group` vectors of
   columns; row r's weights are p[r][0], p[r][step], ... */
INLINE void mix_block(int terms, const float *const p[MIX_ROWS], size_t step, const float *x,
                      size_t ld_x, int group, int part, bool add, float *out, size_t ld_out,
                      int rows)
{
    vec sum[MIX_ROWS][MIX_GROUP];
    for (int r = 0; r < MIX_ROWS; r++)
        for (int c = 0; c < group; c++)
            sum[r][c] = add && r < rows ? load_columns(out + (size_t)r * ld_out + c * W, part)
                                        : splat(0.0F);
    for (int t = 0; t < terms; t++) {
        vec value[MIX_GROUP];
        for (int c = 0; c < group; c++)
            value[c] = load_columns(x + (size_t)t * ld_x + c * W, part);
        for (int r = 0; r < MIX_ROWS; r++) {
            vec weight = splat(p[r][(size_t)t * step]);
            for (int c = 0; c < group; c++)
                sum[r][c] += weight * value[c];
        }
    }
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < group; c++)
            store_columns(out + (size_t)r * ld_out + c * W, sum[r][c], part);
}

/* All columns of one block of rows; an odd end of a row goes through part vectors. */
INLINE void mix_rows(int terms, const float *const p[MIX_ROWS], size_t step, int width,
                     const float *x, size_t ld_x, bool add, float *out, size_t ld_out, int rows)
{
    int c = 0;
    for (; c + MIX_GROUP * W <= width; c += MIX_GROUP * W)
        mix_block(terms, p, step, x + c, ld_x, MIX_GROUP, 0, add, out + c, ld_out, rows);
    for (; c + W <= width; c += W)
        mix_block(terms, p, step, x + c, ld_x, 1, 0, add, out + c, ld_out, rows);
    if (c < width)
        mix_block(terms, p, step, x + c, ld_x, 1, width - c, add, out + c, ld_out, rows);
}

static void mix(int length, int width, const float *p, size_t ld_p, const float *x, size_t ld_x,
                float *out, size_t ld_out)
{
    for (int i = 0; i < length; i += MIX_ROWS) {
        const float *weights[MIX_ROWS];
        int rows = smaller(MIX_ROWS, length - i);
        for (int r = 0; r < MIX_ROWS; r++)
            weights[r] = p + (size_t)(i + smaller(r, rows - 1)) * ld_p;
        mix_rows(i + rows, weights, 1, width, x, ld_x, false, out + (size_t)i * ld_out, ld_out,
                 rows);
    }
}

/* What rows first..end-1 of p add to every row of out; the first of them sets what no earlier row
   reaches. */
static void mix_chunk(int first, int end, int length, int width, const float *p, size_t ld_p,
                      const float *x, size_t ld_x, float *out, size_t ld_out)
{
    for (int j = 0; j < end; j += MIX_ROWS) {
        const float *weights[MIX_ROWS];
        const int rows = smaller(MIX_ROWS, length - j), from = j < first ? first : j;
        for (int r = 0; r < MIX_ROWS; r++)
            weights[r] = p + (size_t)from * ld_p + j + smaller(r, rows - 1);
        mix_rows(end - from, weights, ld_p, width, x + (size_t)from * ld_x, ld_x, j < first,
                 out + (size_t)j * ld_out, ld_out, rows);
    }
}

/* Read down its columns, a matrix of many long rows would be fetched anew for every few of them:
   the rows are in each other's way in the first cache. A few rows at a time are not. */
static void mix_transposed(int length, int width, const float *p, size_t ld_p, const float *x,
                           size_t ld_x, float *out, size_t ld_out)
{
    const int chunk = length > LONG ? LONG_CHUNK : length;
    for (int first = 0; first < length; first += chunk)
        mix_chunk(first, smaller(first + chunk, length), length, width, p, ld_p, x, ld_x, out,
                  ld_out);
}

#endif
