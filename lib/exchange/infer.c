/* What names, shapes and values leave no doubt about. Said things stay as they were said. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/format/json.h>

#include "exchange/work.h"
#include "recipe/config_json.h"

/* Far below what any trained table could differ by, above what another sin() may. */
static const float SINUSOIDAL_TOLERANCE = 1e-5f;

/* The study's models, all of one size: heads of 16. */
enum { STUDY_WIDTH = 64, STUDY_HEAD = 16 };

static bool is_said(const struct ind_import_work *work, const char *key)
{
    return json_object_get(work->given, key) != NULL;
}

static int say(struct ind_import_work *work, const char *key, json_t *value, struct ind_error *err)
{
    return json_object_set_new(work->given, key, value) == 0 ? IND_OK
                                                             : ind_fail(err, "out of memory");
}

static int say_int(struct ind_import_work *work, const char *key, int64_t value,
                   struct ind_error *err)
{
    return is_said(work, key) ? IND_OK : say(work, key, json_integer(value), err);
}

/* Rows and columns that a matrix has for us, after its rule's cut and turn. */
static int extents(const struct ind_import_work *work, const char *ours, int64_t *rows,
                   int64_t *columns, struct ind_error *err)
{
    const struct ind_rule *rule = ind_mapping_rule(work->mapping, ours);
    const struct ind_foreign_tensor *from = ind_import_tensor(work, ours, 0);
    char name[IND_NAME_ROOM], text[96];
    if (!from)
        return ind_fail(err, "no tensor for %s: it has no %s", ours,
                        rule ? ind_mapping_name(work->view.prefix, rule->theirs[0], 0, 0, name)
                             : "such tensor, and the mapping names none");
    struct ind_foreign_tensor flat = ind_import_squeeze(from, 2);
    if (from->flaw)
        return ind_fail(err, "tensor %s: %s", from->name, from->flaw);
    if (flat.rank != 2)
        return ind_fail(err, "tensor %s is %s in shape, no matrix", from->name,
                        ind_shape_text(from->rank, from->shape, text));
    int64_t shape[2] = {flat.shape[0], flat.shape[1]};
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

/* ---- Heads ---- */

/* Tensors of each head by itself: as many heads as there are names. */
static int infer_single_heads(struct ind_import_work *work, const struct ind_rule *rule,
                              struct ind_error *err)
{
    int64_t rows, width;
    int heads = 0;
    while (heads < 1024 && ind_rule_find(rule, &work->view, 0, heads))
        heads++;
    if (extents(work, "blocks.{L}.attn.W_Q", &rows, &width, err) != IND_OK ||
        say_int(work, "n_heads", heads, err) != IND_OK)
        return IND_FAILED;
    return say_int(work, "d_head", width, err);
}

static int ask_for_heads(int64_t width, bool study, struct ind_error *err)
{
    return ind_fail(err, "how many heads share its %lld columns of W_Q? (--heads N%s)",
                    (long long)width,
                    study ? "; the study's own have 16 columns each, 64 in all" : "");
}

/* A matrix says the product of heads and d_head alone. */
static int infer_merged_heads(struct ind_import_work *work, struct ind_error *err)
{
    int64_t rows, width;
    long heads = 0, d_head = 0;
    if (extents(work, "blocks.{L}.attn.W_Q", &rows, &width, err) != IND_OK ||
        ind_json_long(work->given, "n_heads", 1, 1 << 20, &heads, err) != IND_OK ||
        ind_json_long(work->given, "d_head", 1, 1 << 20, &d_head, err) != IND_OK)
        return IND_FAILED;
    bool study = strcmp(work->mapping->name, "the study's") == 0;
    if (!heads && !d_head && study && width == STUDY_WIDTH && rows == STUDY_WIDTH)
        d_head = STUDY_HEAD;
    long known = heads ? heads : d_head;
    if (!known)
        return ask_for_heads(width, study, err);
    if (width % known)
        return ind_fail(err, "%lld columns of W_Q are not %ld %s", (long long)width, known,
                        heads ? "heads" : "wide");
    if (say_int(work, "n_heads", heads ? heads : width / d_head, err) != IND_OK)
        return IND_FAILED;
    return say_int(work, "d_head", d_head ? d_head : width / heads, err);
}

static int infer_heads(struct ind_import_work *work, struct ind_error *err)
{
    const struct ind_rule *rule = ind_mapping_rule(work->mapping, "blocks.{L}.attn.W_Q");
    const struct ind_foreign_tensor *query = ind_import_tensor(work, "blocks.{L}.attn.W_Q", 0);
    if (!query)
        return ind_fail(err, "no tensor for blocks.0.attn.W_Q");
    if (query->flaw)
        return ind_fail(err, "tensor %s: %s", query->name, query->flaw);
    if (rule->by_head)
        return infer_single_heads(work, rule, err);
    if (query->rank != 3 || rule->parts != 1 || rule->transpose)
        return infer_merged_heads(work, err);
    if (say_int(work, "n_heads", query->shape[0], err) != IND_OK)
        return IND_FAILED;
    return say_int(work, "d_head", query->shape[2], err);
}

/* ---- Positions ---- */

static int is_sinusoidal(struct ind_import_work *work, const struct ind_foreign_tensor *table,
                         int64_t rows, int64_t columns, bool *out, struct ind_error *err)
{
    float *theirs, *ours = NULL;
    size_t count = 0;
    *out = false;
    if (rows > 65536 || columns > 16384)
        return IND_OK;
    if (ind_import_values(work, table, &theirs, &count, err) != IND_OK)
        return IND_FAILED;
    int status = ind_alloc_into(&ours, count, sizeof *ours, err);
    if (status == IND_OK) {
        ind_positions_sinusoidal((int)rows, (int)columns, ours);
        bool same = true;
        for (size_t i = 0; i < count; i++)
            same = same && fabsf(theirs[i] - ours[i]) <= SINUSOIDAL_TOLERANCE;
        *out = same;
    }
    free(theirs);
    free(ours);
    return status;
}

static int infer_table(struct ind_import_work *work, const struct ind_foreign_tensor *table,
                       struct ind_error *err)
{
    int64_t rows, columns;
    bool sinusoidal = false;
    const struct ind_rule *rule = ind_mapping_rule(work->mapping, "pos_embed.W_pos");
    const char *word = json_string_value(json_object_get(work->given, "positional_embedding_type"));
    if (extents(work, "pos_embed.W_pos", &rows, &columns, err) != IND_OK ||
        say_int(work, "n_ctx", rows, err) != IND_OK)
        return IND_FAILED;
    if (word)
        return IND_OK;
    if (!rule->transpose && rule->parts == 1 &&
        is_sinusoidal(work, table, rows, columns, &sinusoidal, err) != IND_OK)
        return IND_FAILED;
    work->loose_positions = true;
    return say(work, "positional_embedding_type",
               json_string(sinusoidal ? "sinusoidal" : "learned"), err);
}

/* TransformerLens 4's own models have rotary positions without a trace of them. */
static int infer_positions(struct ind_import_work *work, struct ind_error *err)
{
    const struct ind_foreign_tensor *table = ind_import_tensor(work, "pos_embed.W_pos", 0);
    bool bridge = strcmp(work->mapping->name, "TransformerLens 4's") == 0;
    const char *word = json_string_value(json_object_get(work->given, "positional_embedding_type"));
    if (table)
        return infer_table(work, table, err);
    if (bridge && !word)
        return ind_fail(err,
                        "no position table, and in TransformerLens 4's models nothing tells rotary "
                        "positions from none: --positions rotary or none");
    if (!is_said(work, "n_ctx"))
        return ind_fail(err, "no position table says how long its inputs may be (--context N)");
    if (bridge && word && strcmp(word, "rotary") == 0 &&
        say(work, "rotary_adjacent_pairs", json_true(), err) != IND_OK)
        return IND_FAILED;
    if (!bridge && ind_import_need_rotary(work, err) != IND_OK)
        return IND_FAILED;
    return word ? IND_OK : say(work, "positional_embedding_type", json_string("none"), err);
}

/* ---- Biases and norms ---- */

static int has_weight(struct ind_import_work *work, const struct ind_foreign_tensor *tensor,
                      bool *out, struct ind_error *err)
{
    float *values;
    size_t count;
    if (ind_import_values(work, tensor, &values, &count, err) != IND_OK)
        return IND_FAILED;
    for (size_t i = 0; i < count; i++)
        *out = *out || values[i] != 0; /* a NaN counts: it is refused when it is read */
    free(values);
    return IND_OK;
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
    work->loose_bias = true;
    return say(work, "bias", json_boolean(bias), err);
}

/* A weight without a bias may be LayerNorm's (torch has it so) or RMSNorm's. */
static int check_norm(const struct ind_import_work *work, const char *weight, const char *bias,
                      int layer, struct ind_error *err)
{
    const struct ind_foreign_tensor *from = ind_import_tensor(work, weight, layer);
    if (!from || ind_import_tensor(work, bias, layer) || work->norm_said)
        return IND_OK;
    return ind_fail(err,
                    "tensor %s has no bias beside it: it is RMSNorm's, which induct does not "
                    "compute, or else --norm LN says that it is LayerNorm's",
                    from->name);
}

static int infer_norm(struct ind_import_work *work, int layers, struct ind_error *err)
{
    if (check_norm(work, "ln_final.w", "ln_final.b", 0, err) != IND_OK)
        return IND_FAILED;
    for (int layer = 0; layer < layers; layer++)
        if (check_norm(work, "blocks.{L}.ln1.w", "blocks.{L}.ln1.b", layer, err) != IND_OK)
            return IND_FAILED;
    if (is_said(work, "normalization_type") || !ind_import_tensor(work, "blocks.{L}.ln1.w", 0))
        return IND_OK;
    return say(work, "normalization_type", json_string("LN"), err);
}

/* A mapping may find the unembedding in the embedding; not if the two are said to be two. */
static int check_tied(const struct ind_import_work *work, struct ind_error *err)
{
    const struct ind_foreign_tensor *out = ind_import_tensor(work, "unembed.W_U", 0);
    if (!out || out != ind_import_tensor(work, "embed.W_E", 0) ||
        !json_is_false(json_object_get(work->given, "tie_word_embeddings")))
        return IND_OK;
    return ind_fail(err, "no tensor of the unembedding's own, and tie_word_embeddings is false");
}

int ind_import_infer(struct ind_import_work *work, struct ind_config *config, struct ind_error *err)
{
    int64_t vocab, d_model;
    int layers = 0;
    if (infer_layers(work, err) != IND_OK ||
        extents(work, "embed.W_E", &vocab, &d_model, err) != IND_OK ||
        say_int(work, "d_vocab", vocab, err) != IND_OK ||
        say_int(work, "d_model", d_model, err) != IND_OK || infer_heads(work, err) != IND_OK ||
        ind_import_infer_rotary(work, err) != IND_OK || infer_positions(work, err) != IND_OK ||
        ind_json_int(work->given, "n_layers", 1, 256, &layers, err) != IND_OK ||
        infer_norm(work, layers, err) != IND_OK || infer_bias(work, layers, err) != IND_OK ||
        check_tied(work, err) != IND_OK || ind_gate_settle(work->given, err) != IND_OK)
        return IND_FAILED;
    return ind_config_from_json(work->given, config, err);
}

/* ---- What nothing tells ---- */

static const char *assumed_positions(const struct ind_config *config)
{
    switch (config->positions) {
    case IND_POSITIONS_NONE:
        return "no positions (ALiBi leaves no trace)";
    case IND_POSITIONS_ROTARY:
    case IND_POSITIONS_SHORTFORMER:
        return NULL; /* somebody said it */
    default:
        return "positions added to the residual stream (not to queries and keys alone, as "
               "shortformer's: --positions)";
    }
}

int ind_import_assumed(struct ind_import_work *work, const struct ind_config *config,
                       struct ind_error *err)
{
    bool study = strcmp(work->mapping->name, "the study's") == 0;
    const char *positions = work->loose_positions || config->positions == IND_POSITIONS_NONE
                                ? assumed_positions(config)
                                : NULL;
    const char *norm = config->norm == IND_NORM_NONE && !is_said(work, "normalization_type")
                           ? "no norm (not LNPre or RMSPre, a norm folded into the weights: --norm)"
                           : NULL;
    const char *square = config->d_head == config->d_model && config->heads == 1
                             ? ", W_Q as [d_model, d_head] (it is square)"
                             : "";
    if (study || (!positions && !norm))
        return IND_OK;
    return ind_notes_add(work->notes, err, "%s; taken for granted: %s%s%s, scores divided by %g%s",
                         work->configured ? "its configuration does not say" : "no configuration",
                         positions ? positions : "", positions && norm ? "; " : "",
                         norm ? norm : "", ind_config_scale(config), square);
}
