/*
 * What the tests of vector kernels share: the instruction sets that run here, and matrices without
 * a float to spare.
 */
#ifndef INDUCT_TESTS_SUPPORT_SIMD_SETS_H
#define INDUCT_TESTS_SUPPORT_SIMD_SETS_H

#include <stdint.h>

#include "math/simd/simd.h"

enum { SETS = IND_SIMD_SETS };

/* Those that this processor has; says, once, which others are left out. Returns how many. */
int sets(const struct ind_simd *out[SETS]);

/* `rows` rows of exactly `columns` normal numbers, a function of `what`: a kernel that reads or
   writes past the end is caught by the sanitizers. Freed with free. */
float *matrix(int rows, int columns, uint32_t what);

#endif
