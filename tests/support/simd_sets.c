#include "support/simd_sets.h"

#include <cmocka.h>
#include <stdlib.h>

#include <induct/data/random.h>

int sets(const struct ind_simd *out[SETS])
{
    static bool said;
    int count = 0;
    for (int i = 0; i < SETS; i++) {
        if (ind_simd_has(i))
            out[count++] = ind_simd_set(i);
        else if (!said)
            print_message("not tested, for this processor lacks it: %s\n", ind_simd_set(i)->name);
    }
    said = true;
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
