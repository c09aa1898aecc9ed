/* One of our tensors out of somebody's: cut, turned, and its heads put in our order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

#include "exchange/work.h"

/* A few numbers over and over (expanded tensors, tied weights, 16-bit elements) may honestly give
 * several times the file's size; more would be a small file asking for all memory. */
enum { GROWTH_LIMIT = 16, GROWTH_FREE = 1 << 20 };

const struct ind_foreign_tensor *ind_import_tensor(const struct ind_import_work *work,
                                                   const char *ours, int layer)
{
    const struct ind_rule *rule = ind_mapping_rule(work->mapping, ours);
    return rule ? ind_rule_find(rule, &work->view, layer, 0) : NULL;
}

struct ind_foreign_tensor ind_import_squeeze(const struct ind_foreign_tensor *tensor, int rank)
{
    struct ind_foreign_tensor flat = *tensor;
    for (int i = 0; i < flat.rank && flat.rank > rank;) {
        if (flat.shape[i] != 1) {
            i++;
            continue;
        }
        flat.rank--;
        for (int k = i; k < flat.rank; k++) {
            flat.shape[k] = flat.shape[k + 1];
            flat.stride[k] = flat.stride[k + 1];
        }
    }
    return flat;
}

int ind_import_values(struct ind_import_work *work, const struct ind_foreign_tensor *tensor,
                      float **values, size_t *count, struct ind_error *err)
{
    *values = NULL;
    *count = ind_foreign_elements(tensor);
    if (tensor->flaw)
        return ind_fail(err, "tensor %s: %s", tensor->name, tensor->flaw);
    if (*count / GROWTH_LIMIT > work->foreign->file_size + GROWTH_FREE)
        return ind_fail(err,
                        "tensor %s claims %zu elements, more than %d times the size of the file",
                        tensor->name, *count, GROWTH_LIMIT);
    if (ind_alloc_into(values, *count, sizeof **values, err) != IND_OK)
        return IND_FAILED;
    if (ind_foreign_values(work->foreign, tensor, *values, err) == IND_OK)
        return IND_OK;
    free(*values);
    *values = NULL;
    return IND_FAILED;
}

/* Theirs as a matrix [rows, columns], of which `size` along `axis` is taken, `block` by block. */
struct cut {
    int64_t rows, columns, size, block, step, start;
    int axis;
};

static int plan_cut(const struct ind_foreign_tensor *from, const struct ind_rule *rule, int d_head,
                    struct cut *cut, struct ind_error *err)
{
    if (from->rank < 1 || from->rank > 2 || rule->axis >= from->rank) {
        char theirs[96];
        return ind_fail(err, "tensor %s is %s in shape: neither ours nor a matrix", from->name,
                        ind_shape_text(from->rank, from->shape, theirs));
    }
    *cut = (struct cut){.rows = from->shape[0],
                        .columns = from->rank == 2 ? from->shape[1] : 1,
                        .axis = rule->axis};
    int64_t whole = cut->axis == 0 ? cut->rows : cut->columns;
    cut->size = whole / rule->parts;
    cut->block = rule->per_head ? d_head : cut->size;
    cut->step = cut->block * rule->parts;
    cut->start = cut->block * rule->take;
    if (whole % rule->parts || cut->block == 0 || cut->size % cut->block)
        return ind_fail(err, "tensor %s: %lld along axis %d do not split into %d parts", from->name,
                        (long long)whole, cut->axis, rule->parts);
    if (cut->axis == 0)
        cut->rows = cut->size;
    else
        cut->columns = cut->size;
    return IND_OK;
}

/* Position in theirs, along the axis that is cut, of position `i` of the part. */
static int64_t uncut(const struct cut *cut, int64_t i)
{
    return i / cut->block * cut->step + cut->start + i % cut->block;
}

static bool is_head_input(enum ind_role role)
{
    return role == IND_W_Q || role == IND_W_K || role == IND_W_V;
}

/* Our tensor as a matrix, its heads merged. */
static void our_extents(const struct ind_tensor *tensor, int64_t *rows, int64_t *columns)
{
    const int *shape = tensor->shape;
    bool bias = tensor->role == IND_B_Q || tensor->role == IND_B_K || tensor->role == IND_B_V;
    if (is_head_input(tensor->role)) { /* [heads, d_model, d_head] */
        *rows = shape[1];
        *columns = (int64_t)shape[0] * shape[2];
    } else if (tensor->rank == 1 || bias) {
        *rows = (int64_t)tensor->count;
        *columns = 1;
    } else { /* W_O [heads, d_head, d_model] and plain matrices */
        *columns = shape[tensor->rank - 1];
        *rows = (int64_t)tensor->count / *columns;
    }
}

/* Element (row, column) of the merged matrix in our buffer. */
static size_t our_place(const struct ind_tensor *tensor, int64_t columns, int64_t row,
                        int64_t column)
{
    if (!is_head_input(tensor->role))
        return (size_t)(row * columns + column);
    int64_t d_model = tensor->shape[1], d_head = tensor->shape[2];
    return (size_t)((column / d_head * d_model + row) * d_head + column % d_head);
}

