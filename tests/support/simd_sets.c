#include "support/simd_sets.h"

#include <cmocka.h>
#include <stdlib.h>

#include <induct/data/random.h>

#include "math/simd/sets.h"

int sets(const struct ind_simd *out[SETS])
{
    int count = 0;
    out[count++] = &ind_simd_baseline;
#ifdef __x86_64__
    if (ind_simd_level() >= IND_SIMD_AVX2)
        out[count++] = &ind_simd_avx2;
    if (ind_simd_level() >= IND_SIMD_AVX512)
        out[count++] = &ind_simd_avx512;
#endif
    return count;
}

float *matrix(int rows, int columns, uint32_t what)
{
    float *values = malloc((size_t)rows * columns * sizeof *values);
    assert_non_null(values);
    struct ind_random r = ind_random_at(7, IND_STREAM_CONTROL, what, 0);
    for (int i = 0; i < rows * columns; i++)
        values[i] = (float)ind_random_normal(&r);
    return values;
}
