/*
 * Products with the lower triangle of a [length, length] matrix, for one instruction set (simd.h):
 * scores, their gradient, and what a pattern mixes, all in tiles (tile.h). Above the diagonal whole
 * vectors are skipped; the rest of the last block is computed and thrown away.
 */
#ifndef INDUCT_LIB_MATH_SIMD_TRIANGLE_H
#define INDUCT_LIB_MATH_SIMD_TRIANGLE_H

#include "math/simd/simd.h"
#include "math/simd/vector.h"

/* Rows of so many floats are taken a few at a time where they are read by columns. */
enum { LONG = 256, LONG_CHUNK = 8 };

/* ---- scores, and their gradient ------------------------------------------------------------- */

/* Rows first.. of the left factor, q or dz, and of the result. */
struct score_rows {
    struct left_float left;
    float *out;
    size_t ld_out;
    int count; /* SCORE_ROWS, or 1 */
    float factor;
    /* the gradient alone */
    const float *pattern;   /* [count, length] */
    float mean[SCORE_ROWS]; /* of dpattern under the pattern */
    int length;
};

/* The pattern's part of one vector of columns, of which `left` are before its end: nothing after
   it is read. */
INLINE vec_float pattern_at(const float *p, int left)
{
    return left >= FLOATS ? load(p) : left > 0 ? load_part(p, left) : splat(0.0F);
}

/* The block's result from its sums of products; `inside`: the pattern does not end in it. */
INLINE void finish_block(const struct score_rows *rows, const vec_float *sum, int column, int count,
                         int group, bool gradient, bool inside)
{
    for (int r = 0; r < count; r++) {
        const float *pattern = gradient ? rows->pattern + (size_t)r * rows->length + column : NULL;
        float *out = rows->out + (size_t)r * rows->ld_out + column;
        for (int c = 0; c < group; c++) {
            vec_float value = sum[r * group + c];
            const int left = inside ? FLOATS : rows->length - column - c * FLOATS;
            if (gradient)
                value = (value - rows->mean[r]) * pattern_at(pattern + c * FLOATS, left);
            store(out + c * FLOATS, value * rows->factor);
        }
    }
}

/* One block: `count` rows, `group` vectors of columns from `column` on. */
INLINE void score_block(int width, const struct score_rows *rows, const float *kt, size_t stride,
                        int column, int count, int group, bool gradient)
{
    vec_float sum[SCORE_ROWS * SCORE_VECTORS];
    for (int i = 0; i < count * group; i++)
        sum[i] = splat(0.0F);
    multiply_float(width, rows->left, kt + column, stride, count, group, 0, sum);
    if (!gradient || column + group * FLOATS <= rows->length)
        finish_block(rows, sum, column, count, group, gradient, true);
    else
        finish_block(rows, sum, column, count, group, gradient, false);
}

/* The block's width as a constant, so that its sums stay in registers. */
INLINE void score_group(int width, const struct score_rows *rows, const float *kt, size_t stride,
                        int column, int count, int group, bool gradient)
{
    switch (group) {
    case 1:
        score_block(width, rows, kt, stride, column, count, 1, gradient);
        break;
    case 2:
        score_block(width, rows, kt, stride, column, count, 2, gradient);
        break;
    case 3:
        score_block(width, rows, kt, stride, column, count, smaller(3, SCORE_VECTORS), gradient);
        break;
    case 4:
        score_block(width, rows, kt, stride, column, count, smaller(4, SCORE_VECTORS), gradient);
        break;
    default:
        score_block(width, rows, kt, stride, column, count, SCORE_VECTORS, gradient);
    }
}

/* All columns of some rows, in `vectors` vectors. */
INLINE void score_columns(int width, const struct score_rows *rows, const float *kt, size_t stride,
                          int vectors, bool gradient)
{
    for (int c = 0; c < vectors; c += SCORE_VECTORS) {
        const int group = smaller(SCORE_VECTORS, vectors - c);
        if (rows->count == SCORE_ROWS)
            score_group(width, rows, kt, stride, c * FLOATS, SCORE_ROWS, group, gradient);
        else
            score_group(width, rows, kt, stride, c * FLOATS, 1, group, gradient);
    }
}

