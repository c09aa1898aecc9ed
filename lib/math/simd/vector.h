/*
 * The dialect that kernels are written in: vectors of floats and of doubles over the compiler's
 * vector extension, the element type a parameter. Arithmetic and comparisons are plain C.
 *
 *   vec_float, vec_double      FLOATS, DOUBLES elements
 *   mask_float, mask_double    what comparing two of them gives: all ones or zeros an element
 *   load store splat choose    whatever the element is
 *
 * A template is a header without a guard that is included once for each REAL, float and double
 * (templates.h); in it OF(vec) is the one or the other, as is every name that it defines, and WIDE
 * the number of elements.
 *
 * The file of a set (baseline.c, avx2.c, avx512.c) defines VECTOR_BYTES before it includes this,
 * and after it what the compiler's vectors cannot say, in the instructions of the set:
 *
 *   load_part(p, n)       the first n < WIDE elements, zeros after; nothing after them is touched
 *   store_part(p, v, n)   likewise
 *   maximum(a, b)         of floats, b where one of them is not a number
 *   sum_lanes, max_lanes  of one vector of floats
 *   sum_quad              sum_lanes of each of four, to the same bits
 *   any(mask)             of doubles: is one of the elements all ones?
 */
#ifndef INDUCT_LIB_MATH_SIMD_VECTOR_H
#define INDUCT_LIB_MATH_SIMD_VECTOR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define INLINE          static inline __attribute__((always_inline))
#define OF_(name, real) name##_##real
#define OF__(name, r)   OF_(name, r)
#define OF(name)        OF__(name, REAL)
#define WIDE            ((int)(VECTOR_BYTES / sizeof(REAL)))

enum { FLOATS = VECTOR_BYTES / 4, DOUBLES = VECTOR_BYTES / 8 };

/* What interleaves the lower halves, and the upper halves, of two vectors of so many elements. */
#define LOW_2   0, 2
#define HIGH_2  1, 3
#define LOW_4   0, 4, 1, 5
#define HIGH_4  2, 6, 3, 7
#define LOW_8   0, 8, 1, 9, 2, 10, 3, 11
#define HIGH_8  4, 12, 5, 13, 6, 14, 7, 15
#define LOW_16  0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HIGH_16 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#if VECTOR_BYTES == 64
#define LOW_float   LOW_16
#define HIGH_float  HIGH_16
#define LOW_double  LOW_8
#define HIGH_double HIGH_8
#elif VECTOR_BYTES == 32
#define LOW_float   LOW_8
#define HIGH_float  HIGH_8
#define LOW_double  LOW_4
#define HIGH_double HIGH_4
#else
#define LOW_float   LOW_4
#define HIGH_float  HIGH_4
#define LOW_double  LOW_2
#define HIGH_double HIGH_2
#endif

/* Of any tile. */
enum { MOST_VECTORS = SCORE_VECTORS > TILE_VECTORS ? SCORE_VECTORS : TILE_VECTORS };
_Static_assert(TILE_ROWS <= 8 && SCORE_VECTORS <= 5, "tile_rows, score_group: a case for each");

typedef int32_t mask_float __attribute__((vector_size(VECTOR_BYTES)));
typedef int64_t mask_double __attribute__((vector_size(VECTOR_BYTES)));
typedef uint32_t bits_float __attribute__((vector_size(VECTOR_BYTES)));

#define REAL float
#include "math/simd/element.h"
#undef REAL
#define REAL double
#include "math/simd/element.h"
#undef REAL

/* The element of a pointer, or the vector, says which function is meant. */
#define load(p)         _Generic(*(p), float : load_float, double : load_double)(p)
#define store(p, v)     _Generic(*(p), float : store_float, double : store_double)(p, v)
#define splat(x)        _Generic((x), float : splat_float, double : splat_double)(x)
#define load_part(p, n) _Generic(*(p), float : load_part_float, double : load_part_double)(p, n)
#define store_part(p, v, n) \
    _Generic(*(p), float : store_part_float, double : store_part_double)(p, v, n)
#define choose(which, a, b) \
    _Generic((a), vec_float : choose_float, vec_double : choose_double)(which, a, b)

INLINE int smaller(int a, int b)
{
    return a < b ? a : b;
}

INLINE mask_float lane_numbers(void)
{
    static const int32_t numbers[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    mask_float lanes;
    memcpy(&lanes, numbers, sizeof lanes);
    return lanes;
}

#endif
