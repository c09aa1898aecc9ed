/* What names and shapes leave no doubt about. Said things stay as they were said. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

#include "recipe/config_json.h"
#include "exchange/work.h"
#include "format/json.h"

/* Far below what any trained table could differ by, above what another sin() may. */
static const float SINUSOIDAL_TOLERANCE = 1e-5f;

static bool is_said(const struct ind_import_work *work, const char *key)
{
    return json_object_get(work->given, key) != NULL;
}

static int say_int(struct ind_import_work *work, const char *key, int64_t value,
                   struct ind_error *err)
{
    if (is_said(work, key))
        return IND_OK;
    return json_object_set_new(work->given, key, json_integer(value)) == 0
               ? IND_OK
               : ind_fail(err, "out of memory");
}

static int say(struct ind_import_work *work, const char *key, json_t *value, struct ind_error *err)
{
    return json_object_set_new(work->given, key, value) == 0 ? IND_OK
                                                             : ind_fail(err, "out of memory");
}

/* Rows and columns that a matrix has for us, after its rule's cut and turn. */
static int extents(const struct ind_import_work *work, const char *ours, int64_t *rows,
                   int64_t *columns, struct ind_error *err)
{
    const struct ind_rule *rule = ind_mapping_rule(&work->mapping, ours);
    const struct ind_foreign_tensor *from = ind_import_tensor(work, ours, 0);
    if (!from)
        return ind_fail(err, "no tensor for %s", ours);
    if (from->rank != 2)
        return ind_fail(err, "tensor %s has %d dimensions, not 2", from->name, from->rank);
    int64_t shape[2] = {from->shape[0], from->shape[1]};
    shape[rule->axis == 1] /= rule->parts;
    *rows = shape[rule->transpose];
    *columns = shape[!rule->transpose];
    return IND_OK;
}

static int infer_layers(struct ind_import_work *work, struct ind_error *err)
{
    int layers = 0;
    while (layers < 100000 && ind_import_tensor(work, "blocks.{L}.attn.W_Q", layers))
        layers++;
    return say_int(work, "n_layers", layers, err);
}

/* Three dimensions say heads and d_head; two only their product. */
static int infer_heads(struct ind_import_work *work, struct ind_error *err)
{
    const struct ind_foreign_tensor *query = ind_import_tensor(work, "blocks.{L}.attn.W_Q", 0);
    int64_t rows, width;
    if (query->rank == 3) {
        if (say_int(work, "n_heads", query->shape[0], err) != IND_OK)
            return IND_FAILED;
        return say_int(work, "d_head", query->shape[2], err);
    }
    if (extents(work, "blocks.{L}.attn.W_Q", &rows, &width, err) != IND_OK)
        return IND_FAILED;
    long heads = 0, d_head = 0;
    if (ind_json_long(work->given, "n_heads", 1, 1 << 20, &heads, err) != IND_OK ||
        ind_json_long(work->given, "d_head", 1, 1 << 20, &d_head, err) != IND_OK)
        return IND_FAILED;
    long known = heads ? heads : d_head;
    if (!known)
        return ind_fail(err, "how many heads share its %lld columns of W_Q? (--heads N)",
                        (long long)width);
    if (width % known)
        return ind_fail(err, "%lld columns of W_Q are not %ld %s", (long long)width, known,
                        heads ? "heads" : "wide");
    if (say_int(work, "n_heads", heads ? heads : width / d_head, err) != IND_OK)
        return IND_FAILED;
    return say_int(work, "d_head", d_head ? d_head : width / heads, err);
}

static int is_sinusoidal(struct ind_import_work *work, const struct ind_foreign_tensor *table,
                         bool *out, struct ind_error *err)
{
    float *theirs, *ours = NULL;
    size_t count = ind_foreign_elements(table);
    *out = false;
    if (table->shape[0] > 65536 || table->shape[1] > 16384)
        return IND_OK;
    int status = ind_alloc_into(&theirs, count, sizeof *theirs, err);
    if (status == IND_OK)
        status = ind_alloc_into(&ours, count, sizeof *ours, err);
    if (status == IND_OK)
        status = ind_foreign_read(&work->foreign, table, theirs, err);
    if (status == IND_OK) {
        ind_positions_sinusoidal((int)table->shape[0], (int)table->shape[1], ours);
        bool same = true;
        for (size_t i = 0; i < count; i++)
            same = same && fabsf(theirs[i] - ours[i]) <= SINUSOIDAL_TOLERANCE;
        *out = same;
    }
    free(theirs);
    free(ours);
    return status;
}

