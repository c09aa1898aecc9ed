/*
 * Exponential and logarithm of vectors of floats.
 */
#ifndef INDUCT_LIB_MATH_SIMD_FUNCTIONS_H
#define INDUCT_LIB_MATH_SIMD_FUNCTIONS_H

#include "math/simd/vector.h"

/*
 * exp(x) for x <= 0: x = n ln2 + r, |r| <= ln2/2, exp(x) = 2^n P(r) with the minimax polynomial of
 * Cephes' expf (relative error 2e-7). Adding 1.5 * 2^23 rounds to an integer and leaves n in the
 * low bits of the sum. Below -87 it is exactly 0; NaN stays NaN.
 */
INLINE vec_float exp_nonpositive(vec_float x)
{
    const vec_float shift = splat(0x1.8p23F);
    vec_float shifted = x * 1.44269504F + shift;
    vec_float n = shifted - shift;
    vec_float r = x - n * 0.693359375F;
    r = r - n * -2.12194440e-4F;
    vec_float p = splat(1.9875691500e-4F);
    p = p * r + 1.3981999507e-3F;
    p = p * r + 8.3334519073e-3F;
    p = p * r + 4.1665795894e-2F;
    p = p * r + 1.6666665459e-1F;
    p = p * r + 5.0000001201e-1F;
    p = p * (r * r) + r + 1.0F;
    bits_float power = ((bits_float)shifted << 23) + (127U << 23);
    return (vec_float)((mask_float)(p * (vec_float)power) & ~(x < splat(-87.0F)));
}

/*
 * log(x) for normal x > 0: x = 2^n m, sqrt(1/2) <= m < sqrt(2), and the minimax polynomial of
 * Cephes' logf for log(m) (relative error 1e-7). Anything else gives something, NaN for a NaN not
 * assured.
 */
INLINE vec_float log_positive(vec_float x)
{
    const uint32_t root = 0x3F3504F3; /* sqrt(1/2) */
    mask_float n = (mask_float)((bits_float)x - root) >> 23;
    vec_float r = (vec_float)((bits_float)x - ((bits_float)n << 23)) - 1.0F;
    vec_float square = r * r;
    vec_float p = splat(7.0376836292e-2F);
    p = p * r - 1.1514610310e-1F;
    p = p * r + 1.1676998740e-1F;
    p = p * r - 1.2420140846e-1F;
    p = p * r + 1.4249322787e-1F;
    p = p * r - 1.6668057665e-1F;
    p = p * r + 2.0000714765e-1F;
    p = p * r - 2.4999993993e-1F;
    p = p * r + 3.3333331174e-1F;
    vec_float exponent = __builtin_convertvector(n, vec_float);
    p = p * r * square + exponent * -2.12194440e-4F - square * 0.5F;
    return r + p + exponent * 0.693359375F;
}

#endif
