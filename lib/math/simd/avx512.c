/* AVX-512 F, VL, BW, DQ: 32 registers of 64 bytes. Flags: lib/CMakeLists.txt. */
#ifdef __x86_64__

#include <immintrin.h>

#define SET          ind_simd_avx512
#define SET_NAME     "avx512"
#define VECTOR_BYTES 64

/* As in baseline.c: of 32 registers. One group of eight is all matrices at once. */
enum {
    TILE_ROWS = 8,
    TILE_VECTORS = 2,
    SCORE_ROWS = 4,
    SCORE_VECTORS = 5,
    TURN_GROUPS = 1,
    TURN_PAIRS = 2
};

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

INLINE bool any(mask_double which)
{
    return _mm512_movepi64_mask((__m512i)which) != 0;
}

/* Four rows at a time, halves first: out[r] is the first element of 128 bits of `v`. */
INLINE void store_quad(__m512 v, float *out)
{
    const __m512i at = _mm512_setr_epi32(0, 4, 8, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    _mm_storeu_ps(out, _mm512_castps512_ps128(_mm512_permutexvar_ps(at, v)));
}

/* The two 256-bit, or 128-bit, halves of two vectors added, the sums side by side. */
#define ADD_HALVES(a, b, low, high) \
    _mm512_add_ps(_mm512_shuffle_f32x4(a, b, low), _mm512_shuffle_f32x4(a, b, high))

INLINE void sum_quad(const vec_float *v, float *out)
{
    const __m512 ab = ADD_HALVES((__m512)v[0], (__m512)v[1], 0x44, 0xEE);
    const __m512 cd = ADD_HALVES((__m512)v[2], (__m512)v[3], 0x44, 0xEE);
    const __m512 quarters = ADD_HALVES(ab, cd, 0x88, 0xDD);
    const __m512 pairs = _mm512_add_ps(quarters, _mm512_permute_ps(quarters, 0x4E));
    store_quad(_mm512_add_ps(pairs, _mm512_permute_ps(pairs, 0xB1)), out);
}

#include "math/simd/kernels.h"

#endif
