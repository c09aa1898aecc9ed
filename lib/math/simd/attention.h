/*
 * One head's attention, forward and backward, without its pattern ever being there: a block of rows
 * at a time is made, used and forgotten in the second-level cache. Every element is computed by the
 * steps of triangle.h and softmax.h in their order: the bits are those of the whole pattern's.
 */
#ifndef INDUCT_LIB_MATH_SIMD_ATTENTION_H
#define INDUCT_LIB_MATH_SIMD_ATTENTION_H

#include "math/simd/softmax.h"
#include "math/simd/triangle.h"

/* Rows of a block, and what a last one may have more, rather than being narrower than a tile. */
enum { ATTENTION_ROWS = IND_ATTENTION_ROWS, ATTENTION_MORE = SCORE_ROWS - 1 };
_Static_assert(ATTENTION_ROWS + ATTENTION_MORE <= IND_ATTENTION_ROWS_MOST, "scratch");

INLINE int attention_end(int first, int length)
{
    return length - first <= ATTENTION_ROWS + ATTENTION_MORE ? length : first + ATTENTION_ROWS;
}

/* Rows first..end-1 of the pattern. */
INLINE void pattern_rows(int first, int end, int width, const float *q, size_t ld_q,
                         const float *kt, size_t stride, float factor, float *pattern)
{
    scores_of_rows(first, end, width, q, ld_q, kt, stride, factor, pattern, stride);
    softmax_of_rows(first, end, pattern, stride);
    for (int i = first; i < end; i++)
        clear_after((i + FLOATS) / FLOATS, stride, pattern + (size_t)(i - first) * stride);
}

static void causal_attention(int length, int width, const float *q, const float *v, size_t ld_q,
                             const float *k, size_t ld_k, float factor, float *z, size_t ld_z,
                             float *scratch)
{
    const size_t stride = ind_attention_stride((size_t)length);
    float *kt = scratch, *pattern = kt + (size_t)width * stride;
    turn_keys(length, width, k, ld_k, kt, stride);
    for (int first = 0, end; first < length; first = end) {
        end = attention_end(first, length);
        pattern_rows(first, end, width, q, ld_q, kt, stride, factor, pattern);
        mix_of_rows(first, end, width, pattern, stride, v, ld_q, z, ld_z);
    }
}

static void causal_attention_backward(int length, int width, const float *q, const float *v,
                                      size_t ld_q, const float *k, size_t ld_k, const float *z,
                                      const float *dz, size_t ld_z, float factor, float *dq,
                                      float *dk, float *dv, float *scratch)
{
    const size_t stride = ind_attention_stride((size_t)length);
    float *kt = scratch, *vt = kt + (size_t)width * stride, *pattern = vt + (size_t)width * stride;
    float *dscores = pattern + (size_t)IND_ATTENTION_ROWS_MOST * stride;
    turn_keys(length, width, k, ld_k, kt, stride);
    turn_keys(length, width, v, ld_q, vt, stride);
    for (int first = 0, end; first < length; first = end) {
        end = attention_end(first, length);
        pattern_rows(first, end, width, q, ld_q, kt, stride, factor, pattern);
        mix_chunk(first, end, length, width, pattern, stride, dz, ld_z, dv, ld_q);
        score_gradients_of_rows(first, end, width, dz, z, ld_z, vt, stride, pattern, stride, factor,
                                dscores, stride);
        mix_of_rows(first, end, width, dscores, stride, k, ld_k, dq, ld_q);
        mix_chunk(first, end, length, width, dscores, stride, q, ld_q, dk, ld_q);
    }
}

#endif
