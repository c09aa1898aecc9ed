#include "math/simd/sets.h"

#include "math/simd/simd.h"

enum ind_simd_level ind_simd_level(void)
{
#ifdef __x86_64__
    /* reads a word that the C runtime has filled in before main */
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq"))
        return IND_SIMD_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return IND_SIMD_AVX2;
#endif
    return IND_SIMD_BASELINE;
}

const struct ind_simd *ind_simd_pick(void)
{
    switch (ind_simd_level()) {
#ifdef __x86_64__
    case IND_SIMD_AVX512:
        return &ind_simd_avx512;
    case IND_SIMD_AVX2:
        return &ind_simd_avx2;
#endif
    default:
        return &ind_simd_baseline;
    }
}
