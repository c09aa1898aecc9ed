/* One forward pass; then each earlier residual stream takes the place of the last one. */
#include <induct/eval/lens.h>

#include <string.h>

#include <induct/model/pass.h>

void ind_lens(struct ind_evaluator *evaluator, const struct ind_params *params,
              const struct ind_eval_data *data, struct ind_eval_count *counts)
{
    struct ind_cache *cache = &evaluator->cache;
    const int layers = cache->config.layers;
    struct ind_pass pass = {0};
    while (ind_pass_next(&pass, evaluator->batch, data->sequences)) {
        cache->batch = pass.count;
        const size_t size = (size_t)cache->batch * (size_t)cache->length *
                            (size_t)cache->config.d_model * sizeof(float);
        ind_forward(params, data->tokens + (size_t)pass.first * data->context, data->context, NULL,
                    0, cache);
        for (int layer = layers; layer >= 0; layer--) {
            if (layer < layers) {
                memcpy(cache->residual[layers], cache->residual[layer], size);
                ind_forward_layers(params, layers, NULL, 0, cache); /* the final norm alone */
            }
            ind_evaluate_cache(evaluator, params, cache, data, pass.first,
                               counts + (size_t)layer * data->sequences + pass.first);
        }
    }
}
