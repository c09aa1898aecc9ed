/*
 * The table of tensors. One pass lists the trained tensors, a second one those that are not, so
 * that an optimizer's range is [0, trained).
 */
#include <induct/model/params.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

/* Table and position in it while it is being filled. */
struct filling {
    struct ind_layout *layout;
    bool trained; /* which of the two passes this is */
};

static void add(struct filling *filling, enum ind_role role, int layer, const char *name,
                bool trained, int rank, int a, int b, int c)
{
    if (trained != filling->trained)
        return;
    struct ind_layout *layout = filling->layout;
    struct ind_tensor *tensor = &layout->tensors[layout->tensor_count++];
    *tensor = (struct ind_tensor){.role = role, .layer = layer, .rank = rank, .trained = trained};
    if (layer >= 0)
        snprintf(tensor->name, sizeof tensor->name, "blocks.%d.%s", layer, name);
    else
        snprintf(tensor->name, sizeof tensor->name, "%s", name);
    const int shape[3] = {a, b, c};
    tensor->count = 1;
    for (int i = 0; i < rank; i++) {
        tensor->shape[i] = shape[i];
        tensor->count *= (size_t)shape[i];
    }
    tensor->offset = layout->total;
    layout->total += tensor->count;
}

static void add_layer(struct filling *filling, const struct ind_config *c, int layer)
{
    int H = c->heads, d = c->d_model, k = c->d_head;
    if (c->norm == IND_NORM_LN) {
        add(filling, IND_LN1_W, layer, "ln1.w", true, 1, d, 0, 0);
        add(filling, IND_LN1_B, layer, "ln1.b", true, 1, d, 0, 0);
    }
    add(filling, IND_W_Q, layer, "attn.W_Q", true, 3, H, d, k);
    add(filling, IND_W_K, layer, "attn.W_K", true, 3, H, d, k);
    add(filling, IND_W_V, layer, "attn.W_V", true, 3, H, d, k);
    add(filling, IND_W_O, layer, "attn.W_O", true, 3, H, k, d);
    if (c->bias) {
        add(filling, IND_B_Q, layer, "attn.b_Q", true, 2, H, k, 0);
        add(filling, IND_B_K, layer, "attn.b_K", true, 2, H, k, 0);
        add(filling, IND_B_V, layer, "attn.b_V", true, 2, H, k, 0);
        add(filling, IND_B_O, layer, "attn.b_O", true, 1, d, 0, 0);
    }
}

static bool has_position_table(const struct ind_config *c)
{
    return c->positions == IND_POSITIONS_SINUSOIDAL || c->positions == IND_POSITIONS_LEARNED ||
           c->positions == IND_POSITIONS_SHORTFORMER;
}

static void add_all(struct filling *filling, const struct ind_config *c)
{
    add(filling, IND_W_E, -1, "embed.W_E", true, 2, c->vocab, c->d_model, 0);
    if (has_position_table(c))
        add(filling, IND_W_POS, -1, "pos_embed.W_pos", c->positions != IND_POSITIONS_SINUSOIDAL, 2,
            c->context, c->d_model, 0);
    for (int layer = 0; layer < c->layers; layer++)
        add_layer(filling, c, layer);
    if (c->norm == IND_NORM_LN) {
        add(filling, IND_LN_FINAL_W, -1, "ln_final.w", true, 1, c->d_model, 0, 0);
        add(filling, IND_LN_FINAL_B, -1, "ln_final.b", true, 1, c->d_model, 0, 0);
    }
    add(filling, IND_W_U, -1, "unembed.W_U", true, 2, c->d_model, c->vocab, 0);
    if (c->bias)
        add(filling, IND_B_U, -1, "unembed.b_U", true, 1, c->vocab, 0, 0);
}

int ind_layout_init(struct ind_layout *layout, const struct ind_config *config,
                    struct ind_error *err)
{
    *layout = (struct ind_layout){.config = *config};
    if (ind_config_check(config, err))
        return IND_FAILED;
    size_t room = 6 + 10 * (size_t)config->layers; /* of the largest kind of model */
    if (ind_alloc_into(&layout->tensors, room, sizeof *layout->tensors, err))
        return IND_FAILED;
    struct filling filling = {.layout = layout, .trained = true};
    add_all(&filling, config);
    layout->trained = layout->total;
    filling.trained = false;
    add_all(&filling, config);
    return IND_OK;
}

void ind_layout_release(struct ind_layout *layout)
{
    free(layout->tensors);
    layout->tensors = NULL;
    layout->tensor_count = 0;
}

const struct ind_tensor *ind_layout_find(const struct ind_layout *layout, const char *name)
{
    for (int i = 0; i < layout->tensor_count; i++) {
        if (strcmp(layout->tensors[i].name, name) == 0)
            return &layout->tensors[i];
    }
    return NULL;
}

const struct ind_tensor *ind_layout_role(const struct ind_layout *layout, enum ind_role role,
                                         int layer)
{
    for (int i = 0; i < layout->tensor_count; i++) {
        const struct ind_tensor *tensor = &layout->tensors[i];
        if (tensor->role == role && tensor->layer == layer)
            return tensor;
    }
    return NULL;
}
