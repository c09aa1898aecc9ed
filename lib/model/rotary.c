/*
 * Rotary positions: dimension pairs (a, b) of every query and key are turned by the angle
 * position / base^(2m / rotary_dim), m = 0 .. rotary_dim/2 - 1:
 *
 *   a' = a cos - b sin,  b' = b cos + a sin
 *
 * Pair m is (m, m + rotary_dim/2), or (2m, 2m+1) when adjacent; dimensions from rotary_dim on are
 * left alone (TransformerLens's apply_rotary).
 */
#include "model/work.h"

#include <math.h>

void ind_rotary_table(const struct ind_config *config, int length, float *table)
{
    int half = ind_config_rotary_dim(config) / 2;
    for (int m = 0; m < half; m++) {
        double wavelength = pow(config->rotary_base, (double)m / half);
        for (int i = 0; i < length; i++) {
            float *entry = table + ((size_t)i * half + m) * 2;
            entry[0] = (float)cos(i / wavelength);
            entry[1] = (float)sin(i / wavelength);
        }
    }
}

static void rotate(const float *table, int half, bool adjacent, float sign, float *vector)
{
    for (int m = 0; m < half; m++) {
        float *a = vector + (adjacent ? 2 * m : m);
        float *b = adjacent ? a + 1 : a + half;
        float cosine = table[2 * m], sine = sign * table[2 * m + 1];
        float turned = *a * cosine - *b * sine;
        *b = *b * cosine + *a * sine;
        *a = turned;
    }
}

void ind_rotary_apply(const struct ind_cache *cache, int vectors, float sign, float *q)
{
    const struct ind_config *c = &cache->config;
    int half = ind_config_rotary_dim(c) / 2;
    size_t rows = (size_t)cache->batch * cache->length;
    for (size_t row = 0; row < rows; row++) {
        const float *table = cache->work->rotary + row % cache->length * half * 2;
        for (int h = 0; h < vectors; h++)
            rotate(table, half, c->rotary_adjacent, sign,
                   q + row * cache->qkv_stride + (size_t)h * c->d_head);
    }
}
