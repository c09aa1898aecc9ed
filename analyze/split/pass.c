/* The pass through the model that three of the tables stand on. */
#include "parts.h"

int split_check(const struct ind_study *study, struct ind_error *err)
{
    if (ind_split_check(study->config, err))
        return ind_error_context(err, "%s", study->series->path);
    return IND_OK;
}

int split_full(const struct ind_study *study)
{
    return ind_pass_size(study->config, study->config->context - 1, study->sample.sequences);
}

int split_cache_init(struct ind_cache *cache, const struct ind_study *study, unsigned keep,
                     struct ind_error *err)
{
    return ind_cache_init(cache, study->config, split_full(study), study->config->context - 1, keep,
                          err);
}

const int32_t *split_pass(const struct ind_study *study, const struct ind_params *params,
                          struct ind_pass *pass, struct ind_cache *cache)
{
    const int context = study->config->context;
    const int last_layer = study->heads.items[study->heads.count - 1].layer;
    if (!ind_pass_next(pass, split_full(study), study->sample.sequences))
        return NULL;
    const int32_t *tokens = study->sample.data->tokens + (size_t)pass->first * (size_t)context;
    cache->batch = pass->count;
    ind_embed(params, tokens, context, cache);
    for (int layer = 0; layer < last_layer; layer++) {
        ind_forward_attention(params, layer, NULL, 0, cache);
        ind_forward_output(params, layer, cache);
    }
    ind_forward_attention(params, last_layer, NULL, 0, cache);
    return tokens;
}
