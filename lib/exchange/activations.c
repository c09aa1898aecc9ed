/* A cache under TransformerLens's hook names. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <induct/math/product.h>
#include <induct/exchange/export.h>

enum { HOOK_ROOM = 96 };

struct gather {
    struct ind_export *list;
    const struct ind_params *weights;
    const struct ind_cache *cache;
    const struct ind_config *config;
    int64_t batch, length;
    size_t rows;
    struct ind_error *err;
};

/* "blocks.L.HOOK", or HOOK alone for layer -1. */
static const char *hook(int layer, const char *name, char out[HOOK_ROOM])
{
    if (layer < 0)
        snprintf(out, HOOK_ROOM, "%s", name);
    else
        snprintf(out, HOOK_ROOM, "blocks.%d.%s", layer, name);
    return out;
}

/* [batch, length, width] of the list's own. */
static float *new_rows(struct gather *g, int layer, const char *name, int64_t width)
{
    char text[HOOK_ROOM];
    const int64_t shape[3] = {g->batch, g->length, width};
    return ind_export_new(g->list, hook(layer, name, text), IND_F32, 3, shape, g->err);
}

static int borrow_rows(struct gather *g, int layer, const char *name, const float *data)
{
    char text[HOOK_ROOM];
    const int64_t shape[3] = {g->batch, g->length, g->config->d_model};
    return ind_export_borrow(g->list, hook(layer, name, text), IND_F32, 3, shape, data, g->err);
}

/* [batch, length, heads, d_head] from rows that lie `stride` floats apart. */
static int add_heads(struct gather *g, int layer, const char *name, const float *data,
                     size_t stride)
{
    char text[HOOK_ROOM];
    const int64_t shape[4] = {g->batch, g->length, g->config->heads, g->config->d_head};
    size_t width = (size_t)g->config->heads * (size_t)g->config->d_head;
    float *out = ind_export_new(g->list, hook(layer, name, text), IND_F32, 4, shape, g->err);
    if (!out)
        return IND_FAILED;
    for (size_t row = 0; row < g->rows; row++)
        memcpy(out + row * width, data + row * stride, width * sizeof *out);
    return IND_OK;
}

static int borrow_squares(struct gather *g, int layer, const char *name, const float *data)
{
    char text[HOOK_ROOM];
    const int64_t shape[4] = {g->batch, g->config->heads, g->length, g->length};
    return ind_export_borrow(g->list, hook(layer, name, text), IND_F32, 4, shape, data, g->err);
}

static int add_embeddings(struct gather *g, const int32_t *tokens, int token_stride)
{
    const struct ind_config *c = g->config;
    size_t width = (size_t)c->d_model;
    const int64_t shape[2] = {g->batch, g->length};
    int64_t *numbers = ind_export_new(g->list, "tokens", IND_I64, 2, shape, g->err);
    float *embed = numbers ? new_rows(g, -1, "hook_embed", c->d_model) : NULL;
    if (!embed)
        return IND_FAILED;
    for (size_t row = 0; row < g->rows; row++) {
        size_t sequence = row / (size_t)g->length, position = row % (size_t)g->length;
        numbers[row] = tokens[sequence * (size_t)token_stride + position];
        memcpy(embed + row * width, g->weights->W_E + (size_t)numbers[row] * width,
               width * sizeof *embed);
    }
    if (!g->weights->W_pos)
        return IND_OK;
    float *positions = new_rows(g, -1, "hook_pos_embed", c->d_model);
    if (!positions)
        return IND_FAILED;
    for (size_t row = 0; row < g->rows; row++)
        memcpy(positions + row * width, g->weights->W_pos + row % (size_t)g->length * width,
               width * sizeof *positions);
    return IND_OK;
}

/* hook_scale is the divisor; hook_normalized is before weight and bias. */
static int add_norm(struct gather *g, int layer, const char *module, const float *residual,
                    const float *inverse)
{
    char name[48];
    size_t width = (size_t)g->config->d_model;
    if (!inverse)
        return IND_OK;
    snprintf(name, sizeof name, "%s.hook_scale", module);
    float *scale = new_rows(g, layer, name, 1);
    snprintf(name, sizeof name, "%s.hook_normalized", module);
    float *normed = scale ? new_rows(g, layer, name, g->config->d_model) : NULL;
    if (!normed)
        return IND_FAILED;
    for (size_t row = 0; row < g->rows; row++) {
        const float *x = residual + row * width;
        double mean = 0;
        for (size_t i = 0; i < width; i++)
            mean += (double)x[i];
        mean /= (double)width;
        scale[row] = 1.0f / inverse[row];
        for (size_t i = 0; i < width; i++)
            normed[row * width + i] = (float)(((double)x[i] - mean) * (double)inverse[row]);
    }
    return IND_OK;
}

