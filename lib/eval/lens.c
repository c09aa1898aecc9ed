/* One forward pass; then each earlier residual stream takes the place of the last one. */
#include <induct/eval/lens.h>

#include <string.h>

void ind_lens(struct ind_evaluator *evaluator, const struct ind_params *params,
              const struct ind_eval_data *data, struct ind_eval_count *counts)
{
    struct ind_cache *cache = &evaluator->cache;
    const int layers = cache->config.layers;
    for (int first = 0; first < data->sequences; first += cache->batch) {
        const int left = data->sequences - first;
        cache->batch = left < evaluator->batch ? left : evaluator->batch;
        const size_t size = (size_t)cache->batch * (size_t)cache->length *
                            (size_t)cache->config.d_model * sizeof(float);
        ind_forward(params, data->tokens + (size_t)first * data->context, data->context, NULL, 0,
                    cache);
        for (int layer = layers; layer >= 0; layer--) {
            if (layer < layers) {
                memcpy(cache->residual[layers], cache->residual[layer], size);
                ind_forward_layers(params, layers, NULL, 0, cache); /* the final norm alone */
            }
            ind_evaluate_cache(evaluator, params, cache, data, first,
                               counts + (size_t)layer * data->sequences + first);
        }
    }
}