/* x [length, width] -> [width, stride], zeros after `length`. */
static void turn_keys(int length, int width, const float *x, size_t ld, float *out, size_t stride)
{
    for (int d = 0; d < width; d++)
        memset(out + (size_t)d * stride + length, 0, (stride - (size_t)length) * sizeof *out);
    transpose_float(length, width, x, ld, out, stride);
}

/* Where the block after row `first` - 1 begins: a last one of less than SCORE_ROWS begins earlier
   and makes rows again, to the same bits; a matrix of fewer rows goes row by row. */
INLINE int block_start(int first, int length)
{
    return length < SCORE_ROWS ? first : smaller(first, length - SCORE_ROWS);
}

/* Rows first..end-1 of the scores, out beginning with row `first`; kt [width, stride]: the keys,
   turned round. */
INLINE void scores_of_rows(int first, int end, int width, const float *q, size_t ld_q,
                           const float *kt, size_t stride, float factor, float *out, size_t ld_out)
{
    const int count = end - first < SCORE_ROWS ? 1 : SCORE_ROWS;
    for (int at = first; at < end; at += count) {
        const int i = first + block_start(at - first, end - first);
        const struct score_rows rows = {.left = {q + (size_t)i * ld_q, ld_q, 1},
                                        .out = out + (size_t)(i - first) * ld_out,
                                        .ld_out = ld_out,
                                        .count = count,
                                        .factor = factor};
        score_columns(width, &rows, kt, stride, (i + count + FLOATS - 1) / FLOATS, false);
    }
}

static void causal_scores(int length, int width, const float *q, size_t ld_q, const float *k,
                          size_t ld_k, float factor, float *out, size_t ld_out, float *scratch)
{
    const size_t stride = ind_simd_stride((size_t)length);
    turn_keys(length, width, k, ld_k, scratch, stride);
    scores_of_rows(0, length, width, q, ld_q, scratch, stride, factor, out, ld_out);
}

INLINE float dot_floats(int width, const float *a, const float *b)
{
    vec_float sum = splat(0.0F);
    int c = 0;
    for (; c + FLOATS <= width; c += FLOATS)
        sum += load(a + c) * load(b + c);
    if (c < width)
        sum += load_part(a + c, width - c) * load_part(b + c, width - c);
    return sum_lanes(sum);
}

/* Zeros after so many vectors of a row, as far as the tiles of a product may look. */
INLINE void clear_after(int vectors, size_t stride, float *row)
{
    for (int c = vectors * FLOATS; c < smaller((int)stride, vectors * FLOATS + TILE_ROWS);
         c += FLOATS)
        store(row + c, splat(0.0F));
}

/* Rows first..end-1 of the gradient; pattern and out begin with row `first`, of the pattern
   `ld_pattern` floats of a row may be read. vt: the values, turned round. */
INLINE void score_gradients_of_rows(int first, int end, int width, const float *dz, const float *z,
                                    size_t ld_z, const float *vt, size_t stride,
                                    const float *pattern, size_t ld_pattern, float factor,
                                    float *out, size_t ld_out)
{
    const int count = end - first < SCORE_ROWS ? 1 : SCORE_ROWS;
    for (int at = first; at < end; at += count) {
        const int i = first + block_start(at - first, end - first);
        const int vectors = (i + count + FLOATS - 1) / FLOATS;
        struct score_rows rows = {.left = {dz + (size_t)i * ld_z, ld_z, 1},
                                  .out = out + (size_t)(i - first) * ld_out,
                                  .ld_out = ld_out,
                                  .count = count,
                                  .factor = factor,
                                  .pattern = pattern + (size_t)(i - first) * ld_pattern,
                                  .length = (int)ld_pattern};
        for (int r = 0; r < count; r++)
            rows.mean[r] =
                dot_floats(width, rows.left.at + (size_t)r * ld_z, z + (size_t)(i + r) * ld_z);
        score_columns(width, &rows, vt, stride, vectors, true);
        for (int r = 0; r < count; r++)
            clear_after(vectors, stride, rows.out + (size_t)r * ld_out);
    }
}

