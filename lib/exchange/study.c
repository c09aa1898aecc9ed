/* The study's layout: torch.nn.Linear weights, y = x W^T, with Q, K and V of all heads in one. */
#include <stdio.h>

#include <induct/exchange/export.h>

static int check_fits(const struct ind_config *config, struct ind_error *err)
{
    if (config->norm != IND_NORM_NONE)
        return ind_fail(err, "the study's layout has no place for LayerNorm");
    if (config->bias)
        return ind_fail(err, "the study's layout has no place for biases");
    if (config->positions != IND_POSITIONS_SINUSOIDAL && config->positions != IND_POSITIONS_LEARNED)
        return ind_fail(err, "the study's layout has no place for %s positions",
                        ind_positions_name(config->positions));
    return IND_OK;
}

/* Rows of one of Q, K, V, [heads * d_head, d_model], from ours [heads, d_model, d_head]. */
static void put_head_rows(const struct ind_config *c, const float *weight, float *out)
{
    for (int head = 0; head < c->heads; head++)
        for (int i = 0; i < c->d_model; i++)
            for (int k = 0; k < c->d_head; k++)
                out[((size_t)head * c->d_head + k) * c->d_model + i] = *weight++;
}

/* out [columns, rows] from matrix [rows, columns]. */
static void transpose(const float *matrix, int rows, int columns, float *out)
{
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++)
            out[(size_t)j * rows + i] = matrix[(size_t)i * columns + j];
}

static int add_layer(struct ind_export *list, const struct ind_params *weights, int layer,
                     struct ind_error *err)
{
    const struct ind_config *c = &weights->layout->config;
    const struct ind_layer_params *from = &weights->layers[layer];
    int width = c->heads * c->d_head;
    size_t part = (size_t)width * c->d_model;
    const int64_t qkv_shape[2] = {3 * (int64_t)width, c->d_model}, o_shape[2] = {c->d_model, width};
    char name[64];
    snprintf(name, sizeof name, "attention_blocks.%d.W_qkv.weight", layer);
    float *qkv = ind_export_new(list, name, IND_F32, 2, qkv_shape, err);
    if (!qkv)
        return IND_FAILED;
    put_head_rows(c, from->W_Q, qkv);
    put_head_rows(c, from->W_K, qkv + part);
    put_head_rows(c, from->W_V, qkv + 2 * part);
    snprintf(name, sizeof name, "attention_blocks.%d.W_o.weight", layer);
    float *output = ind_export_new(list, name, IND_F32, 2, o_shape, err);
    if (!output)
        return IND_FAILED;
    transpose(from->W_O, width, c->d_model, output);
    return IND_OK;
}

int ind_export_study(struct ind_export *list, const struct ind_params *weights,
                     struct ind_error *err)
{
    const struct ind_config *c = &weights->layout->config;
    const int64_t tokens[2] = {c->vocab, c->d_model}, positions[2] = {c->context, c->d_model};
    if (check_fits(c, err) != IND_OK ||
        ind_export_borrow(list, "position_embedding", IND_F32, 2, positions, weights->W_pos, err) ||
        ind_export_borrow(list, "token_embedding.weight", IND_F32, 2, tokens, weights->W_E, err))
        return IND_FAILED;
    for (int layer = 0; layer < c->layers; layer++)
        if (add_layer(list, weights, layer, err) != IND_OK)
            return IND_FAILED;
    float *unembed = ind_export_new(list, "unembed.weight", IND_F32, 2, tokens, err);
    if (!unembed)
        return IND_FAILED;
    transpose(weights->W_U, c->d_model, c->vocab, unembed);
    return IND_OK;
}
