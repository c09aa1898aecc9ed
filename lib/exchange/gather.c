/* What was said about a model, by whom, and who is believed first. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/format/json.h>

#include "exchange/gate_words.h"
#include "exchange/work.h"

/* ---- Beside the file ---- */

/* NAME.json for NAME.pt. */
static char *json_beside(const char *path)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    int stem = dot && (!slash || dot > slash + 1) ? (int)(dot - path) : (int)strlen(path);
    return ind_text("%.*s.json", stem, path);
}

static char *config_in_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    return ind_text("%.*sconfig.json", slash ? (int)(slash + 1 - path) : 0, path);
}

/* A file that is a configuration by its name or by --config: it must say something. */
static int add_file(struct ind_gate *gate, const char *path, struct ind_notes *notes,
                    struct ind_error *err)
{
    struct ind_gate own;
    json_t *said = ind_json_read(path, err);
    if (!said)
        return IND_FAILED;
    int status = ind_gate_init(&own, err);
    if (status == IND_OK) {
        status = ind_gate_add(&own, said, path, false, err);
        if (status != IND_OK)
            ind_error_context(err, "%s", path);
        else if (own.known == 0)
            status =
                ind_fail(err, "%s: no configuration of a model: none of its keys is known", path);
        else if (ind_gate_report(&own, path, notes, err) != IND_OK ||
                 ind_gate_join(gate, &own, false, err) != IND_OK)
            status = IND_FAILED;
        ind_gate_release(&own);
    }
    json_decref(said);
    return status;
}

/* A config.json may be anybody's: one that says nothing about a model is passed over, with a
 * word. */
static int add_shared(struct ind_gate *gate, const char *path, struct ind_notes *notes,
                      struct ind_error *err)
{
    struct ind_gate probe;
    struct ind_error reason;
    json_t *said = ind_json_read(path, &reason);
    if (!said && ind_error_is_memory(&reason))
        return ind_fail(err, "%s", reason.text);
    int status = ind_gate_init(&probe, err), known = 0;
    if (status == IND_OK) {
        /* what it refuses, it knows */
        known =
            said && (ind_gate_add(&probe, said, path, false, NULL) != IND_OK || probe.known > 0);
        ind_gate_release(&probe);
    }
    json_decref(said);
    if (status != IND_OK)
        return status;
    return known ? add_file(gate, path, notes, err)
                 : ind_notes_add(notes, err, "%s: no configuration of a model: passed over", path);
}

static int add_beside(struct ind_gate *gate, const struct ind_source *source,
                      struct ind_notes *notes, struct ind_error *err)
{
    char *beside = json_beside(source->files[0]), *shared = config_in_folder(source->files[0]);
    enum ind_file_kind own = IND_FILE_NONE, common = IND_FILE_NONE;
    int status = beside && shared ? IND_OK : ind_fail(err, "out of memory");
    if (status == IND_OK && source->count == 1)
        status = ind_file_look(beside, &own, err);
    if (status == IND_OK && own == IND_FILE_NONE)
        status = ind_file_look(shared, &common, err);
    if (status == IND_OK && own != IND_FILE_NONE)
        status = add_file(gate, beside, notes, err);
    else if (status == IND_OK && common != IND_FILE_NONE)
        status = add_shared(gate, shared, notes, err);
    free(beside);
    free(shared);
    return status;
}

/* ---- In the file ---- */

/* A string of safetensors metadata as the value that it spells. NULL without memory. */
static json_t *value_of_text(const char *text)
{
    if (strcmp(text, "None") == 0)
        return json_null();
    if (strcmp(text, "True") == 0 || strcmp(text, "False") == 0)
        return json_boolean(*text == 'T');
    struct ind_error reason;
    json_t *value = ind_json_value(text, strlen(text), &reason);
    return value || ind_error_is_memory(&reason) ? value : json_string(text);
}

/* One entry: a configuration as JSON, or a single key of one. */
static int add_entry(struct ind_gate *gate, json_t *loose, const char *key, const char *text,
                     const char *path, struct ind_notes *notes, struct ind_error *err)
{
    bool container = ind_word_container(key) >= 0;
    if (!container && *text != '{')
        return ind_word_find(key) && json_object_set_new(loose, key, value_of_text(text)) != 0
                   ? ind_fail(err, "out of memory")
                   : IND_OK;
    struct ind_error reason;
    json_t *said = ind_json_parse(text, strlen(text), &reason);
    if (!said && ind_error_is_memory(&reason))
        return ind_fail(err, "%s", reason.text);
    if (!said)
        return container ? ind_notes_add(notes, err,
                                         "%s: its metadata %s is no JSON object: passed "
                                         "over",
                                         path, key)
                         : IND_OK;
    char *label = ind_text("metadata %s", key);
    struct ind_gate own;
    int status = label ? ind_gate_init(&own, err) : ind_fail(err, "out of memory");
    if (status == IND_OK) {
        status = ind_gate_add(&own, said, label, !container, err);
        if (status != IND_OK)
            ind_error_context(err, "%s: %s", path, label);
        else if (own.known == 0 && container)
            status = ind_notes_add(notes, err,
                                   "%s: its metadata %s says nothing about a model: passed "
                                   "over",
                                   path, key);
        else if (ind_gate_report(&own, label, notes, err) != IND_OK ||
                 ind_gate_join(gate, &own, false, err) != IND_OK)
            status = IND_FAILED;
        gate->known += status == IND_OK ? own.known : 0;
        ind_gate_release(&own);
    }
    free(label);
    json_decref(said);
    return status;
}

