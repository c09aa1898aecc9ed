#include "exchange/series.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/format/json.h>

/* ---- Epochs ---- */

static bool visit_epoch(const json_t *facts, void *context)
{
    struct ind_epoch *epoch = context;
    ind_epoch_of_facts(facts, epoch);
    return epoch->kind != IND_EPOCH_UNKNOWN;
}

/* A counter that was saved as a tensor of one element: its dict is put into words. */
static int epoch_of_tensors(const struct ind_import_file *file, size_t dict,
                            struct ind_epoch *epoch, struct ind_error *err)
{
    json_t *counters = json_object();
    int status = counters ? IND_OK : ind_fail(err, IND_NO_MEMORY);
    struct ind_foreign *foreign = (struct ind_foreign *)&file->foreign;
    for (int i = 0; i < foreign->count && status == IND_OK; i++) {
        const struct ind_foreign_tensor *tensor = &foreign->tensors[i];
        float value;
        bool outside = strncmp(tensor->name, file->prefixes[dict], tensor->home) == 0;
        if (tensor->flaw || tensor->rank > 1 || ind_foreign_elements(tensor) != 1 || !outside ||
            tensor->home > strlen(file->prefixes[dict]) ||
            ind_foreign_values(foreign, tensor, &value, NULL) != IND_OK)
            continue;
        errno = 0; /* a NaN and a key that is no text are left out */
        if (json_object_set_new(counters, tensor->name + tensor->home, json_real((double)value)) &&
            errno == ENOMEM)
            status = ind_fail(err, IND_NO_MEMORY);
    }
    ind_epoch_of_facts(counters, epoch);
    json_decref(counters);
    return status;
}

/* Hugging Face's trainer leaves its state beside the weights. */
static int epoch_of_trainer(const struct ind_source *source, struct ind_epoch *epoch,
                            struct ind_error *err)
{
    struct ind_error reason = {.text = IND_NO_MEMORY};
    const char *slash = strrchr(source->files[0], '/');
    char *path = ind_text("%.*strainer_state.json", slash ? (int)(slash + 1 - source->files[0]) : 0,
                          source->files[0]);
    json_t *state = path ? ind_json_read(path, &reason) : NULL;
    const bool starved = !state && ind_error_is_memory(&reason);
    ind_epoch_of_facts(state, epoch);
    json_decref(state);
    free(path);
    return starved ? ind_fail(err, "%s", reason.text) : IND_OK;
}

/* What the file itself, or its trainer's state beside it, says. */
static int epoch_inside(const struct ind_import_file *file, size_t dict, struct ind_epoch *epoch,
                        struct ind_error *err)
{
    int status = IND_OK;
    ind_epoch_of_facts(file->foreign.metadata, epoch);
    if (epoch->kind == IND_EPOCH_UNKNOWN)
        ind_import_facts(file, file->prefixes[dict], visit_epoch, epoch);
    if (epoch->kind == IND_EPOCH_UNKNOWN)
        status = epoch_of_tensors(file, dict, epoch, err);
    if (status == IND_OK && epoch->kind == IND_EPOCH_UNKNOWN)
        status = epoch_of_trainer(file->source, epoch, err);
    return status;
}

static int note_difference(struct ind_import *import, const char *label,
                           const struct ind_epoch *named, const struct ind_epoch *inside,
                           struct ind_error *err)
{
    if (inside->kind != named->kind || inside->value == named->value)
        return IND_OK;
    return ind_notes_add(&import->work->notes, err,
                         "%s: %ld by its name, but %ld by %s: the name is "
                         "believed",
                         label, named->value, inside->value, inside->from);
}

static int find_epoch(struct ind_import *import, const struct ind_import_file *file, size_t dict,
                      struct ind_epoch *epoch, struct ind_error *err)
{
    struct ind_import_work_all *all = import->work;
    const char *label = file->source->label;
    struct ind_epoch inside;
    if (all->options.epoch_count) {
        *epoch = (struct ind_epoch){.kind = IND_EPOCH_NUMBER, .from = "--epoch"};
        if (import->count < all->options.epoch_count)
            epoch->value = all->options.epochs[import->count];
        return IND_OK;
    }
    if (file->count > 1) {
        *epoch = file->epochs[dict];
        return IND_OK;
    }
    if (epoch_inside(file, dict, &inside, err) != IND_OK ||
        ind_epoch_of_labels(label, epoch, err) != IND_OK)
        return IND_FAILED;
    if (epoch->kind != IND_EPOCH_UNKNOWN)
        return note_difference(import, label, epoch, &inside, err);
    *epoch = inside;
    return epoch->kind == IND_EPOCH_UNKNOWN ? ind_epoch_of_number(label, epoch, err) : IND_OK;
}

/* ---- Models ---- */

static size_t outside(const struct ind_import_file *file)
{
    size_t count = 0;
    for (int i = 0; i < file->foreign.count; i++) {
        bool inside = file->foreign.tensors[i].no_tensor;
        for (size_t k = 0; k < file->count && !inside; k++)
            inside = strncmp(file->foreign.tensors[i].name, file->prefixes[k],
                             strlen(file->prefixes[k])) == 0;
        count += !inside;
    }
    return count;
}

