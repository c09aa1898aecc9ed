#include <induct/math/sums.h>

#include "math/simd/simd.h"

void ind_add(size_t count, const float *from, float *to)
{
    ind_simd_pick()->add(count, from, to);
}

double ind_sum_parts(size_t count, int parts, const float *const *part, float *out)
{
    return ind_simd_pick()->sum_parts(count, parts, part, out);
}
