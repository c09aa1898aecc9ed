#include <induct/exchange/import.h>

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/recipe/recipe.h>

#include "exchange/work.h"

/* A few numbers over and over (tied weights, 16-bit elements) may honestly give several times the
 * file's size; more would be a small file asking for all memory. */
enum { GROWTH_LIMIT = 16, GROWTH_FREE = 1 << 20 };

static int unknown_layout(const struct ind_import_work *work, struct ind_error *err)
{
    const struct ind_foreign *foreign = &work->foreign;
    if (foreign->count == 0)
        return ind_fail(err, "it holds no tensors");
    return ind_fail(err,
                    "its tensors' names (%.100s, ..., %.100s) are neither the study's nor "
                    "TransformerLens's: --mapping FILE says what they are",
                    foreign->tensors[0].name, foreign->tensors[foreign->count - 1].name);
}

static int recognise(struct ind_import_work *work, struct ind_error *err)
{
    const char *text;
    for (int i = 0; (text = ind_mapping_builtin(i)); i++) {
        if (ind_mapping_parse(&work->mapping, text, strlen(text), err) != IND_OK)
            return IND_FAILED;
        work->prefix = ind_mapping_find(&work->mapping, &work->foreign);
        if (work->prefix)
            return IND_OK;
        ind_mapping_release(&work->mapping);
    }
    return unknown_layout(work, err);
}

static int find_mapping(struct ind_import_work *work, const char *path, struct ind_error *err)
{
    if (!path)
        return recognise(work, err);
    if (ind_mapping_open(&work->mapping, path, err) != IND_OK)
        return IND_FAILED;
    work->prefix = ind_mapping_find(&work->mapping, &work->foreign);
    if (!work->prefix)
        return ind_fail(err, "has no tensor %s, which %s maps to embed.W_E",
                        ind_mapping_rule(&work->mapping, "embed.W_E")->theirs, path);
    return IND_OK;
}

/* The whole number that ends the name before its suffix: 20000 in 2L_varied_model_20000.pt. */
static long epoch_of_name(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *end = strrchr(name, '.');
    if (!end || end == name)
        end = name + strlen(name);
    const char *start = end;
    while (start > name && isdigit((unsigned char)start[-1]))
        start--;
    if (start == end || end - start > 10)
        return -1;
    long epoch = strtol(start, NULL, 10);
    return epoch <= IND_EPOCH_MAX ? epoch : -1;
}

static long epoch_of(const struct ind_import_work *work)
{
    const char *text = work->foreign.epoch;
    char *end;
    errno = 0;
    long epoch = text ? strtol(text, &end, 10) : -1;
    if (text && end != text && !*end && !errno && epoch >= 0 && epoch <= IND_EPOCH_MAX)
        return epoch;
    return epoch_of_name(work->path);
}

static void summarise(struct ind_import *import)
{
    const struct ind_config *c = &import->config;
    snprintf(import->summary, sizeof import->summary,
             "%.60s layout: %d layer%s of %d heads, d_model %d, d_head %d, vocabulary %d, context "
             "%d, %s positions, %s%s",
             import->work->mapping.name, c->layers, c->layers == 1 ? "" : "s", c->heads, c->d_model,
             c->d_head, c->vocab, c->context, ind_positions_name(c->positions),
             c->norm == IND_NORM_NONE ? "no norm" : ind_norm_name(c->norm),
             c->bias ? ", biases" : "");
}

static int check_growth(const struct ind_import *import, struct ind_error *err)
{
    struct ind_layout layout;
    if (ind_layout_init(&layout, &import->config, err) != IND_OK)
        return IND_FAILED;
    size_t weights = layout.total;
    ind_layout_release(&layout);
    size_t file = import->work->foreign.file_size;
    if (weights / GROWTH_LIMIT > file / sizeof(float) + GROWTH_FREE)
        return ind_fail(err,
                        "the model as configured has %zu weights, more than %d times the size "
                        "of the file",
                        weights, GROWTH_LIMIT);
    return IND_OK;
}

static int open_import(struct ind_import *import, const char *path,
                       const struct ind_import_options *options, struct ind_error *err)
{
    struct ind_import_work *work = import->work;
    if (find_mapping(work, options->mapping, err) != IND_OK ||
        ind_import_gather(work, options, err) != IND_OK ||
        ind_import_infer(work, &import->config, err) != IND_OK)
        return ind_error_context(err, "%s", path);
    if (check_growth(import, err) != IND_OK)
        return ind_error_context(err, "%s", path);
    import->epoch = epoch_of(work);
    summarise(import);
    return IND_OK;
}

int ind_import_open(struct ind_import *import, const char *path,
                    const struct ind_import_options *options, struct ind_error *err)
{
    *import = (struct ind_import){.epoch = -1};
    struct ind_import_work *work = ind_alloc(1, sizeof *work);
    if (!work || !(work->path = strdup(path))) {
        free(work);
        return ind_fail(err, "out of memory");
    }
    import->work = work;
    if (ind_foreign_open(&work->foreign, path, err) == IND_OK &&
        open_import(import, path, options, err) == IND_OK)
        return IND_OK;
    ind_import_close(import);
    return IND_FAILED;
}

void ind_import_close(struct ind_import *import)
{
    struct ind_import_work *work = import->work;
    if (!work)
        return;
    ind_foreign_close(&work->foreign);
    ind_mapping_release(&work->mapping);
    json_decref(work->given);
    free(work->prefix);
    free(work->path);
    free(work);
    import->work = NULL;
}

