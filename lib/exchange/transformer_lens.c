/* TransformerLens's state dict and configuration of a model. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <induct/exchange/export.h>
#include <induct/format/json.h>

static int add_weights(struct ind_export *list, const struct ind_params *weights,
                       struct ind_error *err)
{
    const struct ind_layout *layout = weights->layout;
    for (int i = 0; i < layout->tensor_count; i++) {
        const struct ind_tensor *tensor = &layout->tensors[i];
        int64_t shape[3];
        for (int k = 0; k < tensor->rank; k++)
            shape[k] = tensor->shape[k];
        if (tensor->role == IND_W_POS) /* as many rows as it has positions: n_ctx */
            shape[0] = layout->config.context;
        if (ind_export_borrow(list, tensor->name, IND_F32, tensor->rank, shape,
                              weights->data + tensor->offset, err) != IND_OK)
            return IND_FAILED;
    }
    return IND_OK;
}

/* What HookedTransformer has whether the model needs it or not: zeros, if the layout lacks it. A
 * vector if `columns` is 0. */
static int add_zeros(struct ind_export *list, const struct ind_layout *layout, const char *name,
                     int64_t rows, int64_t columns, struct ind_error *err)
{
    const int64_t shape[2] = {rows, columns};
    if (ind_layout_find(layout, name))
        return IND_OK;
    return ind_export_new(list, name, IND_F32, columns ? 2 : 1, shape, err) ? IND_OK : IND_FAILED;
}

static int add_zero_biases(struct ind_export *list, const struct ind_layout *layout, int layer,
                           struct ind_error *err)
{
    const struct ind_config *c = &layout->config;
    char name[48];
    for (const char *letter = "QKV"; *letter; letter++) {
        snprintf(name, sizeof name, "blocks.%d.attn.b_%c", layer, *letter);
        if (add_zeros(list, layout, name, c->heads, c->d_head, err) != IND_OK)
            return IND_FAILED;
    }
    snprintf(name, sizeof name, "blocks.%d.attn.b_O", layer);
    return add_zeros(list, layout, name, c->d_model, 0, err);
}

/* mask, which version 3 keeps empty and makes when it is used; IGNORE: what hidden scores
 * become. */
static int add_mask(struct ind_export *list, int layer, struct ind_error *err)
{
    char name[48];
    const int64_t none[2] = {0, 0};
    snprintf(name, sizeof name, "blocks.%d.attn.mask", layer);
    if (!ind_export_new(list, name, IND_BOOL, 2, none, err))
        return IND_FAILED;
    snprintf(name, sizeof name, "blocks.%d.attn.IGNORE", layer);
    float *ignore = ind_export_new(list, name, IND_F32, 0, NULL, err);
    if (!ignore)
        return IND_FAILED;
    *ignore = -INFINITY;
    return IND_OK;
}

/* Angles pos / base^(2m/rotary_dim) of dimension pair m, the pair lying side by side or half the
 * width apart. */
static int add_rotary(struct ind_export *list, const struct ind_config *c, int layer,
                      struct ind_error *err)
{
    char name[48];
    int width = c->rotary_dim ? c->rotary_dim : c->d_head, half = width / 2;
    const int64_t shape[2] = {c->context, width};
    snprintf(name, sizeof name, "blocks.%d.attn.rotary_sin", layer);
    float *sines = ind_export_new(list, name, IND_F32, 2, shape, err);
    snprintf(name, sizeof name, "blocks.%d.attn.rotary_cos", layer);
    float *cosines = sines ? ind_export_new(list, name, IND_F32, 2, shape, err) : NULL;
    if (!cosines)
        return IND_FAILED;
    for (int i = 0; i < c->context; i++) {
        for (int j = 0; j < width; j++) {
            int pair = c->rotary_adjacent ? j / 2 : j % half;
            double angle = i / pow(c->rotary_base, (double)pair / half);
            sines[i * width + j] = (float)sin(angle);
            cosines[i * width + j] = (float)cos(angle);
        }
    }
    return IND_OK;
}

int ind_export_lens(struct ind_export *list, const struct ind_params *weights,
                    struct ind_error *err)
{
    const struct ind_layout *layout = weights->layout;
    const struct ind_config *c = &layout->config;
    if (add_weights(list, weights, err) != IND_OK ||
        add_zeros(list, layout, "unembed.b_U", c->vocab, 0, err) != IND_OK)
        return IND_FAILED;
    if (c->positions == IND_POSITIONS_NONE &&
        add_zeros(list, layout, "pos_embed.W_pos", c->context, c->d_model, err) != IND_OK)
        return IND_FAILED;
    for (int layer = 0; layer < c->layers; layer++) {
        if (add_zero_biases(list, layout, layer, err) != IND_OK ||
            add_mask(list, layer, err) != IND_OK)
            return IND_FAILED;
        if (c->positions == IND_POSITIONS_ROTARY && add_rotary(list, c, layer, err) != IND_OK)
            return IND_FAILED;
    }
    return IND_OK;
}

/* A table added to the residual is "standard" there, trained or not; so is a table of zeros. */
static const char *lens_positions(enum ind_positions positions)
{
    switch (positions) {
    case IND_POSITIONS_ROTARY:
        return "rotary";
    case IND_POSITIONS_SHORTFORMER:
        return "shortformer";
    case IND_POSITIONS_SINUSOIDAL:
    case IND_POSITIONS_LEARNED:
    case IND_POSITIONS_NONE:
        break;
    }
    return "standard";
}

char *ind_export_lens_config(const struct ind_config *config)
{
    json_t *object = json_pack(
        "{s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:b, s:s, s:s, s:b, s:f, s:f, s:s, s:b}", "model_name",
        "induct", "n_layers", config->layers, "d_model", config->d_model, "n_ctx", config->context,
        "d_head", config->d_head, "n_heads", config->heads, "d_vocab", config->vocab, "attn_only",
        1, "positional_embedding_type", lens_positions(config->positions), "attention_dir",
        "causal", "use_attn_scale", 1, "attn_scale", ind_config_scale(config), "eps",
        config->norm_eps, "device", "cpu", "init_weights", 0);
    ind_json_put(&object, "normalization_type",
                 config->norm == IND_NORM_NONE ? json_null()
                                               : json_string(ind_norm_name(config->norm)));
    if (config->positions == IND_POSITIONS_ROTARY) {
        int width = config->rotary_dim ? config->rotary_dim : config->d_head;
        bool whole = config->rotary_base == floor(config->rotary_base);
        ind_json_put(&object, "rotary_dim", json_integer(width));
        ind_json_put(&object, "rotary_base",
                     whole ? json_integer((json_int_t)config->rotary_base)
                           : json_real(config->rotary_base));
        ind_json_put(&object, "rotary_adjacent_pairs", json_boolean(config->rotary_adjacent));
    }
    char *text = object ? ind_json_text(object, JSON_INDENT(2)) : NULL;
    json_decref(object);
    return text;
}
