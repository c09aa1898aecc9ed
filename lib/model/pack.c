#include "model/work.h"

#include <string.h>

/* One of the three matrices: [heads, d_model, d_head] into columns of packed. */
static void pack(const struct ind_config *c, const float *weights, float *packed)
{
    size_t stride = (size_t)3 * c->heads * c->d_head;
    for (int h = 0; h < c->heads; h++) {
        for (int i = 0; i < c->d_model; i++) {
            const float *from = weights + ((size_t)h * c->d_model + i) * c->d_head;
            memcpy(packed + i * stride + (size_t)h * c->d_head, from,
                   (size_t)c->d_head * sizeof *from);
        }
    }
}

static void unpack_add(const struct ind_config *c, const float *packed, float *gradient)
{
    size_t stride = (size_t)3 * c->heads * c->d_head;
    for (int h = 0; h < c->heads; h++) {
        for (int i = 0; i < c->d_model; i++) {
            const float *from = packed + i * stride + (size_t)h * c->d_head;
            float *to = gradient + ((size_t)h * c->d_model + i) * c->d_head;
            for (int e = 0; e < c->d_head; e++)
                to[e] += from[e];
        }
    }
}

void ind_pack_qkv(const struct ind_config *config, const struct ind_layer_params *layer,
                  float *packed)
{
    size_t width = (size_t)config->heads * config->d_head;
    pack(config, layer->W_Q, packed);
    pack(config, layer->W_K, packed + width);
    pack(config, layer->W_V, packed + 2 * width);
}

void ind_unpack_qkv_add(const struct ind_config *config, const float *packed,
                        struct ind_layer_params *gradient)
{
    size_t width = (size_t)config->heads * config->d_head;
    unpack_add(config, packed, gradient->W_Q);
    unpack_add(config, packed + width, gradient->W_K);
    unpack_add(config, packed + 2 * width, gradient->W_V);
}
