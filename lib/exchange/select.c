/* Which of a file's tensors are a model: the layout, its prefix, and whether there are several. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/format/json.h>

#include "exchange/work.h"

enum { DICTS_MAX = 1 << 16, LISTED = 6 };

/* ---- Prefixes ---- */

struct prefixes {
    char **items;
    size_t count, room;
};

static void release_prefixes(struct prefixes *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct prefixes){0};
}

static int add_prefix(struct prefixes *list, const char *name, size_t length, struct ind_error *err)
{
    for (size_t i = 0; i < list->count; i++)
        if (strlen(list->items[i]) == length && strncmp(list->items[i], name, length) == 0)
            return IND_OK;
    if (list->count == DICTS_MAX)
        return ind_fail(err, "more than %d state dicts", DICTS_MAX);
    if (ind_grow(&list->items, &list->room, list->count + 1, sizeof *list->items, err) != IND_OK)
        return IND_FAILED;
    list->items[list->count] = strndup(name, length);
    return list->items[list->count++] ? IND_OK : ind_fail(err, "out of memory");
}

/* Prefixes under which the file has a tensor that the rule names. With --prefix none is shorter
 * than that. */
static int prefixes_of(const struct ind_mapping *mapping, const struct ind_foreign *foreign,
                       const char *ours, const char *chosen, struct prefixes *list,
                       struct ind_error *err)
{
    const struct ind_rule *rule = ind_mapping_rule(mapping, ours);
    const json_t *drop = json_object_get(mapping->json, "drop");
    size_t least = chosen ? strlen(chosen) : 0;
    for (int i = 0; i < foreign->count; i++) {
        const char *name = foreign->tensors[i].name;
        if (strncmp(name, chosen ? chosen : "", least) != 0)
            continue;
        long best = -1;
        for (int k = 0; k < IND_NAMES_MAX && rule->theirs[k]; k++) {
            char tail[IND_NAME_ROOM];
            long at = ind_view_tail(name, ind_mapping_name("", rule->theirs[k], 0, 0, tail), drop);
            best = at >= 0 && (best < 0 || at < best) ? at : best;
        }
        if (best >= 0 && add_prefix(list, name, (size_t)best < least ? least : (size_t)best, err))
            return IND_FAILED;
    }
    return IND_OK;
}

/* Where both the embedding and layer 0's queries are. */
static int find_dicts(const struct ind_mapping *mapping, const struct ind_foreign *foreign,
                      const char *chosen, struct prefixes *dicts, struct ind_error *err)
{
    struct prefixes embeds = {0}, queries = {0};
    int status = prefixes_of(mapping, foreign, "embed.W_E", chosen, &embeds, err);
    if (status == IND_OK)
        status = prefixes_of(mapping, foreign, "blocks.{L}.attn.W_Q", chosen, &queries, err);
    for (size_t i = 0; i < embeds.count && status == IND_OK; i++)
        for (size_t k = 0; k < queries.count && status == IND_OK; k++)
            if (strcmp(embeds.items[i], queries.items[k]) == 0)
                status = add_prefix(dicts, embeds.items[i], strlen(embeds.items[i]), err);
    release_prefixes(&embeds);
    release_prefixes(&queries);
    return status;
}

/* ---- Layouts ---- */

static int unknown_layout(const struct ind_foreign *foreign, const char *chosen,
                          struct ind_error *err)
{
    if (foreign->count == 0)
        return ind_fail(err, "it holds no tensors");
    if (foreign->tensors[0].no_tensor && foreign->tensors[foreign->count - 1].no_tensor)
        return ind_fail(err, "%.100s is no state dict: %s; in Python, save model.state_dict()",
                        foreign->tensors[0].name, foreign->tensors[0].flaw);
    if (chosen && *chosen)
        return ind_fail(err,
                        "no layout that is known begins with %s: its tensors are %.100s, ..., "
                        "%.100s",
                        chosen, foreign->tensors[0].name,
                        foreign->tensors[foreign->count - 1].name);
    return ind_fail(
        err,
        "its tensors' names (%.100s, ..., %.100s) are neither the study's nor "
        "TransformerLens's: --mapping FILE says what they are (share/induct/mappings has "
        "some)",
        foreign->tensors[0].name, foreign->tensors[foreign->count - 1].name);
}

static int recognise(struct ind_import_file *file, const char *chosen, struct prefixes *dicts,
                     struct ind_error *err)
{
    const char *text;
    for (int i = 0; (text = ind_mapping_builtin(i)); i++) {
        if (ind_mapping_parse(&file->mapping, text, strlen(text), err) != IND_OK ||
            find_dicts(&file->mapping, &file->foreign, chosen, dicts, err) != IND_OK)
            return IND_FAILED;
        if (dicts->count)
            return IND_OK;
        ind_mapping_release(&file->mapping);
    }
    return unknown_layout(&file->foreign, chosen, err);
}

