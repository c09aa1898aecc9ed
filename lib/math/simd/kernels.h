/*
 * The causal kernels for one instruction set (see simd.h). Blocks of ROWS rows by GROUP vectors live in registers; every loop bound
 * inside a block is a constant once inlined. Above the diagonal whole vectors are skipped; the rest of the last block is computed and thrown away.
 */
#include "math/simd/simd.h"

#include <math.h>

#include "math/simd/product.h"
#include "math/simd/transpose.h"
#include "math/simd/vector.h"

/* Rows and vectors a block: with GROUP + 1 more for operands they fill the 32 registers of AVX-512, the 16 of the others. */
enum { ROWS = 4, GROUP = W == 16 ? 5 : W == 8 ? 3 : 2, MIX_ROWS = W == 16 ? 8 : 4, MIX_GROUP = 2 };

INLINE int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* ---- scores = factor q k^T ------------------------------------------------------------------ */

/* One block: ROWS rows of q (the last ones repeated at the end), `group` vectors of columns from `column` on. */
INLINE void score_block(int width, const float *const q[ROWS], const float *kt, size_t stride,
                        int group, float factor, float *const scores[ROWS], int rows)
{
    vec sum[ROWS][GROUP];
    for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < group; c++)
            sum[r][c] = splat(0.0F);
    for (int d = 0; d < width; d++) {
        vec keys[GROUP];
        for (int c = 0; c < group; c++)
            keys[c] = load(kt + (size_t)d * stride + c * W);
        for (int r = 0; r < ROWS; r++) {
            vec query = splat(q[r][d]);
            for (int c = 0; c < group; c++)
                sum[r][c] += query * keys[c];
        }
    }
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < group; c++)
            store(scores[r] + c * W, sum[r][c] * factor);
}

/* The block's width as a constant, so that its sums stay in registers. */
static void score_group(int width, const float *const q[ROWS], const float *kt, size_t stride,
                        int group, float factor, float *const scores[ROWS], int rows)
{
    switch (group) {
    case 1:
        score_block(width, q, kt, stride, 1, factor, scores, rows);
        break;
    case 2:
        score_block(width, q, kt, stride, 2, factor, scores, rows);
        break;
    case 3:
        score_block(width, q, kt, stride, GROUP < 3 ? GROUP : 3, factor, scores, rows);
        break;
    case 4:
        score_block(width, q, kt, stride, GROUP < 4 ? GROUP : 4, factor, scores, rows);
        break;
    default:
        score_block(width, q, kt, stride, GROUP, factor, scores, rows);
    }
}

static void scores_rows(int first, int length, int width, const float *q, size_t ld_q,
                        const float *kt, size_t stride, float factor, float *scores,
                        size_t ld_scores)
{
    int rows = smaller(ROWS, length - first);
    int vectors = (first + rows + W - 1) / W;
    const float *queries[ROWS];
    float *out[ROWS];
    for (int r = 0; r < ROWS; r++)
        queries[r] = q + (size_t)smaller(first + r, length - 1) * ld_q;
    for (int c = 0; c < vectors; c += GROUP) {
        for (int r = 0; r < ROWS; r++)
            out[r] = scores + (size_t)smaller(first + r, length - 1) * ld_scores + (size_t)c * W;
        score_group(width, queries, kt + (size_t)c * W, stride, smaller(GROUP, vectors - c), factor,
                    out, rows);
    }
}

static void scores(int length, int width, const float *q, size_t ld_q, const float *k, size_t ld_k,
                   float factor, float *out, size_t ld_out, float *scratch)
{
    size_t stride = ((size_t)length + 15) / 16 * 16;
    for (int d = 0; d < width; d++)
        memset(scratch + (size_t)d * stride + length, 0, (stride - length) * sizeof *scratch);
    transpose(length, width, k, ld_k, scratch, stride);
    for (int i = 0; i < length; i += ROWS)
        scores_rows(i, length, width, q, ld_q, scratch, stride, factor, out, ld_out);
}

/* ---- softmax -------------------------------------------------------------------------------- */

