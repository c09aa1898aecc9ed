/* A series of models out of files: what they are, over all of them, and their weights. */
#include <induct/exchange/import.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>

#include "exchange/series.h"
#include "exchange/work.h"

/* ---- Files, one open at a time ---- */

static void close_open(struct ind_import_work_all *all)
{
    if (all->is_open)
        ind_import_file_close(&all->open);
    all->is_open = false;
}

/* The source's file, which stays open until another is wanted. */
static int need_file(struct ind_import_work_all *all, size_t index, struct ind_error *err)
{
    if (all->is_open && all->open_index == index)
        return IND_OK;
    close_open(all);
    if (ind_import_file_open(&all->open, &all->sources.items[index], &all->options, err) != IND_OK)
        return IND_FAILED;
    all->is_open = true;
    all->open_index = index;
    return IND_OK;
}

static int interrupted(struct ind_import_work_all *all, struct ind_error *err)
{
    return all->stop && all->stop() ? ind_fail(err, "interrupted") : IND_OK;
}

/* ---- Understanding ---- */

/* The first configuration that there is serves the files that have none. */
static int find_shared(struct ind_import_work_all *all, struct ind_error *err)
{
    for (size_t i = 0; i < all->sources.count && !all->has_shared; i++) {
        ind_gate_release(&all->shared);
        if (interrupted(all, err) != IND_OK || ind_gate_init(&all->shared, err) != IND_OK ||
            need_file(all, i, err) != IND_OK ||
            ind_import_gather(&all->shared, &all->open, &all->options, &all->has_shared,
                              &all->notes, err) != IND_OK)
            return IND_FAILED;
        all->shared_by = all->sources.items[i].label;
    }
    return IND_OK;
}

/* Of a file that was read by another's configuration, an error says so. */
static int fail_with_file(const struct ind_import_work_all *all, const char *path, bool borrowed,
                          struct ind_error *err)
{
    if (borrowed && all->has_shared)
        return ind_error_context(err, "%s, by the configuration of %s", path, all->shared_by);
    return ind_error_context(err, "%s", path);
}

static int check_growth(const struct ind_config *config, size_t file_size, struct ind_error *err)
{
    enum { GROWTH_LIMIT = 16, GROWTH_FREE = 1 << 20 };
    struct ind_layout layout;
    if (ind_layout_init(&layout, config, err) != IND_OK)
        return IND_FAILED;
    size_t weights = layout.total;
    ind_layout_release(&layout);
    if (weights / GROWTH_LIMIT > file_size / sizeof(float) + GROWTH_FREE)
        return ind_fail(err,
                        "the model as configured has %zu weights, more than %d times the size "
                        "of the file",
                        weights, GROWTH_LIMIT);
    return IND_OK;
}

/* What is inferred from values, and not said, is settled by all files together: biases that begin
 * at zero, a table that begins as sinusoids. */
static void settle(struct ind_import *import, struct ind_config *own,
                   const struct ind_import_work *work)
{
    struct ind_config *config = &import->config;
    if (work->loose_bias) {
        config->bias = config->bias || own->bias;
        own->bias = config->bias;
    }
    bool differ = config->positions != own->positions;
    if (work->loose_positions && differ && ind_config_adds_positions(config)) {
        config->positions = IND_POSITIONS_LEARNED;
        own->positions = IND_POSITIONS_LEARNED;
    }
}

static int check_same(struct ind_import *import, const struct ind_config *own,
                      struct ind_error *err)
{
    char *what;
    if (ind_import_same_model(own, &import->config, &what))
        return IND_OK;
    ind_fail(err, "not the same kind of model as %s: %s", import->models[0].name,
             what ? what : "they differ");
    free(what);
    return IND_FAILED;
}

static int understand(struct ind_import *import, struct ind_import_work *work, size_t dict,
                      const struct ind_gate *said, struct ind_error *err)
{
    struct ind_import_work_all *all = import->work;
    struct ind_config own;
    if (ind_import_compose(work, said, &all->options, err) != IND_OK ||
        ind_import_infer(work, &own, err) != IND_OK ||
        check_growth(&own, work->foreign->file_size, err) != IND_OK)
        return IND_FAILED;
    if (import->count == 0) {
        import->config = own;
        if (ind_import_assumed(work, &own, err) != IND_OK)
            return IND_FAILED;
    }
    settle(import, &own, work);
    if (import->count > 0 && check_same(import, &own, err) != IND_OK)
        return IND_FAILED;
    return ind_import_add_model(import, &all->open, dict, err);
}

static int survey_dict(struct ind_import *import, size_t dict, const struct ind_gate *own,
                       struct ind_error *err)
{
    struct ind_import_work_all *all = import->work;
    struct ind_import_work work = {.foreign = &all->open.foreign,
                                   .mapping = &all->open.mapping,
                                   .notes = &all->notes,
                                   .path = all->open.source->label};
    if (ind_import_file_view(&all->open, dict, &all->options, &work.view, err) != IND_OK)
        return IND_FAILED;
    int status = understand(import, &work, dict, own ? own : &all->shared, err);
    if (status != IND_OK)
        fail_with_file(all, work.path, !own, err);
    else
        import->models[import->count - 1].borrowed = !own;
    ind_view_close(&work.view);
    json_decref(work.given);
    return status;
}

