#include <induct/patch/means.h>

#include <string.h>

#include <induct/model/pass.h>

void ind_forward_z(const struct ind_params *params, const int32_t *tokens, int token_stride,
                   int last, struct ind_cache *cache)
{
    ind_embed(params, tokens, token_stride, cache);
    for (int layer = 0; layer <= last; layer++) {
        ind_forward_attention(params, layer, NULL, 0, cache);
        if (layer < last)
            ind_forward_output(params, layer, cache);
    }
}

static size_t floats_of_z(const struct ind_cache *cache)
{
    return (size_t)cache->length * (size_t)cache->config.heads * (size_t)cache->config.d_head;
}

/* sums += z of the cache's sequences. */
static void add_z(const struct ind_cache *cache, int layer, double *sums)
{
    const size_t size = floats_of_z(cache);
    for (int b = 0; b < cache->batch; b++) {
        const float *z = cache->layers[layer].z + (size_t)b * size;
        for (size_t e = 0; e < size; e++)
            sums[e] += (double)z[e];
    }
}

void ind_mean_z(struct ind_cache *cache, int batch, const struct ind_params *params,
                const int32_t *tokens, int token_stride, int sequences, int last, double *sums,
                float *means)
{
    const size_t size = floats_of_z(cache), all = (size_t)(last + 1) * size;
    memset(sums, 0, all * sizeof *sums);
    struct ind_pass pass = {0};
    while (ind_pass_next(&pass, batch, sequences)) {
        cache->batch = pass.count;
        ind_forward_z(params, tokens + (size_t)pass.first * token_stride, token_stride, last,
                      cache);
        for (int layer = 0; layer <= last; layer++)
            add_z(cache, layer, sums + (size_t)layer * size);
    }
    for (size_t e = 0; e < all; e++)
        means[e] = (float)(sums[e] / sequences);
}
