#include "score/engine/positional.h"

#include <math.h>

#include <induct/math/blas.h>

bool ind_has_position_pattern(const struct ind_config *config)
{
    return config->norm == IND_NORM_NONE && config->positions != IND_POSITIONS_NONE &&
           config->positions != IND_POSITIONS_ROTARY;
}

/* Row i of scores, of which columns 0..i count, becomes attention. */
static void softmax_row(float *row, int i, int length)
{
    float largest = row[0];
    double sum = 0.0;
    for (int j = 1; j <= i; j++)
        largest = fmaxf(largest, row[j]);
    for (int j = 0; j <= i; j++) {
        row[j] = expf(row[j] - largest);
        sum += (double)row[j];
    }
    for (int j = 0; j <= i; j++)
        row[j] = (float)((double)row[j] / sum);
    for (int j = i + 1; j < length; j++)
        row[j] = 0.0F;
}

void ind_position_pattern(const struct ind_params *params, int layer, int head, int length,
                          float *q, float *k, float *pattern)
{
    const struct ind_config *config = &params->layout->config;
    const struct ind_layer_params *weights = &params->layers[layer];
    int d = config->d_model, width = config->d_head;
    size_t matrix = (size_t)head * (size_t)d * (size_t)width;

    ind_sgemm(false, false, length, width, d, 1.0F, params->W_pos, d, weights->W_Q + matrix, width,
              0.0F, q, width);
    ind_sgemm(false, false, length, width, d, 1.0F, params->W_pos, d, weights->W_K + matrix, width,
              0.0F, k, width);
    ind_sgemm(false, true, length, length, width, (float)(1.0 / ind_config_scale(config)), q, width,
              k, width, 0.0F, pattern, length);
    for (int i = 0; i < length; i++)
        softmax_row(pattern + (size_t)i * (size_t)length, i, length);
}