static int add_metadata(struct ind_gate *gate, const struct ind_import_file *file,
                        struct ind_notes *notes, struct ind_error *err)
{
    const char *key, *path = file->source->label;
    json_t *value, *loose = json_object();
    int status = loose ? IND_OK : ind_fail(err, "out of memory");
    json_object_foreach (file->foreign.metadata, key, value) {
        if (status == IND_OK && json_is_string(value))
            status = add_entry(gate, loose, key, json_string_value(value), path, notes, err);
    }
    if (status == IND_OK && ind_gate_add(gate, loose, "its metadata", true, err) != IND_OK)
        status = ind_error_context(err, "%s: metadata", path);
    json_decref(loose);
    return status;
}

struct facts {
    struct ind_gate *gate;
    int status;
    struct ind_error *err;
};

/* Dicts further in are heard first, and contradictions are theirs to lose. */
static bool visit_facts(const json_t *said, void *context)
{
    struct facts *f = context;
    struct ind_gate own;
    f->status = ind_gate_init(&own, f->err);
    if (f->status != IND_OK)
        return true;
    f->status = ind_gate_add(&own, said, "the file's dict", true, f->err);
    if (f->status == IND_OK)
        f->status = ind_gate_join(f->gate, &own, true, f->err);
    f->gate->known += own.known;
    ind_gate_release(&own);
    return f->status != IND_OK;
}

static int add_inside(struct ind_gate *gate, const struct ind_import_file *file,
                      struct ind_notes *notes, struct ind_error *err)
{
    struct facts f = {.gate = gate, .status = IND_OK, .err = err};
    if (add_metadata(gate, file, notes, err) != IND_OK)
        return IND_FAILED;
    ind_import_facts(file, file->prefixes[0], visit_facts, &f);
    if (f.status != IND_OK)
        return ind_error_context(err, "%s", file->source->label);
    return ind_gate_report(gate, file->source->label, notes, err);
}

int ind_import_gather(struct ind_gate *gate, const struct ind_import_file *file,
                      const struct ind_import_options *options, bool *found,
                      struct ind_notes *notes, struct ind_error *err)
{
    struct ind_gate inside;
    if (ind_gate_init(&inside, err) != IND_OK)
        return IND_FAILED;
    int status = add_inside(&inside, file, notes, err);
    if (status == IND_OK && options->config)
        status = add_file(gate, options->config, notes, err);
    else if (status == IND_OK)
        status = add_beside(gate, file->source, notes, err);
    if (status == IND_OK && ind_gate_join(gate, &inside, options->config != NULL, err) != IND_OK)
        status = ind_error_context(err, "%s", file->source->label);
    *found = json_object_size(gate->given) > 0;
    ind_gate_release(&inside);
    return status;
}

/* ---- Options and the mapping ---- */

static int check_heads(const struct ind_gate *said, int heads, struct ind_error *err)
{
    const json_t *known = json_object_get(said->given, "n_heads");
    if (!heads || !known || json_integer_value(known) == heads)
        return IND_OK;
    const char *who = json_string_value(json_object_get(said->by, "n_heads"));
    return ind_fail(err, "--heads %d contradicts %s, which says %lld heads", heads,
                    who ? who : "its configuration", (long long)json_integer_value(known));
}

static int add_options(json_t *given, const struct ind_import_options *options,
                       struct ind_error *err)
{
    int failed = 0;
    if (options->heads)
        failed |= json_object_set_new(given, "n_heads", json_integer(options->heads));
    if (options->context)
        failed |= json_object_set_new(given, "n_ctx", json_integer(options->context));
    if (options->positions)
        failed |= json_object_set_new(given, "positional_embedding_type",
                                      json_string(options->positions));
    if (options->norm)
        failed |= json_object_set_new(
            given, "normalization_type",
            strcmp(options->norm, "none") == 0 ? json_null() : json_string(options->norm));
    if (options->attn_scale > 0) {
        failed |= json_object_set_new(given, "attn_scale", json_real(options->attn_scale));
        json_object_del(given, "use_attn_scale");
    }
    return failed ? ind_fail(err, "out of memory") : IND_OK;
}

/* The mapping's "model": heard where nobody else said anything. */
static int add_mapping(struct ind_gate *all, const struct ind_import_work *work,
                       struct ind_error *err)
{
    const json_t *model = json_object_get(work->mapping->json, "model");
    struct ind_gate own;
    if (!model)
        return IND_OK;
    if (ind_gate_init(&own, err) != IND_OK)
        return IND_FAILED;
    int status = ind_gate_add(&own, model, "the mapping", false, err);
    if (status == IND_OK && json_object_size(own.strange) > 0)
        status = ind_fail(err, "%s is no key of a model",
                          json_object_iter_key(json_object_iter(own.strange)));
    if (status != IND_OK)
        ind_error_context(err, "the mapping's \"model\"");
    else
        status = ind_gate_join(all, &own, true, err);
    ind_gate_release(&own);
    return status;
}

int ind_import_compose(struct ind_import_work *work, const struct ind_gate *said,
                       const struct ind_import_options *options, struct ind_error *err)
{
    struct ind_gate all;
    const json_t *model = json_object_get(work->mapping->json, "model");
    if (check_heads(said, options->heads, err) != IND_OK || ind_gate_init(&all, err) != IND_OK)
        return IND_FAILED;
    int status = ind_gate_join(&all, said, false, err);
    if (status == IND_OK)
        status = add_mapping(&all, work, err);
    if (status == IND_OK)
        status = add_options(all.given, options, err);
    if (status == IND_OK) {
        work->given = json_incref(all.given);
        work->norm_said = options->norm || (model && json_object_get(model, "normalization_type"));
        work->configured = json_object_size(said->given) > 0;
    }
    ind_gate_release(&all);
    return status;
}
