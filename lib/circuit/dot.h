/* A sum of products. Private to lib/circuit. */
#ifndef INDUCT_LIB_CIRCUIT_DOT_H
#define INDUCT_LIB_CIRCUIT_DOT_H

#include <stddef.h>

/* sum of a_i b_i; of two packed matrices tr(A B^T). Four sums at a time: one alone waits for each
 * addition. */
static inline double ind_dot(size_t count, const double *a, const double *b)
{
    double sums[4] = {0.0, 0.0, 0.0, 0.0};
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        for (size_t l = 0; l < 4; l++)
            sums[l] += a[i + l] * b[i + l];
    }
    for (; i < count; i++)
        sums[0] += a[i] * b[i];
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

#endif