/* Queries or keys before rotation: the cache holds them after it. */
static int add_unrotated(struct gather *g, int layer, const char *name, const float *weight,
                         const float *bias)
{
    char text[HOOK_ROOM];
    const struct ind_config *c = g->config;
    const int64_t shape[4] = {g->batch, g->length, c->heads, c->d_head};
    int width = c->heads * c->d_head;
    float *out = ind_export_new(g->list, hook(layer, name, text), IND_F32, 4, shape, g->err);
    if (!out)
        return IND_FAILED;
    for (int head = 0; head < c->heads; head++)
        ind_product(false, false, (int)g->rows, c->d_head, c->d_model,
                    g->cache->layers[layer].normed, c->d_model,
                    weight + (size_t)head * (size_t)c->d_model * (size_t)c->d_head, c->d_head, NULL,
                    out + head * c->d_head, width);
    for (size_t i = 0; bias && i < g->rows * (size_t)width; i++)
        out[i] += bias[i % (size_t)width];
    return IND_OK;
}

static int add_attention_inputs(struct gather *g, int layer)
{
    const struct ind_layer_cache *from = &g->cache->layers[layer];
    const struct ind_layer_params *w = &g->weights->layers[layer];
    size_t stride = (size_t)g->cache->qkv_stride;
    if (add_heads(g, layer, "attn.hook_v", from->v, stride) != IND_OK)
        return IND_FAILED;
    if (g->config->positions != IND_POSITIONS_ROTARY)
        return add_heads(g, layer, "attn.hook_q", from->q, stride) != IND_OK
                   ? IND_FAILED
                   : add_heads(g, layer, "attn.hook_k", from->k, stride);
    if (add_unrotated(g, layer, "attn.hook_q", w->W_Q, w->b_Q) != IND_OK ||
        add_unrotated(g, layer, "attn.hook_k", w->W_K, w->b_K) != IND_OK ||
        add_heads(g, layer, "attn.hook_rot_q", from->q, stride) != IND_OK)
        return IND_FAILED;
    return add_heads(g, layer, "attn.hook_rot_k", from->k, stride);
}

/* z W_O + b_O: what the layer adds to the residual. */
static int add_attention_out(struct gather *g, int layer)
{
    const struct ind_layer_params *w = &g->weights->layers[layer];
    int d_model = g->config->d_model, width = g->config->heads * g->config->d_head;
    float *out = new_rows(g, layer, "hook_attn_out", d_model);
    if (!out)
        return IND_FAILED;
    ind_product(false, false, (int)g->rows, d_model, width, g->cache->layers[layer].z, width,
                w->W_O, d_model, NULL, out, d_model);
    for (size_t i = 0; w->b_O && i < g->rows * (size_t)d_model; i++)
        out[i] += w->b_O[i % (size_t)d_model];
    return IND_OK;
}

static int add_layer(struct gather *g, int layer)
{
    const struct ind_layer_cache *from = &g->cache->layers[layer];
    size_t width = (size_t)g->config->heads * (size_t)g->config->d_head;
    if (borrow_rows(g, layer, "hook_resid_pre", g->cache->residual[layer]) != IND_OK ||
        add_norm(g, layer, "ln1", g->cache->residual[layer], from->norm_scale) != IND_OK ||
        add_attention_inputs(g, layer) != IND_OK ||
        borrow_squares(g, layer, "attn.hook_attn_scores", from->scores) != IND_OK ||
        borrow_squares(g, layer, "attn.hook_pattern", from->pattern) != IND_OK ||
        add_heads(g, layer, "attn.hook_z", from->z, width) != IND_OK ||
        add_attention_out(g, layer) != IND_OK)
        return IND_FAILED;
    return borrow_rows(g, layer, "hook_resid_post", g->cache->residual[layer + 1]);
}

int ind_export_activations(struct ind_export *list, const struct ind_params *weights,
                           const struct ind_cache *cache, const int32_t *tokens, int token_stride,
                           struct ind_error *err)
{
    struct gather g = {.list = list,
                       .weights = weights,
                       .cache = cache,
                       .config = &cache->config,
                       .batch = cache->batch,
                       .length = cache->length,
                       .rows = (size_t)cache->batch * (size_t)cache->length,
                       .err = err};
    int layers = cache->config.layers;
    if (add_embeddings(&g, tokens, token_stride) != IND_OK)
        return IND_FAILED;
    for (int layer = 0; layer < layers; layer++)
        if (add_layer(&g, layer) != IND_OK)
            return IND_FAILED;
    if (add_norm(&g, -1, "ln_final", cache->residual[layers], cache->final_scale) != IND_OK)
        return IND_FAILED;
    float *logits = new_rows(&g, -1, "logits", cache->config.vocab);
    if (!logits)
        return IND_FAILED;
    ind_logits(weights, cache, 0, (int)g.rows, logits);
    return IND_OK;
}
