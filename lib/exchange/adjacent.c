/* Rotary positions by halves as rotary positions in adjacent pairs: the same function, its weights
 * in another order. */
#include <string.h>

#include <induct/exchange/export.h>

/* Where in theirs the column that stands at `i` in ours comes from: pairs (0, half), (1, half + 1),
 * ... side by side; what is not rotated stays. */
static int source_column(int i, int width)
{
    return i < width ? i / 2 + (i % 2) * (width / 2) : i;
}

/* Rows of d_head columns each. */
static void reorder(float *data, size_t rows, int d_head, int width, float *row)
{
    for (size_t i = 0; i < rows; i++, data += d_head) {
        memcpy(row, data, (size_t)d_head * sizeof *row);
        for (int k = 0; k < d_head; k++)
            data[k] = row[source_column(k, width)];
    }
}

int ind_export_adjacent(const struct ind_params *weights, struct ind_layout *layout,
                        struct ind_params *adjacent, struct ind_error *err)
{
    const struct ind_config *c = &weights->layout->config;
    struct ind_config config = *c;
    float row[16384]; /* the widest head that a configuration may have */
    config.rotary_adjacent = true;
    *layout = (struct ind_layout){0};
    *adjacent = (struct ind_params){0};
    if (ind_layout_init(layout, &config, err) != IND_OK ||
        ind_params_init(adjacent, layout, err) != IND_OK) {
        ind_layout_release(layout);
        return IND_FAILED;
    }
    memcpy(adjacent->data, weights->data, layout->total * sizeof *adjacent->data);
    if (c->positions != IND_POSITIONS_ROTARY || c->rotary_adjacent)
        return IND_OK;
    for (int i = 0; i < layout->tensor_count; i++) {
        const struct ind_tensor *tensor = &layout->tensors[i];
        if (tensor->role == IND_W_Q || tensor->role == IND_W_K || tensor->role == IND_B_Q ||
            tensor->role == IND_B_K)
            reorder(adjacent->data + tensor->offset, tensor->count / (size_t)c->d_head, c->d_head,
                    ind_config_rotary_dim(c), row);
    }
    return IND_OK;
}
