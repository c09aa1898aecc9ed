/*
 * One vector type for three instruction sets, over the compiler's vector extension: arithmetic is
 * plain C, and only what C cannot say (maximum, select, reductions) is spelled per set. W floats a
 * vector.
 */
#ifndef INDUCT_LIB_MATH_SIMD_VECTOR_H
#define INDUCT_LIB_MATH_SIMD_VECTOR_H

#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__)
#include <immintrin.h>
enum { W = 16 };
#elif defined(__AVX2__)
#include <immintrin.h>
enum { W = 8 };
#else
enum { W = 4 };
#endif

typedef float vec __attribute__((vector_size(W * 4)));
typedef int32_t veci __attribute__((vector_size(W * 4)));
typedef uint32_t vecu __attribute__((vector_size(W * 4)));
typedef float vec_anywhere __attribute__((vector_size(W * 4), aligned(4), may_alias));

#define INLINE static inline __attribute__((always_inline))

INLINE int smaller(int a, int b)
{
    return a < b ? a : b;
}

INLINE vec load(const float *p)
{
    return *(const vec_anywhere *)p;
}

INLINE void store(float *p, vec v)
{
    *(vec_anywhere *)p = v;
}

/* x - 0 is x, whatever x is; 0 + x is not where x is -0, and the compiler would add. */
INLINE vec splat(float x)
{
    return x - (vec){0};
}

INLINE veci lane_numbers(void)
{
    static const int32_t numbers[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    veci lanes;
    memcpy(&lanes, numbers, sizeof lanes);
    return lanes;
}

/* The first n < W floats, zeros behind: for the odd end of a row. Nothing behind them is
   touched. */
INLINE vec load_part(const float *p, int n)
{
#if defined(__AVX512F__)
    return (vec)_mm512_maskz_loadu_ps((__mmask16)((1U << n) - 1), p);
#elif defined(__AVX2__)
    return (vec)_mm256_maskload_ps(p, (__m256i)(lane_numbers() < n));
#else
    float lanes[W] = {0};
    memcpy(lanes, p, (size_t)n * sizeof *p);
    return load(lanes);
#endif
}

INLINE void store_part(float *p, vec v, int n)
{
#if defined(__AVX512F__)
    _mm512_mask_storeu_ps(p, (__mmask16)((1U << n) - 1), (__m512)v);
#elif defined(__AVX2__)
    _mm256_maskstore_ps(p, (__m256i)(lane_numbers() < n), (__m256)v);
#else
    float lanes[W];
    store(lanes, v);
    memcpy(p, lanes, (size_t)n * sizeof *p);
#endif
}

/* a where the mask's lane is all ones, b where it is zero. */
INLINE vec select_lanes(veci mask, vec a, vec b)
{
    return (vec)(((veci)a & mask) | ((veci)b & ~mask));
}

INLINE vec maximum(vec a, vec b)
{
#if defined(__AVX512F__)
    return (vec)_mm512_max_ps((__m512)a, (__m512)b);
#elif defined(__AVX2__)
    return (vec)_mm256_max_ps((__m256)a, (__m256)b);
#else
    return select_lanes(a > b, a, b);
#endif
}

#if defined(__AVX2__)
INLINE __m128 quarter_sum(__m256 v)
{
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_add_ss(half, _mm_movehdup_ps(half));
}

INLINE __m128 quarter_max(__m256 v)
{
    __m128 half = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    half = _mm_max_ps(half, _mm_movehl_ps(half, half));
    return _mm_max_ss(half, _mm_movehdup_ps(half));
}
#endif

INLINE float sum_lanes(vec v)
{
#if defined(__AVX512F__)
    return _mm512_reduce_add_ps((__m512)v);
#elif defined(__AVX2__)
    return _mm_cvtss_f32(quarter_sum((__m256)v));
#else
    return (v[0] + v[2]) + (v[1] + v[3]);
#endif
}

INLINE float max_lanes(vec v)
{
#if defined(__AVX512F__)
    return _mm512_reduce_max_ps((__m512)v);
#elif defined(__AVX2__)
    return _mm_cvtss_f32(quarter_max((__m256)v));
#else
    float a = v[0] > v[2] ? v[0] : v[2], b = v[1] > v[3] ? v[1] : v[3];
    return a > b ? a : b;
#endif
}

/*
 * exp(x) for x <= 0: x = n ln2 + r, |r| <= ln2/2, exp(x) = 2^n P(r) with the minimax polynomial of
 * Cephes' expf (relative error 2e-7). Adding 1.5 * 2^23 rounds to an integer and leaves n in the
 * low bits of the sum. Below -87 it is exactly 0; NaN stays NaN.
 */
INLINE vec exp_nonpositive(vec x)
{
    const vec shift = splat(0x1.8p23F);
    vec shifted = x * 1.44269504F + shift;
    vec n = shifted - shift;
    vec r = x - n * 0.693359375F;
    r = r - n * -2.12194440e-4F;
    vec p = splat(1.9875691500e-4F);
    p = p * r + 1.3981999507e-3F;
    p = p * r + 8.3334519073e-3F;
    p = p * r + 4.1665795894e-2F;
    p = p * r + 1.6666665459e-1F;
    p = p * r + 5.0000001201e-1F;
    p = p * (r * r) + r + 1.0F;
    vecu power = ((vecu)shifted << 23) + (127U << 23);
    return (vec)((veci)(p * (vec)power) & ~(x < splat(-87.0F)));
}

/*
 * log(x) for normal x > 0: x = 2^n m, sqrt(1/2) <= m < sqrt(2), and the minimax polynomial of
 * Cephes' logf for log(m) (relative error 1e-7). Anything else gives something, NaN for a NaN not
 * assured.
 */
INLINE vec log_positive(vec x)
{
    const uint32_t root = 0x3F3504F3; /* sqrt(1/2) */
    veci n = (veci)((vecu)x - root) >> 23;
    vec r = (vec)((vecu)x - ((vecu)n << 23)) - 1.0F;
    vec square = r * r;
    vec p = splat(7.0376836292e-2F);
    p = p * r - 1.1514610310e-1F;
    p = p * r + 1.1676998740e-1F;
    p = p * r - 1.2420140846e-1F;
    p = p * r + 1.4249322787e-1F;
    p = p * r - 1.6668057665e-1F;
    p = p * r + 2.0000714765e-1F;
    p = p * r - 2.4999993993e-1F;
    p = p * r + 3.3333331174e-1F;
    vec exponent = __builtin_convertvector(n, vec);
    p = p * r * square + exponent * -2.12194440e-4F - square * 0.5F;
    return r + p + exponent * 0.693359375F;
}

#endif