/* The tensor that is not there, by the name that the mapping gives it. */
static int missing_tensor(const struct ind_import_file *file, const char *path, const char *chosen,
                          struct ind_error *err)
{
    static const char *const needed[] = {"embed.W_E", "blocks.{L}.attn.W_Q"};
    struct prefixes found = {0};
    const char *ours = needed[0];
    for (size_t i = 0; i < 2; i++) {
        size_t before = found.count;
        if (prefixes_of(&file->mapping, &file->foreign, needed[i], chosen, &found, err) != IND_OK)
            break;
        if (found.count == before && (ours = needed[i]))
            break;
        ours = "embed.W_E and blocks.0.attn.W_Q under one prefix";
    }
    const struct ind_rule *rule = ind_mapping_rule(&file->mapping, ours);
    char theirs[IND_NAME_ROOM], name[IND_NAME_ROOM];
    if (!rule)
        ind_fail(err, "has no tensors for %s, as %s maps them", ours, path);
    else
        ind_fail(err, "has no tensor %s, which %s maps to %s (it has %.100s, ...)",
                 ind_mapping_name("", rule->theirs[0], 0, 0, theirs), path,
                 ind_mapping_name("", ours, 0, 0, name),
                 file->foreign.count ? file->foreign.tensors[0].name : "none");
    release_prefixes(&found);
    return IND_FAILED;
}

static int apply_mapping(struct ind_import_file *file, const char *path, const char *chosen,
                         struct prefixes *dicts, struct ind_error *err)
{
    if (!path)
        return recognise(file, chosen, dicts, err);
    if (ind_mapping_open(&file->mapping, path, err) != IND_OK ||
        find_dicts(&file->mapping, &file->foreign, chosen, dicts, err) != IND_OK)
        return IND_FAILED;
    return dicts->count ? IND_OK : missing_tensor(file, path, chosen, err);
}

/* ---- Several ---- */

static const char *shown(const char *prefix)
{
    return *prefix ? prefix : "(none)";
}

static int refuse_several(const struct prefixes *dicts, struct ind_error *err)
{
    char list[400] = "";
    size_t used = 0;
    for (size_t i = 0; i < dicts->count && i < LISTED; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%.50s", i ? ", " : "",
                                 shown(dicts->items[i]));
    return ind_fail(err, "it holds %zu state dicts, under %s%s: --prefix says which", dicts->count,
                    list, dicts->count > LISTED ? ", ..." : "");
}

/* The components that differ between two prefixes: one, or the two are no series. */
static bool one_differs(const char *a, const char *b, size_t *at)
{
    size_t same = 0;
    while (a[same] && a[same] == b[same])
        same++;
    while (same > 0 && a[same - 1] != '.')
        same--;
    *at = same;
    return strcmp(a + same + strcspn(a + same, "."), b + same + strcspn(b + same, ".")) == 0;
}

static bool number_at(const char *prefix, size_t at, struct ind_epoch *epoch)
{
    char word[64];
    size_t length = strcspn(prefix + at, ".");
    if (length == 0 || length >= sizeof word)
        return false;
    memcpy(word, prefix + at, length);
    word[length] = '\0';
    return ind_epoch_of_word(word, epoch) == IND_OK;
}

/* A list of whole numbers in the file's dicts, named for epochs or steps, one for each. */
struct list_search {
    size_t wanted;
    const json_t *found;
};

static bool is_epoch_list(const char *key, const json_t *value, size_t wanted)
{
    if (json_array_size(value) != wanted ||
        !(strstr(key, "epoch") || strstr(key, "step") || strstr(key, "iter")))
        return false;
    for (size_t i = 0; i < wanted; i++)
        if (!json_is_integer(json_array_get(value, i)) ||
            json_integer_value(json_array_get(value, i)) < 0)
            return false;
    return true;
}

static bool visit_list(const json_t *facts, void *context)
{
    struct list_search *search = context;
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)facts, key, value) {
        if (!search->found && is_epoch_list(key, value, search->wanted))
            search->found = value;
    }
    return search->found != NULL;
}

