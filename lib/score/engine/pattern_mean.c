#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/model/pass.h>
#include <induct/score/pattern.h>

#include "score/engine/value_weight.h"

int ind_pattern_mean_init(struct ind_pattern_mean *mean, const struct ind_config *config,
                          const int32_t *tokens, int sequences, int stride, int length,
                          struct ind_error *err)
{
    assert(sequences >= 1 && length >= 1 && length <= stride);
    *mean = (struct ind_pattern_mean){.tokens = tokens, .sequences = sequences, .stride = stride};
    mean->batch = ind_pass_size(config, length, sequences);
    if (ind_cache_init(&mean->cache, config, mean->batch, length, IND_LAYER_PATTERNS, err) ==
            IND_OK &&
        ind_alloc_into(&mean->sizes, (size_t)length, sizeof *mean->sizes, err) == IND_OK)
        return IND_OK;
    ind_pattern_mean_release(mean);
    return IND_FAILED;
}

void ind_pattern_mean_release(struct ind_pattern_mean *mean)
{
    ind_cache_release(&mean->cache);
    free(mean->sizes);
    *mean = (struct ind_pattern_mean){0};
}

/* Adds the layer's patterns of the pass to the sums of its heads. */
static void add_layer(const struct ind_cache *cache, int layer, const struct ind_heads *heads,
                      double *sums)
{
    const size_t matrix = (size_t)cache->length * (size_t)cache->length;
    for (int h = 0; h < heads->count; h++, sums += matrix) {
        if (heads->items[h].layer != layer)
            continue;
        for (int b = 0; b < cache->batch; b++) {
            const size_t map = (size_t)(b * cache->config.heads + heads->items[h].head);
            const float *pattern = cache->layers[layer].pattern + map * matrix;
            for (size_t i = 0; i < matrix; i++)
                sums[i] += (double)pattern[i];
        }
    }
}

void ind_pattern_mean_run(struct ind_pattern_mean *mean, const struct ind_params *params,
                          const struct ind_heads *heads, double *out)
{
    struct ind_cache *cache = &mean->cache;
    const int last = heads->items[heads->count - 1].layer;
    const size_t count = (size_t)heads->count * (size_t)cache->length * (size_t)cache->length;
    struct ind_pass pass = {0};
    memset(out, 0, count * sizeof *out);
    while (ind_pass_next(&pass, mean->batch, mean->sequences)) {
        cache->batch = pass.count;
        ind_embed(params, mean->tokens + (size_t)pass.first * (size_t)mean->stride, mean->stride,
                  cache);
        for (int layer = 0; layer <= last; layer++) {
            ind_forward_attention(params, layer, NULL, 0, cache);
            if (mean->value_weighted)
                ind_value_weight(params, layer, cache, mean->sizes);
            add_layer(cache, layer, heads, out);
            if (layer < last)
                ind_forward_output(params, layer, cache);
        }
    }
    for (size_t i = 0; i < count; i++)
        out[i] /= mean->sequences;
}
