#include <induct/model/params.h>

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/math/sums.h>

/* Where the view of a tensor is kept. */
static float **view_of(struct ind_params *params, const struct ind_tensor *tensor)
{
    struct ind_layer_params *layer = tensor->layer >= 0 ? &params->layers[tensor->layer] : NULL;
    switch (tensor->role) {
    case IND_W_E:
        return &params->W_E;
    case IND_W_POS:
        return &params->W_pos;
    case IND_W_Q:
        return &layer->W_Q;
    case IND_W_K:
        return &layer->W_K;
    case IND_W_V:
        return &layer->W_V;
    case IND_W_O:
        return &layer->W_O;
    case IND_B_Q:
        return &layer->b_Q;
    case IND_B_K:
        return &layer->b_K;
    case IND_B_V:
        return &layer->b_V;
    case IND_B_O:
        return &layer->b_O;
    case IND_LN1_W:
        return &layer->ln1_w;
    case IND_LN1_B:
        return &layer->ln1_b;
    case IND_LN_FINAL_W:
        return &params->ln_final_w;
    case IND_LN_FINAL_B:
        return &params->ln_final_b;
    case IND_W_U:
        return &params->W_U;
    case IND_B_U:
        return &params->b_U;
    case IND_SMEAR:
        return &layer->smear;
    }
    return NULL;
}

int ind_params_init(struct ind_params *params, const struct ind_layout *layout,
                    struct ind_error *err)
{
    *params = (struct ind_params){.layout = layout};
    if (ind_alloc_into(&params->data, layout->total, sizeof *params->data, err) ||
        ind_alloc_into(&params->layers, (size_t)layout->config.layers, sizeof *params->layers,
                       err)) {
        ind_params_release(params);
        return IND_FAILED;
    }
    for (int i = 0; i < layout->tensor_count; i++) {
        const struct ind_tensor *tensor = &layout->tensors[i];
        *view_of(params, tensor) = params->data + tensor->offset;
    }
    return IND_OK;
}

void ind_params_release(struct ind_params *params)
{
    free(params->data);
    free(params->layers);
    *params = (struct ind_params){0};
}

void ind_params_copy(struct ind_params *to, const struct ind_params *from)
{
    assert(to->layout->total == from->layout->total);
    memcpy(to->data, from->data, from->layout->total * sizeof *from->data);
    to->standing = from->standing;
}

/* ---- Positions ------------------------------------------------------------------------------ */

void ind_positions_sinusoidal(int rows, int d_model, float *out)
{
    for (int column = 0; column < d_model; column++) {
        double wavelength = pow(10000.0, (double)(column - column % 2) / d_model);
        for (int i = 0; i < rows; i++) {
            double angle = i / wavelength;
            out[(size_t)i * d_model + column] = (float)(column % 2 ? cos(angle) : sin(angle));
        }
    }
}

/* ---- Checks --------------------------------------------------------------------------------- */

const char *ind_params_find_nonfinite(const struct ind_params *params)
{
    const struct ind_layout *layout = params->layout;
    for (int i = 0; i < layout->tensor_count; i++) {
        const struct ind_tensor *tensor = &layout->tensors[i];
        if (!ind_all_finite(tensor->count, params->data + tensor->offset))
            return tensor->name;
    }
    return NULL;
}
