#include <induct/math/product.h>

#include <assert.h>
#include <stddef.h>

#include "math/simd/simd.h"

void ind_product(bool transpose_a, bool transpose_b, int m, int n, int k, const float *a, int lda,
                 const float *b, int ldb, const float *start, float *c, int ldc)
{
    assert(m >= 0 && n >= 0 && k >= 0);
    assert(lda >= (transpose_a ? m : k) && ldb >= (transpose_b ? k : n) && ldc >= n);
    ind_simd_pick()->product(transpose_a, transpose_b, m, n, k, a, (size_t)lda, b, (size_t)ldb,
                             start, c, (size_t)ldc);
}