/* What the summary says of the first model, and how it was trained. */
static int learn_first(struct ind_import *import, const struct ind_import_file *file,
                       struct ind_error *err)
{
    struct ind_import_work_all *all = import->work;
    const char *periods =
        json_string_value(json_object_get(file->foreign.metadata, "trained_periods"));
    int lo = 0, hi = 0;
    all->prefix = strdup(file->prefixes[0]);
    all->layout = strdup(file->mapping.name);
    all->left_out = outside(file);
    if (periods && sscanf(periods, "%d:%d", &lo, &hi) == 2 && lo > 0 && hi >= lo) {
        import->trained_lo = lo;
        import->trained_hi = hi;
    }
    return all->prefix && all->layout ? IND_OK : ind_fail(err, "out of memory");
}

int ind_import_add_model(struct ind_import *import, const struct ind_import_file *file, size_t dict,
                         struct ind_error *err)
{
    struct ind_import_work_all *all = import->work;
    struct ind_epoch epoch;
    if (import->count == 0 && learn_first(import, file, err) != IND_OK)
        return IND_FAILED;
    if (find_epoch(import, file, dict, &epoch, err) != IND_OK ||
        ind_grow(&import->models, &all->room, (size_t)import->count + 1, sizeof *import->models,
                 err) ||
        ind_grow(&all->kinds, &all->kind_room, (size_t)import->count + 1, sizeof *all->kinds, err))
        return IND_FAILED;
    const char *label = file->source->label;
    struct ind_import_model *model = &import->models[import->count];
    *model = (struct ind_import_model){
        .name = file->count > 1 ? ind_text("%s, %s", label, file->prefixes[dict]) : strdup(label),
        .epoch = epoch.kind == IND_EPOCH_UNKNOWN ? -1 : epoch.value,
        .from = strdup(epoch.from),
        .file = all->open_index,
        .dict = dict};
    all->kinds[import->count++] = epoch.kind;
    return model->name && model->from ? IND_OK : ind_fail(err, "out of memory");
}

/* ---- The series ---- */

static int check_units(const struct ind_import *import, struct ind_error *err)
{
    int first = -1;
    for (int i = 0; i < import->count; i++) {
        enum ind_epoch_kind kind = import->work->kinds[i];
        if (kind == IND_EPOCH_UNKNOWN || kind == IND_EPOCH_NUMBER)
            continue;
        if (first < 0)
            first = i;
        enum ind_epoch_kind other = import->work->kinds[first];
        if (kind != other)
            return ind_fail(err, "%s counts %s (%s), %s %s (%s): --epoch LIST names one for each",
                            import->models[first].name, ind_epoch_unit(other),
                            import->models[first].from, import->models[i].name,
                            ind_epoch_unit(kind), import->models[i].from);
    }
    return IND_OK;
}

static int by_epoch(const void *left, const void *right)
{
    const struct ind_import_model *a = *(struct ind_import_model *const *)left;
    const struct ind_import_model *b = *(struct ind_import_model *const *)right;
    return a->epoch != b->epoch ? (a->epoch > b->epoch) - (a->epoch < b->epoch) : (a > b) - (a < b);
}

static int check_doubles(const struct ind_import *import, struct ind_error *err)
{
    const struct ind_import_model **sorted;
    size_t count = (size_t)import->count;
    if (ind_alloc_into(&sorted, count, sizeof *sorted, err) != IND_OK)
        return IND_FAILED;
    for (size_t i = 0; i < count; i++)
        sorted[i] = &import->models[i];
    qsort(sorted, count, sizeof *sorted, by_epoch);
    int status = IND_OK;
    for (size_t i = 1; i < count && status == IND_OK; i++)
        if (sorted[i]->epoch == sorted[i - 1]->epoch)
            status = ind_fail(err, "%s: a second checkpoint of epoch %ld (%s), beside %s (%s)",
                              sorted[i]->name, sorted[i]->epoch, sorted[i]->from,
                              sorted[i - 1]->name, sorted[i - 1]->from);
    free(sorted);
    return status;
}

int ind_import_check_series(struct ind_import *import, struct ind_error *err)
{
    int named = import->work->options.epoch_count;
    if (named && named != import->count)
        return ind_fail(err, "--epoch names %d epoch%s for %d model%s", named,
                        named == 1 ? "" : "s", import->count, import->count == 1 ? "" : "s");
    for (int i = 0; i < import->count; i++) {
        struct ind_import_model *model = &import->models[i];
        if (model->epoch >= 0)
            continue;
        if (import->count > 1)
            return ind_fail(err,
                            "%s: neither its name nor the file says which epoch it is: --epoch "
                            "LIST names one for each",
                            model->name);
        model->epoch = 0;
        if (ind_notes_add(&import->work->notes, err, "%s says no epoch: taken as 0", model->name))
            return IND_FAILED;
    }
    return check_units(import, err) == IND_OK ? check_doubles(import, err) : IND_FAILED;
}