static void causal_scores_backward(int length, int width, const float *dz, const float *z,
                                   size_t ld_z, const float *v, size_t ld_v, const float *pattern,
                                   float factor, float *out, size_t ld_out, float *scratch)
{
    const size_t stride = ind_simd_stride((size_t)length);
    turn_keys(length, width, v, ld_v, scratch, stride);
    score_gradients_of_rows(0, length, width, dz, z, ld_z, scratch, stride, pattern, (size_t)length,
                            factor, out, ld_out);
}

/* ---- out = P x and P^T x -------------------------------------------------------------------- */

/* All columns of one block of rows of out, in one tile after the other; an odd end of a row is a
   part of a vector. */
INLINE void mix_rows(int terms, struct left_float p, int width, const float *x, size_t ld_x,
                     bool add, float *out, size_t ld_out, int rows)
{
    for (int c = 0, step; c < width; c += step) {
        const float *start = add ? out + c : NULL;
        const int vectors = smaller(TILE_VECTORS, (width - c) / FLOATS);
        step = vectors > 0 ? vectors * FLOATS : FLOATS;
        if (rows == TILE_ROWS && vectors == TILE_VECTORS)
            tile_float(terms, p, x + c, ld_x, TILE_ROWS, TILE_VECTORS, 0, start, out + c, ld_out);
        else if (rows == TILE_ROWS && vectors == 1)
            tile_float(terms, p, x + c, ld_x, TILE_ROWS, 1, 0, start, out + c, ld_out);
        else
            tile_edge_float(terms, p, x + c, ld_x, rows, vectors, vectors ? 0 : width - c, start,
                            out + c, ld_out);
    }
}

/* Rows first..end-1 of out, from p, which begins with row `first`. */
INLINE void mix_of_rows(int first, int end, int width, const float *p, size_t ld_p, const float *x,
                        size_t ld_x, float *out, size_t ld_out)
{
    for (int i = first; i < end; i += TILE_ROWS) {
        const int rows = smaller(TILE_ROWS, end - i);
        const struct left_float weights = {p + (size_t)(i - first) * ld_p, ld_p, 1};
        mix_rows(i + rows, weights, width, x, ld_x, false, out + (size_t)i * ld_out, ld_out, rows);
    }
}

static void causal_mix(int length, int width, const float *p, size_t ld_p, const float *x,
                       size_t ld_x, float *out, size_t ld_out)
{
    mix_of_rows(0, length, width, p, ld_p, x, ld_x, out, ld_out);
}

/* What rows first..end-1 of a pattern add to every row of out; the first of them sets what no
   earlier row reaches. p begins with row `first`. */
static void mix_chunk(int first, int end, int length, int width, const float *p, size_t ld_p,
                      const float *x, size_t ld_x, float *out, size_t ld_out)
{
    for (int j = 0; j < end; j += TILE_ROWS) {
        const int rows = smaller(TILE_ROWS, length - j), from = j < first ? first : j;
        const struct left_float weights = {p + (size_t)(from - first) * ld_p + j, 1, ld_p};
        mix_rows(end - from, weights, width, x + (size_t)from * ld_x, ld_x, j < first,
                 out + (size_t)j * ld_out, ld_out, rows);
    }
}

/* Read down its columns, a matrix of many long rows would be fetched anew for every few of them:
   the rows are in each other's way in the first cache. A few rows at a time are not. */
static void causal_mix_transposed(int length, int width, const float *p, size_t ld_p,
                                  const float *x, size_t ld_x, float *out, size_t ld_out)
{
    const int chunk = length > LONG ? LONG_CHUNK : length;
    for (int first = 0; first < length; first += chunk)
        mix_chunk(first, smaller(first + chunk, length), length, width, p + (size_t)first * ld_p,
                  ld_p, x, ld_x, out, ld_out);
}

#endif
