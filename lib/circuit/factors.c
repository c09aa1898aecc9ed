#include <induct/circuit/factors.h>

#include <stddef.h>

#include <induct/math/product.h>
#include <induct/math/sums.h>

const char *ind_head_matrix_name(enum ind_head_matrix matrix)
{
    return matrix == IND_MATRIX_QK ? "qk" : "ov";
}

const char *ind_factor_caveat(const struct ind_config *config, enum ind_fold fold, int index)
{
    const struct {
        bool holds;
        const char *sentence;
    } caveats[] = {
        {config->norm != IND_NORM_NONE && fold == IND_FOLD_NORM,
         "LayerNorm: its centring and weights are folded into the matrices (--no-fold: not); its "
         "scale depends on the data and is left out"},
        {config->norm != IND_NORM_NONE && fold == IND_FOLD_NOTHING,
         "LayerNorm is not folded: the matrices are not what the residual stream meets"},
        {config->positions == IND_POSITIONS_ROTARY,
         "rotary positions: QK is that of a query and a key at distance zero"},
        {config->bias, "the biases take no part"},
    };
    for (size_t i = 0; i < sizeof caveats / sizeof caveats[0]; i++) {
        if (caveats[i].holds && index-- == 0)
            return caveats[i].sentence;
    }
    return NULL;
}

static const float *stored(const struct ind_layer_params *layer, enum ind_factor factor)
{
    switch (factor) {
    case IND_FACTOR_Q:
        return layer->W_Q;
    case IND_FACTOR_K:
        return layer->W_K;
    case IND_FACTOR_V:
        return layer->W_V;
    case IND_FACTOR_O:
        return layer->W_O;
    }
    return NULL;
}

/* out [d,k] = C diag(weight) out; weight may be NULL (LNPre: centring alone). */
static void fold_norm(int d, int k, const float *weight, double *out, size_t ld)
{
    for (int i = 0; i < d && weight != NULL; i++) {
        for (int j = 0; j < k; j++)
            out[(size_t)i * ld + j] *= (double)weight[i];
    }
    for (int j = 0; j < k; j++) {
        double sum = 0.0;
        for (int i = 0; i < d; i++)
            sum += out[(size_t)i * ld + j];
        for (int i = 0; i < d; i++)
            out[(size_t)i * ld + j] -= sum / d;
    }
}

void ind_factor_read_rows(const struct ind_params *params, struct ind_head head,
                          enum ind_factor factor, enum ind_fold fold, double *out, size_t ld)
{
    const struct ind_config *config = &params->layout->config;
    const struct ind_layer_params *layer = &params->layers[head.layer];
    const size_t d = (size_t)config->d_model, k = (size_t)config->d_head;
    const float *in = stored(layer, factor) + (size_t)head.head * d * k;
    if (factor == IND_FACTOR_O) {
        for (size_t j = 0; j < k; j++) {
            for (size_t i = 0; i < d; i++)
                out[i * ld + j] = (double)in[j * d + i];
        }
        return;
    }
    ind_widen(d, k, in, k, out, ld);
    if (config->norm != IND_NORM_NONE && fold == IND_FOLD_NORM)
        fold_norm(config->d_model, config->d_head, layer->ln1_w, out, ld);
}

void ind_factor_read(const struct ind_params *params, struct ind_head head, enum ind_factor factor,
                     enum ind_fold fold, double *out)
{
    ind_factor_read_rows(params, head, factor, fold, out, (size_t)params->layout->config.d_head);
}

void ind_factors_read(const struct ind_params *params, struct ind_head head,
                      enum ind_head_matrix matrix, enum ind_fold fold, double *left, double *right)
{
    const bool qk = matrix == IND_MATRIX_QK;
    ind_factor_read(params, head, qk ? IND_FACTOR_Q : IND_FACTOR_V, fold, left);
    ind_factor_read(params, head, qk ? IND_FACTOR_K : IND_FACTOR_O, fold, right);
}

void ind_factor_gram(int d, int k, const double *factor, double *out)
{
    ind_product_double(true, false, k, k, d, factor, k, factor, k, NULL, out, k);
}