/* Is what the components number a list, so that they are places and no epochs? */
static bool is_list(const struct ind_import_file *file, const char *prefix, size_t at)
{
    const json_t *here = file->foreign.facts;
    for (size_t start = 0; here && start < at;) {
        char key[256];
        size_t length = strcspn(prefix + start, ".");
        snprintf(key, sizeof key, "%.*s", (int)(length < 255 ? length : 255), prefix + start);
        here = json_is_array(here) ? json_array_get(here, (size_t)atol(key))
                                   : json_object_get(here, key);
        start += length + 1;
    }
    return json_is_array(here);
}

/* Each item's own dict counts for itself: {"step": 100, "model": ...}. */
static bool own_epochs(struct ind_import_file *file, size_t at)
{
    for (size_t i = 0; i < file->count; i++) {
        char own[512];
        size_t length = at + strcspn(file->prefixes[i] + at, ".") + 1;
        snprintf(own, sizeof own, "%.*s", (int)(length < 511 ? length : 511), file->prefixes[i]);
        const json_t *here = file->foreign.facts;
        for (char *word = own; here && *word;) {
            size_t end = strcspn(word, ".");
            char *next = word + end + (word[end] == '.');
            word[end] = '\0';
            here = json_is_array(here) ? json_array_get(here, (size_t)atol(word))
                                       : json_object_get(here, word);
            word = next;
        }
        ind_epoch_of_facts(here, &file->epochs[i]);
        if (file->epochs[i].kind == IND_EPOCH_UNKNOWN)
            return false;
    }
    return true;
}

static int number_list(struct ind_import_file *file, struct ind_error *err)
{
    struct list_search search = {.wanted = file->count};
    ind_import_facts(file, file->prefixes[0], visit_list, &search);
    if (!search.found)
        return ind_fail(err,
                        "it holds a list of %zu state dicts and nothing says of which epochs: "
                        "--epoch LIST names one for each, or --prefix chooses one",
                        file->count);
    for (size_t i = 0; i < file->count; i++) {
        file->epochs[i].value = (long)json_integer_value(json_array_get(search.found, i));
        file->epochs[i].kind = IND_EPOCH_NUMBER;
        snprintf(file->epochs[i].from, sizeof file->epochs[i].from, "a list in the file");
    }
    return IND_OK;
}

/* Prefixes that differ in one number are one model over time. */
static int as_series(struct ind_import_file *file, const struct prefixes *dicts,
                     const struct ind_import_options *options, struct ind_error *err)
{
    size_t at = 0, other = 0;
    bool series = one_differs(dicts->items[0], dicts->items[1], &at);
    for (size_t i = 2; i < dicts->count && series; i++)
        series = one_differs(dicts->items[0], dicts->items[i], &other) && other == at;
    for (size_t i = 0; i < dicts->count && series; i++)
        series = number_at(dicts->items[i], at, &file->epochs[i]);
    if (!series)
        return refuse_several(dicts, err);
    for (size_t i = 0; i < file->count; i++)
        snprintf(file->epochs[i].from, sizeof file->epochs[i].from, "its key: %.80s",
                 dicts->items[i]);
    if (options->epoch_count || own_epochs(file, at))
        return IND_OK;
    for (size_t i = 0; i < file->count; i++) /* own_epochs() may have begun to write */
        number_at(dicts->items[i], at, &file->epochs[i]);
    return is_list(file, dicts->items[0], at) ? number_list(file, err) : IND_OK;
}

/* --prefix: that very state dict, or those that it begins. The others are remembered, for one may
 * lie within another. */
static int choose(struct prefixes *dicts, const char *chosen, struct ind_import_file *file,
                  struct ind_error *err)
{
    struct prefixes all = *dicts;
    for (size_t i = 0; chosen && i < all.count; i++) {
        if (strcmp(all.items[i], chosen) != 0)
            continue;
        *dicts = (struct prefixes){0};
        file->others = all.items;
        file->other_count = all.count;
        return add_prefix(dicts, chosen, strlen(chosen), err);
    }
    return IND_OK;
}

/* "model" means "model.". */
static char *whole_prefix(const char *prefix)
{
    size_t length = strlen(prefix);
    char *out = malloc(length + 2);
    if (!out)
        return NULL;
    memcpy(out, prefix, length + 1);
    if (length && prefix[length - 1] != '.')
        memcpy(out + length, ".", 2);
    return out;
}

static int select_dicts(struct ind_import_file *file, const struct ind_import_options *options,
                        struct ind_error *err)
{
    struct prefixes dicts = {0};
    char *chosen = options->prefix ? whole_prefix(options->prefix) : NULL;
    int status = options->prefix && !chosen ? ind_fail(err, "out of memory") : IND_OK;
    if (status == IND_OK)
        status = apply_mapping(file, options->mapping, chosen, &dicts, err);
    if (status == IND_OK)
        status = choose(&dicts, chosen, file, err);
    free(chosen);
    file->prefixes = dicts.items;
    file->count = dicts.count;
    if (status != IND_OK ||
        ind_alloc_into(&file->epochs, file->count, sizeof *file->epochs, err) != IND_OK)
        return IND_FAILED;
    return file->count > 1 ? as_series(file, &dicts, options, err) : IND_OK;
}

