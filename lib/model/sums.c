#include "model/work.h"

#include <string.h>

void ind_column_sums_add(const float *matrix, int rows, int columns, size_t stride, double *sums,
                         float *out)
{
    memset(sums, 0, (size_t)columns * sizeof *sums);
    for (int row = 0; row < rows; row++) {
        for (int j = 0; j < columns; j++)
            sums[j] += (double)matrix[row * stride + j];
    }
    for (int j = 0; j < columns; j++)
        out[j] += (float)sums[j];
}
