#include <induct/circuit/norms.h>

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- Which there are ------------------------------------------------------------------------- */

static bool is_table(const struct ind_tensor *tensor)
{
    return tensor->role == IND_W_E || tensor->role == IND_W_POS;
}

/* Does the tensor hold one slice a head? */
static bool is_of_heads(const struct ind_tensor *tensor)
{
    switch (tensor->role) {
    case IND_W_Q:
    case IND_W_K:
    case IND_W_V:
    case IND_W_O:
    case IND_B_Q:
    case IND_B_K:
    case IND_B_V:
        return true;
    default:
        return false;
    }
}

size_t ind_norms_count(const struct ind_layout *layout, bool each)
{
    const struct ind_config *config = &layout->config;
    size_t count = 2 * (size_t)config->layers * (size_t)config->heads;
    for (int i = 0; i < layout->tensor_count; i++) {
        const struct ind_tensor *tensor = &layout->tensors[i];
        count += is_of_heads(tensor) ? (size_t)config->heads : 1;
        if (tensor->role == IND_W_E)
            count += each ? 1 : 2; /* token 0 is one of each */
        if (is_table(tensor) && each)
            count += (size_t)tensor->shape[0];
    }
    return count;
}

size_t ind_norms_scratch(const struct ind_layout *layout)
{
    const size_t d = (size_t)layout->config.d_model, k = (size_t)layout->config.d_head;
    return 2 * d * k + 2 * k * k;
}

/* ---- One of them ----------------------------------------------------------------------------- */

static double sum_of_squares(const float *values, size_t count)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i] * (double)values[i];
    return sum;
}

/* "embed.W_E" -> "W_E", "blocks.1.attn.W_Q" of head 2 -> "L1H2.W_Q", "blocks.1.ln1.w" ->
   "L1.ln1.w" */
static void name_matrix(const struct ind_tensor *tensor, int head, char name[72])
{
    const char *last = strrchr(tensor->name, '.');
    const char *word = last == NULL ? tensor->name : last + 1;
    if (tensor->role == IND_LN1_W || tensor->role == IND_LN1_B)
        snprintf(name, 72, "L%d.ln1.%s", tensor->layer, word);
    else if (tensor->role == IND_LN_FINAL_W || tensor->role == IND_LN_FINAL_B)
        snprintf(name, 72, "ln_final.%s", word);
    else if (is_of_heads(tensor))
        snprintf(name, 72, "L%dH%d.%s", tensor->layer, head, word);
    else if (tensor->layer >= 0)
        snprintf(name, 72, "L%d.%s", tensor->layer, word);
    else
        snprintf(name, 72, "%s", word);
}

static struct ind_weight_norm *put_slices(const struct ind_params *params,
                                          const struct ind_tensor *tensor,
                                          struct ind_weight_norm *out)
{
    const int slices = is_of_heads(tensor) ? params->layout->config.heads : 1;
    const size_t size = tensor->count / (size_t)slices;
    for (int i = 0; i < slices; i++, out++) {
        const float *values = params->data + tensor->offset + (size_t)i * size;
        *out = (struct ind_weight_norm){.row = IND_ROWS_ALL,
                                        .norm = sqrt(sum_of_squares(values, size)),
                                        .row_mean = (double)NAN,
                                        .row_min = (double)NAN,
                                        .row_max = (double)NAN,
                                        .decays = tensor->trained};
        name_matrix(tensor, i, out->matrix);
    }
    return out;
}

/* Rows first.. of a table: their common norm and the spread of the single ones. */
static struct ind_weight_norm table_norm(const struct ind_params *params,
                                         const struct ind_tensor *tensor, int first, int row)
{
    const size_t d = (size_t)tensor->shape[1];
    const int rows = tensor->shape[0];
    struct ind_weight_norm norm = {
        .row = row, .row_min = (double)INFINITY, .decays = tensor->trained};
    double squares = 0.0;
    for (int i = first; i < rows; i++) {
        const double square = sum_of_squares(params->data + tensor->offset + (size_t)i * d, d);
        squares += square;
        norm.row_mean += sqrt(square) / (rows - first);
        norm.row_min = fmin(norm.row_min, sqrt(square));
        norm.row_max = fmax(norm.row_max, sqrt(square));
    }
    if (first >= rows)
        norm.row_mean = norm.row_min = norm.row_max = (double)NAN;
    norm.norm = sqrt(squares);
    name_matrix(tensor, 0, norm.matrix);
    return norm;
}