static int survey_file(struct ind_import *import, size_t index, struct ind_error *err)
{
    struct ind_import_work_all *all = import->work;
    struct ind_gate own;
    bool found;
    if (interrupted(all, err) != IND_OK || need_file(all, index, err) != IND_OK ||
        ind_gate_init(&own, err) != IND_OK)
        return IND_FAILED;
    int status = ind_import_gather(&own, &all->open, &all->options, &found, &all->notes, err);
    for (size_t i = 0; i < all->open.count && status == IND_OK; i++)
        status = survey_dict(import, i, found ? &own : NULL, err);
    ind_gate_release(&own);
    return status;
}

static void summarise(struct ind_import *import)
{
    const struct ind_config *c = &import->config;
    const struct ind_import_work_all *all = import->work;
    char beside[160] = "";
    if (*all->prefix && all->left_out)
        snprintf(beside, sizeof beside, " under %.80s (%zu tensor%s outside it left out)",
                 all->prefix, all->left_out, all->left_out == 1 ? "" : "s");
    else if (*all->prefix || all->left_out)
        snprintf(beside, sizeof beside, " under %.80s", *all->prefix ? all->prefix : "(none)");
    snprintf(
        import->summary, sizeof import->summary,
        "%.60s layout%s: %d layer%s of %d heads, d_model %d, d_head %d, vocabulary %d, context "
        "%d, %s positions, %s%s",
        all->layout, beside, c->layers, c->layers == 1 ? "" : "s", c->heads, c->d_model, c->d_head,
        c->vocab, c->context, ind_positions_name(c->positions),
        c->norm == IND_NORM_NONE ? "no norm" : ind_norm_name(c->norm), c->bias ? ", biases" : "");
}

static int open_all(struct ind_import *import, const char *const *paths, int count,
                    struct ind_error *err)
{
    struct ind_import_work_all *all = import->work;
    for (int i = 0; i < count; i++)
        if (ind_sources_add(&all->sources, paths[i], &all->notes, err) != IND_OK)
            return IND_FAILED;
    if (find_shared(all, err) != IND_OK)
        return IND_FAILED;
    for (size_t i = 0; i < all->sources.count; i++)
        if (survey_file(import, i, err) != IND_OK)
            return IND_FAILED;
    if (ind_import_check_series(import, err) != IND_OK)
        return IND_FAILED;
    summarise(import);
    import->notes = all->notes.lines;
    import->note_count = all->notes.count;
    return IND_OK;
}

int ind_import_open(struct ind_import *import, const char *const *paths, int count,
                    const struct ind_import_options *options, bool (*stop)(void),
                    struct ind_error *err)
{
    *import = (struct ind_import){0};
    import->work = ind_alloc(1, sizeof *import->work);
    if (!import->work)
        return ind_fail(err, "out of memory");
    import->work->options = *options;
    import->work->stop = stop;
    if (open_all(import, paths, count, err) == IND_OK)
        return IND_OK;
    ind_import_close(import);
    return IND_FAILED;
}

void ind_import_close(struct ind_import *import)
{
    struct ind_import_work_all *all = import->work;
    for (int i = 0; i < import->count; i++) {
        free(import->models[i].name);
        free(import->models[i].from);
    }
    free(import->models);
    if (all) {
        close_open(all);
        ind_sources_release(&all->sources);
        ind_notes_release(&all->notes);
        ind_gate_release(&all->shared);
        free(all->prefix);
        free(all->layout);
        free(all->kinds);
        free(all);
    }
    *import = (struct ind_import){0};
}

/* ---- Reading ---- */

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

static int read_weights(struct ind_import_work *work, const struct ind_config *config,
                        struct ind_params *params, struct ind_error *err)
{
    const struct ind_layout *layout = params->layout;
    for (int i = 0; i < layout->tensor_count; i++) {
        const struct ind_tensor *tensor = &layout->tensors[i];
        float *data = params->data + tensor->offset;
        bool found;
        if (ind_import_take(work, config, tensor, data, &found, err) != IND_OK)
            return IND_FAILED;
        if (!found && fill_missing(config, tensor, data, err) != IND_OK)
            return IND_FAILED;
    }
    if (ind_import_check_leftovers(work, layout, err) != IND_OK)
        return IND_FAILED;
    const char *bad = ind_params_find_nonfinite(params);
    return bad ? ind_fail(err, "tensor %s holds a NaN or an infinity", bad) : IND_OK;
}

int ind_import_read(struct ind_import *import, int index, struct ind_params *params,
                    struct ind_error *err)
{
    struct ind_import_work_all *all = import->work;
    const struct ind_import_model *model = &import->models[index];
    if (need_file(all, model->file, err) != IND_OK)
        return IND_FAILED;
    struct ind_import_work work = {.foreign = &all->open.foreign,
                                   .mapping = &all->open.mapping,
                                   .notes = &all->notes,
                                   .path = all->open.source->label};
    if (model->dict >= all->open.count)
        return ind_fail(err, "%s: it changed while it was read", work.path);
    if (ind_import_file_view(&all->open, model->dict, &all->options, &work.view, err) != IND_OK)
        return IND_FAILED;
    int status = read_weights(&work, &import->config, params, err);
    if (status != IND_OK)
        fail_with_file(all, work.path, model->borrowed, err);
    ind_view_close(&work.view);
    return status;
}
