/*
 * A matrix turned round in blocks of four by four, which every instruction set can shuffle in
 * registers.
 */
#ifndef INDUCT_LIB_MATH_SIMD_TRANSPOSE_H
#define INDUCT_LIB_MATH_SIMD_TRANSPOSE_H

#include <stddef.h>

#include "math/simd/vector.h"

typedef float quad __attribute__((vector_size(16)));
typedef float quad_anywhere __attribute__((vector_size(16), aligned(4), may_alias));

INLINE void transpose_quads(const float *from, size_t ld_from, float *to, size_t ld_to)
{
    const quad a = *(const quad_anywhere *)from;
    const quad b = *(const quad_anywhere *)(from + ld_from);
    const quad c = *(const quad_anywhere *)(from + 2 * ld_from);
    const quad d = *(const quad_anywhere *)(from + 3 * ld_from);
    const quad ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    const quad ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    const quad cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    const quad cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    *(quad_anywhere *)to = __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5);
    *(quad_anywhere *)(to + ld_to) = __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7);
    *(quad_anywhere *)(to + 2 * ld_to) = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
    *(quad_anywhere *)(to + 3 * ld_to) = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
}

/* to [columns, ld_to] = the transpose of from [rows, ld_from]. */
static void transpose(int rows, int columns, const float *from, size_t ld_from, float *to,
                      size_t ld_to)
{
    const int whole_rows = rows / 4 * 4, whole_columns = columns / 4 * 4;
    for (int i = 0; i < whole_rows; i += 4)
        for (int j = 0; j < whole_columns; j += 4)
            transpose_quads(from + (size_t)i * ld_from + j, ld_from, to + (size_t)j * ld_to + i,
                            ld_to);
    for (int i = 0; i < rows; i++)
        for (int j = i < whole_rows ? whole_columns : 0; j < columns; j++)
            to[(size_t)j * ld_to + i] = from[(size_t)i * ld_from + j];
}

#endif