/* -inf behind `count`, up to a whole vector. */
INLINE void mask_tail(float *row, int count)
{
    int whole = count / W * W;
    if (whole < count)
        store(row + whole,
              select_lanes(lane_numbers() < (count - whole), load(row + whole), splat(-INFINITY)));
}

INLINE float row_max(const float *row, int vectors)
{
    vec max = load(row);
    for (int c = 1; c < vectors; c++)
        max = maximum(load(row + (size_t)c * W), max);
    return max_lanes(max);
}

/* row = exp(row - max); returns the sum, gathered in float over at most 1,024 elements at a time and then in double. */
INLINE double row_exp(float *row, int vectors, float max)
{
    enum { CHUNK = 1024 / W };
    double total = 0.0;
    vec m = splat(max);
    for (int start = 0; start < vectors; start += CHUNK) {
        vec sum = splat(0.0F);
        int end = smaller(start + CHUNK, vectors);
        for (int c = start; c < end; c++) {
            vec e = exp_nonpositive(load(row + (size_t)c * W) - m);
            store(row + (size_t)c * W, e);
            sum += e;
        }
        total += (double)sum_lanes(sum);
    }
    return total;
}

/* Zeros from `first` to `length`. */
INLINE void zero_tail(float *row, int first, int length)
{
    for (; first + W <= length; first += W)
        store(row + first, splat(0.0F));
    if (first < length)
        store_part(row + first, splat(0.0F), length - first);
}

/* out[0..length) = row * factor in the first `vectors` vectors, zeros behind. */
INLINE void write_row(const float *row, int vectors, float factor, int length, float *out)
{
    int c = 0;
    for (; c < vectors * W && c + W <= length; c += W)
        store(out + c, load(row + c) * factor);
    if (c < vectors * W)
        store_part(out + c, load(row + c) * factor, length - c);
    else
        zero_tail(out, c, length);
}

static void softmax(int length, float *scores, size_t ld_scores, float *pattern)
{
    for (int i = 0; i < length; i++) {
        float *row = scores + (size_t)i * ld_scores;
        int count = i + 1, vectors = (count + W - 1) / W;
        mask_tail(row, count);
        float max = row_max(row, vectors);
        /* The maximum may have passed over a NaN, the sum does not. */
        double sum = row_exp(row, vectors, max == -INFINITY ? 0.0F : max);
        if (sum == 0.0) {
            zero_tail(pattern + (size_t)i * length, 0, length);
            continue;
        }
        write_row(row, vectors, (float)(1.0 / sum), length, pattern + (size_t)i * length);
    }
}

/* ---- entropy -------------------------------------------------------------------------------- */

/* p ln p, 0 where p is 0 or too small to count (a denormal); a NaN stays one. */
INLINE vec entropy_terms(vec p)
{
    return (vec)((veci)(p * log_positive(p)) & ~(p < splat(0x1p-126F)));
}

/* Gathered like row_exp's sum. */
static double entropy(int count, const float *row)
{
    enum { CHUNK = 1024 };
    double total = 0.0;
    for (int start = 0; start < count; start += CHUNK) {
        vec sum = splat(0.0F);
        int end = smaller(start + CHUNK, count), c = start;
        for (; c + W <= end; c += W)
            sum += entropy_terms(load(row + c));
        if (c < end)
            sum += entropy_terms(load_part(row + c, end - c));
        total -= (double)sum_lanes(sum);
    }
    return total;
}

/* ---- softmax, backward ---------------------------------------------------------------------- */

