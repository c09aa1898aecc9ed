#include <assert.h>
#include <string.h>

#include <induct/score/pattern.h>

#include "score/engine/passes.h"

int ind_pattern_mean_init(struct ind_pattern_mean *mean, const struct ind_config *config,
                          const int32_t *tokens, int sequences, int stride, int length,
                          struct ind_error *err)
{
    assert(sequences >= 1 && length >= 1 && length <= stride);
    *mean = (struct ind_pattern_mean){.tokens = tokens, .sequences = sequences, .stride = stride};
    return ind_cache_init(&mean->cache, config, ind_pass_size(config, length, sequences), length, 0,
                          err);
}

void ind_pattern_mean_release(struct ind_pattern_mean *mean)
{
    ind_cache_release(&mean->cache);
    *mean = (struct ind_pattern_mean){0};
}

/* Adds the pass's sequences from `skip` on to every head's sum. */
static void add_pass(const struct ind_cache *cache, int skip, const struct ind_heads *heads,
                     double *sum)
{
    size_t matrix = (size_t)cache->length * (size_t)cache->length;
    for (int h = 0; h < heads->count; h++, sum += matrix)
        for (int b = skip; b < cache->batch; b++) {
            size_t place = (size_t)(b * cache->config.heads + heads->items[h].head) * matrix;
            const float *pattern = cache->layers[heads->items[h].layer].pattern + place;
            for (size_t i = 0; i < matrix; i++)
                sum[i] += (double)pattern[i];
        }
}

void ind_pattern_mean_run(struct ind_pattern_mean *mean, const struct ind_params *params,
                          const struct ind_heads *heads, double *out)
{
    struct ind_cache *cache = &mean->cache;
    size_t count = (size_t)heads->count * (size_t)cache->length * (size_t)cache->length;
    struct ind_pass pass = {0};
    memset(out, 0, count * sizeof *out);
    while (ind_pass_next(&pass, cache->batch, mean->sequences)) {
        ind_forward(params, mean->tokens + (size_t)pass.first * (size_t)mean->stride, mean->stride,
                    NULL, 0, cache);
        add_pass(cache, pass.skip, heads, out);
    }
    for (size_t i = 0; i < count; i++)
        out[i] /= mean->sequences;
}