static struct ind_weight_norm row_norm(const struct ind_params *params,
                                       const struct ind_tensor *tensor, int row)
{
    const size_t d = (size_t)tensor->shape[1];
    const float *values = params->data + tensor->offset + (size_t)row * d;
    struct ind_weight_norm norm = {.row = row,
                                   .norm = sqrt(sum_of_squares(values, d)),
                                   .row_mean = (double)NAN,
                                   .row_min = (double)NAN,
                                   .row_max = (double)NAN,
                                   .decays = tensor->trained};
    name_matrix(tensor, 0, norm.matrix);
    return norm;
}

static struct ind_weight_norm *put_table(const struct ind_params *params,
                                         const struct ind_tensor *tensor, bool each,
                                         struct ind_weight_norm *out)
{
    *out++ = table_norm(params, tensor, 0, IND_ROWS_ALL);
    if (tensor->role == IND_W_E) {
        *out++ = table_norm(params, tensor, 1, IND_ROWS_FROM_1);
        if (!each)
            *out++ = row_norm(params, tensor, 0);
    }
    for (int row = 0; row < tensor->shape[0] && each; row++)
        *out++ = row_norm(params, tensor, row);
    return out;
}

/* ||A B^T||^2 = tr[(A^T A) (B^T B)] */
static struct ind_weight_norm product_norm(const struct ind_params *params, struct ind_head head,
                                           enum ind_head_matrix matrix, double *scratch)
{
    const struct ind_config *config = &params->layout->config;
    const int d = config->d_model, k = config->d_head;
    const size_t area = (size_t)d * (size_t)k, square = (size_t)k * (size_t)k;
    double *left = scratch, *right = left + area, *g = right + area, *h = g + square, sum = 0.0;
    ind_factors_read(params, head, matrix, IND_FOLD_NOTHING, left, right);
    ind_factor_gram(d, k, left, g);
    ind_factor_gram(d, k, right, h);
    for (size_t i = 0; i < square; i++)
        sum += g[i] * h[i];
    struct ind_weight_norm norm = {.row = IND_ROWS_ALL,
                                   .norm = sqrt(fmax(sum, 0.0)),
                                   .row_mean = (double)NAN,
                                   .row_min = (double)NAN,
                                   .row_max = (double)NAN,
                                   .decays = 2};
    snprintf(norm.matrix, sizeof norm.matrix, "L%dH%d.%s", head.layer, head.head,
             matrix == IND_MATRIX_QK ? "QK" : "OV");
    return norm;
}

void ind_norms_run(const struct ind_params *params, bool each, double *scratch,
                   struct ind_weight_norm *out)
{
    const struct ind_layout *layout = params->layout;
    struct ind_weight_norm *next = out;
    for (int i = 0; i < layout->tensor_count; i++) {
        const struct ind_tensor *tensor = &layout->tensors[i];
        next = is_table(tensor) ? put_table(params, tensor, each, next)
                                : put_slices(params, tensor, next);
    }
    for (int i = 0; i < layout->config.layers * layout->config.heads; i++) {
        const struct ind_head head = {i / layout->config.heads, i % layout->config.heads};
        *next++ = product_norm(params, head, IND_MATRIX_QK, scratch);
        *next++ = product_norm(params, head, IND_MATRIX_OV, scratch);
    }
    assert((size_t)(next - out) == ind_norms_count(layout, each));
}

double ind_pure_decay(double lr, double weight_decay, int decays, double epochs)
{
    return pow(1.0 - lr * weight_decay, decays * epochs);
}
