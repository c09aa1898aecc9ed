/*
 * The table of tensors. One pass lists the trained tensors, a second one those that are not, so
 * that an optimizer's range is [0, trained).
 */
#include <induct/model/params.h>

#include <assert.h>
#include <fnmatch.h>
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
    if (c->smear)
        add(filling, IND_SMEAR, layer, "attn.smear", true, 1, H, 0, 0);
}

static void add_all(struct filling *filling, const struct ind_config *c)
{
    add(filling, IND_W_E, -1, "embed.W_E", true, 2, c->vocab, c->d_model, 0);
    if (ind_config_has_table(c))
        add(filling, IND_W_POS, -1, "pos_embed.W_pos", c->positions != IND_POSITIONS_SINUSOIDAL, 2,
            ind_config_position_rows(c), c->d_model, 0);
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
    size_t room = 6 + 11 * (size_t)config->layers; /* of the largest kind of model */
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

/* ---- Heads ----------------------------------------------------------------------------------- */

static int add_slices(const struct ind_layout *layout, int layer, int head,
                      const enum ind_role *roles, int role_count, struct ind_slice *slices)
{
    int count = 0;
    for (int r = 0; r < role_count; r++) {
        const struct ind_tensor *tensor = ind_layout_role(layout, roles[r], layer);
        if (tensor == NULL)
            continue;
        assert(head >= 0 && head < tensor->shape[0]);
        const size_t each = tensor->count / (size_t)tensor->shape[0];
        slices[count++] = (struct ind_slice){tensor->offset + (size_t)head * each, each};
    }
    return count;
}

int ind_head_slices(const struct ind_layout *layout, int layer, int head, unsigned circuits,
                    struct ind_slice slices[IND_HEAD_SLICES])
{
    static const enum ind_role qk[] = {IND_W_Q, IND_W_K, IND_B_Q, IND_B_K, IND_SMEAR};
    static const enum ind_role ov[] = {IND_W_V, IND_W_O, IND_B_V};
    assert(layer >= 0 && layer < layout->config.layers);
    int count = 0;
    if (circuits & IND_QK)
        count += add_slices(layout, layer, head, qk, 5, slices);
    if (circuits & IND_OV)
        count += add_slices(layout, layer, head, ov, 3, slices + count);
    return count;
}

/* ---- Tensors by words ------------------------------------------------------------------------ */

static bool is_norm(const struct ind_tensor *tensor)
{
    return tensor->role == IND_LN1_W || tensor->role == IND_LN1_B ||
           tensor->role == IND_LN_FINAL_W || tensor->role == IND_LN_FINAL_B;
}

static const char *last_part(const struct ind_tensor *tensor)
{
    const char *dot = strrchr(tensor->name, '.');
    return dot ? dot + 1 : tensor->name;
}

static bool is_in_group(const struct ind_tensor *tensor, const char *word)
{
    if (strcmp(word, "all") == 0)
        return true;
    if (strcmp(word, "embed") == 0)
        return tensor->role == IND_W_E;
    if (strcmp(word, "pos") == 0)
        return tensor->role == IND_W_POS;
    if (strcmp(word, "unembed") == 0)
        return tensor->role == IND_W_U || tensor->role == IND_B_U;
    if (strcmp(word, "attn") == 0)
        return tensor->layer >= 0 && !is_norm(tensor);
    if (strcmp(word, "norm") == 0)
        return is_norm(tensor);
    return strcmp(word, "bias") == 0 && strncmp(last_part(tensor), "b_", 2) == 0;
}

static bool fits(const struct ind_tensor *tensor, const char *word)
{
    char layer[16];
    snprintf(layer, sizeof layer, "L%d", tensor->layer);
    return is_in_group(tensor, word) || (tensor->layer >= 0 && strcmp(word, layer) == 0) ||
           fnmatch(word, tensor->name, 0) == 0 || fnmatch(word, last_part(tensor), 0) == 0;
}

int ind_layout_select(const struct ind_layout *layout, const char *words, bool *chosen,
                      struct ind_error *err)
{
    for (const char *end; *words; words = *end ? end + 1 : end) {
        char word[64];
        int found = 0;
        end = words + strcspn(words, ",");
        snprintf(word, sizeof word, "%.*s", (int)(end - words), words);
        for (int t = 0; t < layout->tensor_count; t++) {
            if (!fits(&layout->tensors[t], word))
                continue;
            chosen[t] = true;
            found++;
        }
        if (found == 0)
            return ind_fail(err,
                            "no tensor is called '%s': there are all, embed, pos, attn, unembed, "
                            "norm, bias, L0, names (blocks.0.attn.W_Q) and their last parts (W_Q)",
                            word);
    }
    return IND_OK;
}