/* Biases that the file leaves out are zero, and so is a LayerNorm's; a missing fixed table can be
 * computed. Nothing else may be missing. */
static int fill_missing(const struct ind_config *config, const struct ind_tensor *tensor,
                        float *data, struct ind_error *err)
{
    switch (tensor->role) {
    case IND_B_Q:
    case IND_B_K:
    case IND_B_V:
    case IND_B_O:
    case IND_B_U:
    case IND_LN1_B:
    case IND_LN_FINAL_B:
        memset(data, 0, tensor->count * sizeof *data);
        return IND_OK;
    case IND_W_POS:
        if (config->positions == IND_POSITIONS_SINUSOIDAL) {
            ind_positions_sinusoidal(config->context, config->d_model, data);
            return IND_OK;
        }
        break;
    default:
        break;
    }
    return ind_fail(err, "no tensor for %s", tensor->name);
}

/* Does the layout have a tensor that some rule makes of this one? */
static bool is_used(const struct ind_import_work *work, const struct ind_layout *layout,
                    const char *name)
{
    for (int i = 0; i < work->mapping.rule_count; i++) {
        const struct ind_rule *rule = &work->mapping.rules[i];
        int layers = strstr(rule->theirs, "{L}") ? layout->config.layers : 1;
        for (int layer = 0; layer < layers; layer++) {
            char theirs[IND_NAME_ROOM], ours[IND_NAME_ROOM];
            if (strcmp(ind_mapping_name("", rule->theirs, layer, theirs), name) == 0 &&
                ind_layout_find(layout, ind_mapping_name("", rule->ours, layer, ours)))
                return true;
        }
    }
    return false;
}

static int refuse_weight(struct ind_import_work *work, const struct ind_foreign_tensor *tensor,
                         struct ind_error *err)
{
    float *values;
    size_t count = ind_foreign_elements(tensor);
    bool zero = true;
    if (ind_alloc_into(&values, count, sizeof *values, err) != IND_OK)
        return IND_FAILED;
    int status = ind_foreign_read(&work->foreign, tensor, values, err);
    for (size_t i = 0; status == IND_OK && i < count; i++)
        zero = zero && values[i] == 0;
    free(values);
    if (status == IND_OK && !zero)
        return ind_fail(err, "tensor %s is not zero, but the model as configured has none",
                        tensor->name);
    return status;
}

/* A tensor left over would take part in a computation that is not done here. */
static int check_leftovers(struct ind_import_work *work, const struct ind_layout *layout,
                           struct ind_error *err)
{
    size_t skip = strlen(work->prefix);
    for (int i = 0; i < work->foreign.count; i++) {
        const struct ind_foreign_tensor *tensor = &work->foreign.tensors[i];
        const char *name = tensor->name + skip;
        if (strncmp(tensor->name, work->prefix, skip) != 0 ||
            ind_mapping_ignores(&work->mapping, name) || is_used(work, layout, name))
            continue;
        if (!ind_mapping_takes(&work->mapping, name))
            return ind_fail(err, "tensor %s is none that an attention-only model has",
                            tensor->name);
        if (refuse_weight(work, tensor, err) != IND_OK)
            return IND_FAILED;
    }
    return IND_OK;
}

static int read_all(struct ind_import *import, struct ind_params *params, struct ind_error *err)
{
    const struct ind_layout *layout = params->layout;
    for (int i = 0; i < layout->tensor_count; i++) {
        const struct ind_tensor *tensor = &layout->tensors[i];
        float *data = params->data + tensor->offset;
        bool found;
        if (ind_import_take(import->work, &import->config, tensor, data, &found, err) != IND_OK)
            return IND_FAILED;
        if (!found && fill_missing(&import->config, tensor, data, err) != IND_OK)
            return IND_FAILED;
    }
    if (check_leftovers(import->work, layout, err) != IND_OK)
        return IND_FAILED;
    const char *bad = ind_params_find_nonfinite(params);
    return bad ? ind_fail(err, "tensor %s holds a NaN or an infinity", bad) : IND_OK;
}

int ind_import_read(struct ind_import *import, struct ind_params *params, struct ind_error *err)
{
    if (read_all(import, params, err) == IND_OK)
        return IND_OK;
    return ind_error_context(err, "%s", import->work->path);
}

static int rotary_width(const struct ind_config *config)
{
    return config->rotary_dim ? config->rotary_dim : config->d_head;
}

static bool same_options(const struct ind_config *a, const struct ind_config *b)
{
    if (a->positions != b->positions || a->norm != b->norm || a->bias != b->bias ||
        ind_config_scale(a) != ind_config_scale(b))
        return false;
    if (a->norm != IND_NORM_NONE && a->norm_eps != b->norm_eps)
        return false;
    return a->positions != IND_POSITIONS_ROTARY ||
           (rotary_width(a) == rotary_width(b) && a->rotary_base == b->rotary_base &&
            a->rotary_adjacent == b->rotary_adjacent);
}

bool ind_import_same_model(const struct ind_config *a, const struct ind_config *b)
{
    return a->layers == b->layers && a->heads == b->heads && a->d_model == b->d_model &&
           a->d_head == b->d_head && a->vocab == b->vocab && a->context == b->context &&
           same_options(a, b);
}