static int copy_matrix(const struct ind_foreign_tensor *from, const struct ind_rule *rule,
                       const struct ind_tensor *tensor, const struct cut *cut, const float *values,
                       float *data, struct ind_error *err)
{
    int64_t rows, columns, width = from->rank == 2 ? from->shape[1] : 1;
    our_extents(tensor, &rows, &columns);
    bool turned = rule->transpose && from->rank == 2;
    if (rows != (turned ? cut->columns : cut->rows) ||
        columns != (turned ? cut->rows : cut->columns))
        return ind_fail(err, "tensor %s gives [%lld, %lld], %s needs [%lld, %lld]", from->name,
                        (long long)(turned ? cut->columns : cut->rows),
                        (long long)(turned ? cut->rows : cut->columns), tensor->name,
                        (long long)rows, (long long)columns);
    for (int64_t i = 0; i < cut->rows; i++) {
        const float *row = values + (cut->axis == 0 ? uncut(cut, i) : i) * width;
        for (int64_t j = 0; j < cut->columns; j++) {
            float value = row[cut->axis == 1 ? uncut(cut, j) : j];
            data[turned ? our_place(tensor, columns, j, i) : our_place(tensor, columns, i, j)] =
                value;
        }
    }
    return IND_OK;
}

static bool same_shape(const struct ind_foreign_tensor *from, const struct ind_tensor *tensor)
{
    bool same = from->rank == tensor->rank;
    for (int i = 0; same && i < tensor->rank; i++)
        same = from->shape[i] == tensor->shape[i];
    return same;
}

static int take_matrix(struct ind_import_work *work, const struct ind_config *config,
                       const struct ind_foreign_tensor *from, const struct ind_rule *rule,
                       const struct ind_tensor *tensor, float *data, struct ind_error *err)
{
    struct cut cut = {0};
    float *values;
    size_t count;
    if (plan_cut(from, rule, config->d_head, &cut, err) != IND_OK ||
        ind_import_values(work, from, &values, &count, err) != IND_OK)
        return IND_FAILED;
    int status = copy_matrix(from, rule, tensor, &cut, values, data, err);
    free(values);
    return status;
}

static bool is_vector(const struct ind_tensor *tensor)
{
    return tensor->rank == 1 || tensor->role == IND_B_Q || tensor->role == IND_B_K ||
           tensor->role == IND_B_V;
}

/* One of their tensors as (a head of) one of ours. */
static int take_one(struct ind_import_work *work, const struct ind_config *config,
                    const struct ind_foreign_tensor *from, const struct ind_rule *rule,
                    const struct ind_tensor *tensor, float *data, struct ind_error *err)
{
    if (from->flaw)
        return ind_fail(err, "tensor %s: %s", from->name, from->flaw);
    struct ind_foreign_tensor flat = ind_import_squeeze(from, tensor->rank);
    bool whole = rule->parts == 1 && !rule->transpose;
    if (whole && same_shape(&flat, tensor))
        return ind_foreign_read(work->foreign, &flat, data, err);
    if (!ind_dtype_is_float(from->dtype))
        return ind_fail(err, "tensor %s holds %s, no weights", from->name,
                        ind_dtype_name(from->dtype));
    flat = ind_import_squeeze(from, is_vector(tensor) ? 1 : 2);
    if (flat.rank == 3 || (flat.rank != from->rank && flat.rank < 1)) {
        char theirs[96], ours[96];
        const int64_t shape[3] = {tensor->shape[0], tensor->shape[1], tensor->shape[2]};
        return ind_fail(err, "tensor %s is %s in shape, %s needs %s%s", from->name,
                        ind_shape_text(from->rank, from->shape, theirs), tensor->name,
                        ind_shape_text(tensor->rank, shape, ours),
                        is_head_input(tensor->role) && from->rank == 3 && from->shape[2] == shape[1]
                            ? " (weights that stand left of their input, as in the first "
                              "versions of TransformerLens?)"
                            : "");
    }
    return take_matrix(work, config, &flat, rule, tensor, data, err);
}

/* Each head from a tensor of its own: ours have the head outermost. */
static int take_heads(struct ind_import_work *work, const struct ind_config *config,
                      const struct ind_rule *rule, const struct ind_tensor *tensor, float *data,
                      struct ind_error *err)
{
    struct ind_tensor head = *tensor;
    head.shape[0] = 1;
    head.count = tensor->count / (size_t)config->heads;
    for (int i = 0; i < config->heads; i++) {
        const struct ind_foreign_tensor *from = ind_rule_find(rule, &work->view, tensor->layer, i);
        if (!from)
            return ind_fail(err, "no tensor for head %d of %s", i, tensor->name);
        if (take_one(work, config, from, rule, &head, data + (size_t)i * head.count, err) != IND_OK)
            return IND_FAILED;
    }
    return IND_OK;
}

/* "blocks.{L}.attn.W_Q" for "blocks.1.attn.W_Q". */
static void generic_name(const struct ind_tensor *tensor, char out[IND_NAME_ROOM])
{
    const char *rest = tensor->name;
    if (tensor->layer >= 0)
        rest = strchr(rest + strlen("blocks."), '.');
    snprintf(out, IND_NAME_ROOM, "%s%s", tensor->layer >= 0 ? "blocks.{L}" : "", rest);
}

int ind_import_take(struct ind_import_work *work, const struct ind_config *config,
                    const struct ind_tensor *tensor, float *data, bool *found,
                    struct ind_error *err)
{
    char ours[IND_NAME_ROOM];
    generic_name(tensor, ours);
    const struct ind_rule *rule = ind_mapping_rule(work->mapping, ours);
    const struct ind_foreign_tensor *from = ind_import_tensor(work, ours, tensor->layer);
    *found = from != NULL;
    if (!from)
        return IND_OK;
    if (rule->by_head)
        return take_heads(work, config, rule, tensor, data, err);
    return take_one(work, config, from, rule, tensor, data, err);
}
