/*
 * The instruction sets that kernels are compiled for, and which of them this processor has.
 */
#ifndef INDUCT_LIB_MATH_SIMD_SETS_H
#define INDUCT_LIB_MATH_SIMD_SETS_H

/* Ascending: a processor that has one has those before it. */
enum ind_simd_level { IND_SIMD_BASELINE, IND_SIMD_AVX2, IND_SIMD_AVX512 };

/* The highest; cheap enough for every call. Other architectures than x86-64 have the first alone. */
enum ind_simd_level ind_simd_level(void);

#endif
