/* AVX2 with FMA: 16 registers of 32 bytes. Flags: lib/CMakeLists.txt. */
#ifdef __x86_64__

#include <immintrin.h>

#define SET          ind_simd_avx2
#define SET_NAME     "avx2"
#define VECTOR_BYTES 32

/* As in baseline.c: what fills 16 registers. */
enum {
    TILE_ROWS = 6,
    TILE_VECTORS = 2,
    SCORE_ROWS = 4,
    SCORE_VECTORS = 3,
    TURN_GROUPS = 2,
    TURN_PAIRS = 1
};

#include "math/simd/vector.h"

INLINE __m256i first(int n)
{
    return (__m256i)(lane_numbers() < n);
}

INLINE vec_float load_part_float(const float *p, int n)
{
    return (vec_float)_mm256_maskload_ps(p, first(n));
}

INLINE void store_part_float(float *p, vec_float v, int n)
{
    _mm256_maskstore_ps(p, first(n), (__m256)v);
}

INLINE vec_double load_part_double(const double *p, int n)
{
    return (vec_double)_mm256_maskload_pd(p, first(2 * n));
}

INLINE void store_part_double(double *p, vec_double v, int n)
{
    _mm256_maskstore_pd(p, first(2 * n), (__m256d)v);
}

INLINE vec_float maximum(vec_float a, vec_float b)
{
    return (vec_float)_mm256_max_ps((__m256)a, (__m256)b);
}

INLINE float sum_lanes(vec_float v)
{
    __m128 half =
        _mm_add_ps(_mm256_castps256_ps128((__m256)v), _mm256_extractf128_ps((__m256)v, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
}

INLINE float max_lanes(vec_float v)
{
    __m128 half =
        _mm_max_ps(_mm256_castps256_ps128((__m256)v), _mm256_extractf128_ps((__m256)v, 1));
    half = _mm_max_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_max_ss(half, _mm_movehdup_ps(half)));
}

INLINE void sum_quad(const vec_float *v, float *out)
{
    for (int r = 0; r < 4; r++)
        out[r] = sum_lanes(v[r]);
}

INLINE bool any(mask_double which)
{
    return _mm256_movemask_pd((__m256d)which) != 0;
}

#include "math/simd/kernels.h"

#endif
