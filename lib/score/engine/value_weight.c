#include "score/engine/value_weight.h"

#include <math.h>

/* |v W_O| of one head's value. */
static double size_of(const float *v, const float *W_O, int k, int d)
{
    double square = 0.0;
    for (int e = 0; e < d; e++) {
        double sum = 0.0;
        for (int a = 0; a < k; a++)
            sum += (double)v[a] * (double)W_O[(size_t)a * d + e];
        square += sum * sum;
    }
    return sqrt(square);
}

/* One row of attention over keys 0..i; left alone where nothing is given to it. */
static void weigh_row(float *row, int i, const double *sizes)
{
    double sum = 0.0;
    for (int j = 0; j <= i; j++)
        sum += (double)row[j] * sizes[j];
    for (int j = 0; j <= i && sum > 0.0; j++)
        row[j] = (float)((double)row[j] * sizes[j] / sum);
}

void ind_value_weight(const struct ind_params *params, int layer, struct ind_cache *cache,
                      double *sizes)
{
    const struct ind_config *c = &cache->config;
    const int T = cache->length, k = c->d_head, d = c->d_model;
    const size_t ld = (size_t)cache->qkv_stride;
    float *pattern = cache->layers[layer].pattern;
    for (int b = 0; b < cache->batch; b++) {
        for (int h = 0; h < c->heads; h++, pattern += (size_t)T * (size_t)T) {
            const float *v = cache->layers[layer].v + (size_t)b * T * ld + (size_t)h * k;
            const float *W_O = params->layers[layer].W_O + (size_t)h * k * d;
            for (int j = 0; j < T; j++)
                sizes[j] = size_of(v + (size_t)j * ld, W_O, k, d);
            for (int i = 0; i < T; i++)
                weigh_row(pattern + (size_t)i * T, i, sizes);
        }
    }
}
