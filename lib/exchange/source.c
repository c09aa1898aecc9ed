#include "exchange/source.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/format/json.h>
#include <induct/recipe/config_file.h>

#include "exchange/epoch.h"

enum { NESTING = 3, PARTS_MAX = 4096 };

static bool ends_with(const char *name, const char *tail)
{
    size_t length = strlen(name), rest = strlen(tail);
    return length >= rest && strcasecmp(name + length - rest, tail) == 0;
}

static bool is_file(const char *path)
{
    enum ind_file_kind kind;
    return ind_file_look(path, &kind, NULL) == IND_OK && kind == IND_FILE_REGULAR;
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* "FOLDER/NAME" for a file's sibling. */
static char *sibling(const char *path, const char *name)
{
    return ind_text("%.*s%s", (int)(base_of(path) - path), path, name);
}

/* ---- The list ---- */

static void release_item(struct ind_source *item)
{
    for (int i = 0; i < item->count; i++)
        free(item->files[i]);
    free(item->files);
    free(item->label);
}

void ind_sources_release(struct ind_sources *sources)
{
    for (size_t i = 0; i < sources->count; i++)
        release_item(&sources->items[i]);
    free(sources->items);
    *sources = (struct ind_sources){0};
}

static struct ind_source *add(struct ind_sources *sources, const char *label, int files,
                              struct ind_error *err)
{
    if (ind_grow(&sources->items, &sources->room, sources->count + 1, sizeof *sources->items, err))
        return NULL;
    struct ind_source *item = &sources->items[sources->count];
    *item =
        (struct ind_source){.label = strdup(label), .files = calloc((size_t)files, sizeof(char *))};
    if (!item->label || !item->files) {
        release_item(item);
        ind_fail(err, "out of memory");
        return NULL;
    }
    sources->count++;
    return item;
}

static int add_file(struct ind_source *item, char *path, struct ind_error *err)
{
    if (!path)
        return ind_fail(err, "out of memory");
    item->files[item->count++] = path;
    return IND_OK;
}

/* ---- Parts ---- */

/* "model-00001-of-00003.safetensors": where its number stands, and how many there are. */
static bool is_part(const char *name, size_t *at, size_t *width, int *of)
{
    const char *mark = strstr(name, "-of-");
    if (!mark)
        return false;
    const char *start = mark, *end = mark + 4 + strspn(mark + 4, "0123456789");
    while (start > name && isdigit((unsigned char)start[-1]))
        start--;
    *at = (size_t)(start - name);
    *width = (size_t)(mark - start);
    *of = atoi(mark + 4);
    return *width > 0 && *width < 8 && (*end == '.' || *end == '\0') && *of > 1 && *of <= PARTS_MAX;
}

static bool is_known(const struct ind_sources *sources, const char *file)
{
    for (size_t i = 0; i < sources->count; i++)
        for (int k = 0; k < sources->items[i].count; k++)
            if (sources->items[i].count > 1 && strcmp(sources->items[i].files[k], file) == 0)
                return true;
    return false;
}

/* All parts of which `path` is one; they may have been added by another part's name. */
static int add_parts(struct ind_sources *sources, const char *path, size_t at, size_t width, int of,
                     struct ind_error *err)
{
    const char *name = base_of(path);
    if (is_known(sources, path))
        return IND_OK;
    struct ind_source *item = add(sources, path, of, err);
    if (!item)
        return IND_FAILED;
    for (int i = 0; i < of; i++) {
        char *file = ind_text("%.*s%0*d%s", (int)((size_t)(name - path) + at), path, (int)width,
                              i + 1, name + at + width);
        if (add_file(item, file, err) != IND_OK)
            return IND_FAILED;
        if (!is_file(file))
            return ind_fail(err, "%s: one of %d parts of a model, of which %s is not there", path,
                            of, base_of(file));
    }
    return IND_OK;
}

/* The files that an index names, each once, beside it. */
static int add_indexed(struct ind_sources *sources, const char *path, const json_t *map,
                       struct ind_error *err)
{
    struct ind_source *item = add(sources, path, PARTS_MAX, err);
    const char *tensor;
    json_t *value;
    if (!item)
        return IND_FAILED;
    json_object_foreach ((json_t *)map, tensor, value) {
        const char *name = json_string_value(value);
        bool known = false;
        if (!name || strchr(name, '/') || !*name)
            return ind_fail(err, "%s: the file of %s is not one beside it", path, tensor);
        for (int i = 0; i < item->count; i++)
            known = known || strcmp(base_of(item->files[i]), name) == 0;
        if (known)
            continue;
        if (item->count == PARTS_MAX)
            return ind_fail(err, "%s: more than %d files", path, PARTS_MAX);
        if (add_file(item, sibling(path, name), err) != IND_OK)
            return IND_FAILED;
        if (!is_file(item->files[item->count - 1]))
            return ind_fail(err, "%s: %s, which it names, is not there", path, name);
    }
    return item->count ? IND_OK : ind_fail(err, "%s: its weight_map is empty", path);
}

static int add_index(struct ind_sources *sources, const char *path, struct ind_error *err)
{
    json_t *index = ind_json_read(path, err);
    if (!index)
        return IND_FAILED;
    const json_t *map = json_object_get(index, "weight_map");
    int status = json_is_object(map)
                     ? add_indexed(sources, path, map, err)
                     : ind_fail(err,
                                "%s: a JSON text without weight_map, which holds no weights: name "
                                "the file of the weights",
                                path);
    json_decref(index);
    return status;
}

static int add_regular(struct ind_sources *sources, const char *path, struct ind_error *err)
{
    size_t at, width;
    int of;
    if (ends_with(path, ".json"))
        return add_index(sources, path, err);
    if (is_part(base_of(path), &at, &width, &of))
        return add_parts(sources, path, at, width, of, err);
    struct ind_source *item = add(sources, path, 1, err);
    return item ? add_file(item, strdup(path), err) : IND_FAILED;
}

/* ---- Folders ---- */

/* What holds weights by its name, and no optimizer's or generator's state. */
static bool is_model_file(const char *name)
{
    static const char *const suffixes[] = {".safetensors", ".pt",  ".pth",    ".bin",
                                           ".ckpt",        ".npz", ".pth.tar"};
    static const char *const others[] = {"optim",         "scheduler", "rng_state",
                                         "training_args", "scaler",    "random_states",
                                         "sampler",       "tokenizer", "adapter"};
    bool model = false;
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        model = model || ends_with(name, suffixes[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others && model; i++)
        model = !strstr(name, others[i]) || ends_with(name, "model_optim_rng.pt");
    return model && *name != '.';
}

/* Names in a folder that pass `wanted`, sorted. */
struct names {
    char **items;
    size_t count, room;
};

static int by_text(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void release_names(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
}

static int list_names(const char *folder, bool (*wanted)(const char *folder, const char *name),
                      struct names *names, struct ind_error *err)
{
    DIR *listing = opendir(folder);
    if (!listing)
        return ind_fail_errno(err, "%s: cannot open", folder);
    int status = IND_OK;
    for (const char *name; status == IND_OK;) {
        status = ind_folder_next(listing, folder, &name, err);
        if (status != IND_OK || name == NULL)
            break;
        if (!wanted(folder, name))
            continue;
        status = ind_grow(&names->items, &names->room, names->count + 1, sizeof *names->items, err);
        if (status == IND_OK && !(names->items[names->count++] = strdup(name)))
            status = ind_fail(err, "out of memory");
    }
    closedir(listing);
    if (names->count)
        qsort(names->items, names->count, sizeof *names->items, by_text);
    return status;
}

static bool wanted_file(const char *folder, const char *name)
{
    (void)folder;
    return is_model_file(name);
}

/* checkpoint-1000, global_step500, iter_0001000, mp_rank_00. */
static bool wanted_folder(const char *folder, const char *name)
{
    struct ind_epoch epoch;
    if (*name == '.')
        return false;
    bool numbered =
        ind_epoch_of_labels(name, &epoch, NULL) == IND_OK && epoch.kind != IND_EPOCH_UNKNOWN;
    if (!numbered && strncmp(name, "mp_rank_00", 10) != 0)
        return false;
    char *path = ind_text("%s/%s", folder, name);
    bool is = path && ind_is_folder(path);
    free(path);
    return is;
}

static int refuse_several(const char *path, const struct names *names, const char *what,
                          struct ind_error *err)
{
    char list[300] = "";
    size_t used = 0;
    for (size_t i = 0; i < names->count && i < 6; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%.40s", i ? ", " : "",
                                 names->items[i]);
    return ind_fail(err, "%s: holds %zu %s (%s%s): name those that are meant", path, names->count,
                    what, list, names->count > 6 ? ", ..." : "");
}

/* The file that a folder is known to keep its model in, among several. */
static const char *preferred(const struct names *names)
{
    static const char *const known[] = {"model.safetensors", "pytorch_model.bin",
                                        "model_optim_rng.pt", "mp_rank_00_model_states.pt"};
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        for (size_t i = 0; i < names->count; i++)
            if (strcmp(names->items[i], known[k]) == 0)
                return names->items[i];
    return NULL;
}

/* All names are parts of one model. */
static bool are_parts(const struct names *names)
{
    size_t at, width, first_at = 0;
    int of, total = 0;
    for (size_t i = 0; i < names->count; i++) {
        if (!is_part(names->items[i], &at, &width, &of) || (i && (at != first_at || of != total)) ||
            strncmp(names->items[i], names->items[0], at) != 0)
            return false;
        first_at = at, total = of;
    }
    return names->count > 0;
}

static int add_folder(struct ind_sources *sources, const char *path, int depth,
                      struct ind_notes *notes, struct ind_error *err);

static int add_in_folder(struct ind_sources *sources, const char *folder, const char *name,
                         struct ind_error *err)
{
    char *path = ind_text("%s%s%s", folder, ends_with(folder, "/") ? "" : "/", name);
    int status = path ? add_regular(sources, path, err) : ind_fail(err, "out of memory");
    free(path);
    return status;
}

static int add_subfolders(struct ind_sources *sources, const char *path, const struct names *names,
                          int depth, struct ind_notes *notes, struct ind_error *err)
{
    int status = IND_OK;
    for (size_t i = 0; i < names->count && status == IND_OK; i++) {
        char *inner = ind_text("%s%s%s", path, ends_with(path, "/") ? "" : "/", names->items[i]);
        status = inner ? add_folder(sources, inner, depth + 1, notes, err)
                       : ind_fail(err, "out of memory");
        free(inner);
    }
    return status;
}

static int refuse_folder(const char *path, struct ind_error *err)
{
    char *metadata = ind_text("%s/.metadata", path);
    bool distributed = metadata && is_file(metadata);
    free(metadata);
    if (distributed)
        return ind_fail(err,
                        "%s: a folder of torch.distributed.checkpoint: python -m torch.distributed."
                        "checkpoint.format_utils dcp_to_torch %s FILE.pt makes a file of it",
                        path, base_of(path));
    return ind_fail(err,
                    "%s: a folder without a model file in it (.safetensors, .pt, .pth, .bin, "
                    ".ckpt, .npz)",
                    path);
}

static int add_listed(struct ind_sources *sources, const char *path, const struct names *files,
                      const struct names *folders, int depth, struct ind_notes *notes,
                      struct ind_error *err)
{
    static const char *const indices[] = {"model.safetensors.index.json",
                                          "pytorch_model.bin.index.json"};
    for (size_t i = 0; i < sizeof indices / sizeof *indices; i++) {
        enum ind_file_kind kind;
        char *index = ind_text("%s/%s", path, indices[i]);
        const int status =
            index ? ind_file_look(index, &kind, err) : ind_fail(err, "out of memory");
        free(index);
        if (status != IND_OK)
            return IND_FAILED;
        if (kind == IND_FILE_REGULAR)
            return add_in_folder(sources, path, indices[i], err);
    }
    const char *known = preferred(files);
    if (files->count == 1 || known || are_parts(files)) {
        if (folders->count && ind_notes_add(notes, err,
                                            "%s: its own model is taken, the %zu folders of "
                                            "checkpoints in it are not: name them",
                                            path, folders->count) != IND_OK)
            return IND_FAILED;
        return add_in_folder(sources, path, known ? known : files->items[0], err);
    }
    if (files->count)
        return refuse_several(path, files, "model files", err);
    if (folders->count && depth < NESTING)
        return add_subfolders(sources, path, folders, depth, notes, err);
    return refuse_folder(path, err);
}

static int add_folder(struct ind_sources *sources, const char *path, int depth,
                      struct ind_notes *notes, struct ind_error *err)
{
    struct names files = {0}, folders = {0};
    bool is_run;
    if (ind_run_config_exists(path, &is_run, err) != IND_OK)
        return IND_FAILED;
    if (is_run)
        return ind_fail(err, "%s: a run of induct's already: the programs take it as it is", path);
    int status = list_names(path, wanted_file, &files, err);
    if (status == IND_OK)
        status = list_names(path, wanted_folder, &folders, err);
    if (status == IND_OK)
        status = add_listed(sources, path, &files, &folders, depth, notes, err);
    release_names(&files);
    release_names(&folders);
    return status;
}

int ind_sources_add(struct ind_sources *sources, const char *path, struct ind_notes *notes,
                    struct ind_error *err)
{
    return ind_is_folder(path) ? add_folder(sources, path, 0, notes, err)
                               : add_regular(sources, path, err);
}
