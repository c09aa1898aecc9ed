/* AVX-512 F, VL, BW, DQ: 32 registers of 64 bytes. Flags: lib/CMakeLists.txt. */
#ifdef __x86_64__

#include <immintrin.h>

#define SET          ind_simd_avx512
#define SET_NAME     "avx512"
#define VECTOR_BYTES 64

/* As in baseline.c: of 32 registers. One group of eight is all matrices at once. */
enum { TILE_ROWS = 8, TILE_VECTORS = 2, SCORE_ROWS = 4, SCORE_VECTORS = 5, TURN_GROUPS = 1 };

#include "math/simd/vector.h"

INLINE vec_float load_part_float(const float *p, int n)
{
    return (vec_float)_mm512_maskz_loadu_ps((__mmask16)((1U << n) - 1), p);
}

INLINE void store_part_float(float *p, vec_float v, int n)
{
    _mm512_mask_storeu_ps(p, (__mmask16)((1U << n) - 1), (__m512)v);
}

INLINE vec_double load_part_double(const double *p, int n)
{
    return (vec_double)_mm512_maskz_loadu_pd((__mmask8)((1U << n) - 1), p);
}

INLINE void store_part_double(double *p, vec_double v, int n)
{
    _mm512_mask_storeu_pd(p, (__mmask8)((1U << n) - 1), (__m512d)v);
}

INLINE vec_float maximum(vec_float a, vec_float b)
{
    return (vec_float)_mm512_max_ps((__m512)a, (__m512)b);
}

INLINE float sum_lanes(vec_float v)
{
    return _mm512_reduce_add_ps((__m512)v);
}

INLINE float max_lanes(vec_float v)
{
    return _mm512_reduce_max_ps((__m512)v);
}

#include "math/simd/kernels.h"

#endif
