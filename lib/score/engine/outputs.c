#include "score/engine/outputs.h"

size_t ind_score_output_room(int d_head)
{
    return (size_t)d_head * (1 + 3 * (size_t)d_head);
}

void ind_score_output_add(const struct ind_cache *cache, int layer, int period, double *sums)
{
    const int k = cache->config.d_head, heads = cache->config.heads, T = cache->length;
    const float *z = cache->layers[layer].z;
    for (int row = 0; row < cache->batch * T; row++) {
        for (int h = 0; h < heads && row % T >= period; h++) {
            const float *of = z + ((size_t)row * heads + h) * k;
            double *sum = sums + (size_t)h * ind_score_output_room(k), *squares = sum + k;
            for (int a = 0; a < k; a++) {
                sum[a] += (double)of[a];
                for (int b = 0; b < k; b++)
                    squares[a * k + b] += (double)of[a] * (double)of[b];
            }
        }
    }
}

struct ind_score_output ind_score_output_of(const struct ind_params *params, struct ind_head head,
                                            double rows, double *sums)
{
    const struct ind_config *c = &params->layout->config;
    const size_t k = (size_t)c->d_head, d = (size_t)c->d_model;
    const float *W_O = params->layers[head.layer].W_O + (size_t)head.head * k * d;
    const double *squares = sums + k;
    double *covariance = sums + k + k * k, *gram = covariance + k * k;
    for (size_t a = 0; a < k; a++) {
        for (size_t b = 0; b < k; b++) {
            covariance[a * k + b] = squares[a * k + b] / rows - sums[a] / rows * (sums[b] / rows);
            gram[a * k + b] = 0.0;
            for (size_t e = 0; e < d; e++)
                gram[a * k + b] += (double)W_O[a * d + e] * (double)W_O[b * d + e];
        }
    }
    return (struct ind_score_output){c->d_head, covariance, gram};
}