static void softmax_backward(int length, const float *pattern, float factor, float *dpattern,
                             size_t ld)
{
    for (int i = 0; i < length; i++) {
        const float *p = pattern + (size_t)i * length;
        float *d = dpattern + (size_t)i * ld;
        int whole = (i + 1) / W * W, rest = i + 1 - whole;
        vec sum = splat(0.0F), p_rest = splat(0.0F), d_rest = splat(0.0F);
        for (int c = 0; c < whole; c += W)
            sum += load(p + c) * load(d + c);
        if (rest) {
            p_rest = load_part(p + whole, rest);
            d_rest = load_part(d + whole, rest);
            sum += p_rest * d_rest;
        }
        vec mean = splat(sum_lanes(sum)), f = splat(factor);
        for (int c = 0; c < whole; c += W)
            store(d + c, load(p + c) * (load(d + c) - mean) * f);
        if (rest)
            store_part(d + whole, p_rest * (d_rest - mean) * f, rest);
        zero_tail(d, i + 1, length);
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

/* MIX_ROWS rows of out (the last ones repeated at the end, and not stored), `group` vectors of columns; row r's weights are
   p[r][0], p[r][step], ... */
INLINE void mix_block(int terms, const float *const p[MIX_ROWS], size_t step, const float *x,
                      size_t ld_x, int group, int part, float *out, size_t ld_out, int rows)
{
    vec sum[MIX_ROWS][MIX_GROUP];
    for (int r = 0; r < MIX_ROWS; r++)
        for (int c = 0; c < group; c++)
            sum[r][c] = splat(0.0F);
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
                     const float *x, size_t ld_x, float *out, size_t ld_out, int rows)
{
    int c = 0;
    for (; c + MIX_GROUP * W <= width; c += MIX_GROUP * W)
        mix_block(terms, p, step, x + c, ld_x, MIX_GROUP, 0, out + c, ld_out, rows);
    for (; c + W <= width; c += W)
        mix_block(terms, p, step, x + c, ld_x, 1, 0, out + c, ld_out, rows);
    if (c < width)
        mix_block(terms, p, step, x + c, ld_x, 1, width - c, out + c, ld_out, rows);
}

static void mix(int length, int width, const float *p, size_t ld_p, const float *x, size_t ld_x,
                float *out, size_t ld_out)
{
    for (int i = 0; i < length; i += MIX_ROWS) {
        const float *weights[MIX_ROWS];
        int rows = smaller(MIX_ROWS, length - i);
        for (int r = 0; r < MIX_ROWS; r++)
            weights[r] = p + (size_t)(i + smaller(r, rows - 1)) * ld_p;
        mix_rows(i + rows, weights, 1, width, x, ld_x, out + (size_t)i * ld_out, ld_out, rows);
    }
}

static void mix_transposed(int length, int width, const float *p, size_t ld_p, const float *x,
                           size_t ld_x, float *out, size_t ld_out)
{
    for (int j = 0; j < length; j += MIX_ROWS) {
        const float *weights[MIX_ROWS];
        int rows = smaller(MIX_ROWS, length - j);
        for (int r = 0; r < MIX_ROWS; r++)
            weights[r] = p + (size_t)j * ld_p + j + smaller(r, rows - 1);
        mix_rows(length - j, weights, ld_p, width, x + (size_t)j * ld_x, ld_x,
                 out + (size_t)j * ld_out, ld_out, rows);
    }
}

/* ---- softmax and cross-entropy -------------------------------------------------------------- */

/* The maximum of a row of any length. */
static float any_row_max(const float *row, int count)
{
    int whole = count / W * W;
    float max = whole ? row_max(row, whole / W) : -INFINITY;
    for (int j = whole; j < count; j++)
        max = row[j] > max ? row[j] : max;
    return max;
}

/* row = exp(row - max) for any length; returns the sum. */
static double any_row_exp(float *row, int count, float max)
{
    int whole = count / W * W;
    double sum = whole ? row_exp(row, whole / W, max) : 0.0;
    if (whole < count) {
        vec e = exp_nonpositive(load_part(row + whole, count - whole) - splat(max));
        e = select_lanes(lane_numbers() < (count - whole), e, splat(0.0F));
        store_part(row + whole, e, count - whole);
        sum += (double)sum_lanes(e);
    }
    return sum;
}

static void scale_row(float *row, int count, float factor)
{
    int whole = count / W * W;
    for (int c = 0; c < whole; c += W)
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

const struct ind_simd IND_SIMD_SET = {
    IND_SIMD_NAME, scores,         softmax,       entropy, softmax_backward,
    mix,           mix_transposed, cross_entropy, product,
};