static int infer_positions(struct ind_import_work *work, struct ind_error *err)
{
    const struct ind_foreign_tensor *table = ind_import_tensor(work, "pos_embed.W_pos", 0);
    bool sinusoidal = false;
    if (table) {
        int64_t rows, columns;
        const struct ind_rule *rule = ind_mapping_rule(&work->mapping, "pos_embed.W_pos");
        if (extents(work, "pos_embed.W_pos", &rows, &columns, err) != IND_OK ||
            say_int(work, "n_ctx", rows, err) != IND_OK)
            return IND_FAILED;
        if (!rule->transpose && rule->parts == 1 && !is_said(work, "positional_embedding_type") &&
            is_sinusoidal(work, table, &sinusoidal, err) != IND_OK)
            return IND_FAILED;
    } else if (!is_said(work, "n_ctx")) {
        return ind_fail(err, "no position table says how long its inputs may be (--context N)");
    }
    if (is_said(work, "positional_embedding_type"))
        return IND_OK;
    return say(work, "positional_embedding_type",
               json_string(sinusoidal ? "sinusoidal" : (table ? "learned" : "none")), err);
}

static int has_weight(struct ind_import_work *work, const struct ind_foreign_tensor *tensor,
                      bool *out, struct ind_error *err)
{
    float *values;
    size_t count = ind_foreign_elements(tensor);
    if (ind_alloc_into(&values, count, sizeof *values, err) != IND_OK)
        return IND_FAILED;
    int status = ind_foreign_read(&work->foreign, tensor, values, err);
    for (size_t i = 0; status == IND_OK && i < count; i++)
        *out = *out || values[i] != 0; /* a NaN counts: it is refused when it is read */
    free(values);
    return status;
}

/* TransformerLens has biases in every model; zeros are none. */
static int infer_bias(struct ind_import_work *work, int layers, struct ind_error *err)
{
    static const char *const biases[] = {"unembed.b_U", "blocks.{L}.attn.b_Q",
                                         "blocks.{L}.attn.b_K", "blocks.{L}.attn.b_V",
                                         "blocks.{L}.attn.b_O"};
    bool bias = false;
    if (is_said(work, "bias"))
        return IND_OK;
    for (size_t i = 0; i < sizeof biases / sizeof *biases; i++) {
        for (int layer = 0; layer < (i ? layers : 1) && !bias; layer++) {
            const struct ind_foreign_tensor *tensor = ind_import_tensor(work, biases[i], layer);
            if (tensor && has_weight(work, tensor, &bias, err) != IND_OK)
                return IND_FAILED;
        }
    }
    return say(work, "bias", json_boolean(bias), err);
}

static int infer_norm(struct ind_import_work *work, struct ind_error *err)
{
    if (is_said(work, "normalization_type") || !ind_import_tensor(work, "blocks.{L}.ln1.w", 0))
        return IND_OK;
    return say(work, "normalization_type", json_string("LN"), err);
}

int ind_import_infer(struct ind_import_work *work, struct ind_config *config, struct ind_error *err)
{
    int64_t vocab, d_model;
    if (infer_layers(work, err) != IND_OK ||
        extents(work, "embed.W_E", &vocab, &d_model, err) != IND_OK ||
        say_int(work, "d_vocab", vocab, err) != IND_OK ||
        say_int(work, "d_model", d_model, err) != IND_OK || infer_heads(work, err) != IND_OK ||
        infer_positions(work, err) != IND_OK || infer_norm(work, err) != IND_OK)
        return IND_FAILED;
    int layers = 0;
    if (ind_json_int(work->given, "n_layers", 1, 256, &layers, err) != IND_OK ||
        infer_bias(work, layers, err) != IND_OK)
        return IND_FAILED;
    return ind_config_from_json(work->given, config, err);
}