static int open_file(struct ind_import_file *file, const struct ind_import_options *options,
                     struct ind_error *err)
{
    const struct ind_source *source = file->source;
    int status = source->count == 1
                     ? ind_foreign_open(&file->foreign, source->files[0], err)
                     : ind_foreign_join(&file->foreign, (const char *const *)source->files,
                                        source->count, err);
    if (status != IND_OK)
        return IND_FAILED;
    if (select_dicts(file, options, err) == IND_OK)
        return IND_OK;
    return ind_error_context(err, "%s", source->label);
}

int ind_import_file_open(struct ind_import_file *file, const struct ind_source *source,
                         const struct ind_import_options *options, struct ind_error *err)
{
    *file = (struct ind_import_file){.source = source};
    if (open_file(file, options, err) == IND_OK)
        return IND_OK;
    ind_import_file_close(file);
    return IND_FAILED;
}

void ind_import_file_close(struct ind_import_file *file)
{
    ind_foreign_close(&file->foreign);
    ind_mapping_release(&file->mapping);
    for (size_t i = 0; i < file->count; i++)
        free(file->prefixes[i]);
    for (size_t i = 0; i < file->other_count; i++)
        free(file->others[i]);
    free(file->others);
    free(file->prefixes);
    free(file->epochs);
    *file = (struct ind_import_file){0};
}

/* ---- What lies beside ---- */

static bool begins(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

static bool in_some(const struct ind_import_file *file, const char *name)
{
    for (size_t i = 0; i < file->count; i++)
        if (begins(name, file->prefixes[i]))
            return true;
    return false;
}

/* Other modules in the very dict of the model's tensors would take part in what it computes. */
static int check_beside(const struct ind_import_file *file, const struct ind_view *view,
                        struct ind_error *err)
{
    char list[300] = "";
    size_t used = 0, listed = 0, count = 0;
    const struct ind_foreign_tensor *own = view->count ? view->items[0].tensor : NULL;
    for (int i = 0; own && i < file->foreign.count; i++) {
        const struct ind_foreign_tensor *tensor = &file->foreign.tensors[i];
        if (tensor->no_tensor || tensor->home != own->home ||
            strncmp(tensor->name, own->name, own->home) != 0 || in_some(file, tensor->name))
            continue;
        count++;
        if (listed < LISTED && used + 60 < sizeof list) {
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%.50s", listed ? ", " : "",
                                     tensor->name);
            listed++;
        }
    }
    if (count == 0)
        return IND_OK;
    return ind_fail(err,
                    "beside the model under %s it has %zu other tensor%s (%s%s): --prefix %s "
                    "leaves them out",
                    view->prefix, count, count == 1 ? "" : "s", list, count > listed ? ", ..." : "",
                    view->prefix);
}

int ind_import_file_view(const struct ind_import_file *file, size_t index,
                         const struct ind_import_options *options, struct ind_view *view,
                         struct ind_error *err)
{
    int status = ind_view_open(view, &file->foreign, file->prefixes[index],
                               json_object_get(file->mapping.json, "drop"),
                               file->others ? file->others : file->prefixes,
                               file->others ? file->other_count : file->count, err);
    if (status == IND_OK && !options->prefix && *file->prefixes[index] &&
        (status = check_beside(file, view, err)) != IND_OK)
        ind_view_close(view);
    return status == IND_OK ? IND_OK : ind_error_context(err, "%s", file->source->label);
}

void ind_import_facts(const struct ind_import_file *file, const char *prefix,
                      bool (*visit)(const json_t *facts, void *context), void *context)
{
    const json_t *levels[16];
    size_t count = 0;
    const json_t *here = file->foreign.facts;
    for (const char *at = prefix; here && count < 16; count++) {
        char key[256];
        size_t length = strcspn(at, ".");
        levels[count] = here;
        snprintf(key, sizeof key, "%.*s", (int)(length < 255 ? length : 255), at);
        here = !length               ? NULL
               : json_is_array(here) ? json_array_get(here, (size_t)atol(key))
                                     : json_object_get(here, key);
        at += length + (at[length] == '.');
    }
    while (count-- > 0)
        if (json_is_object(levels[count]) && visit(levels[count], context))
            return;
}
