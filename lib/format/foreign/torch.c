/* A PyTorch checkpoint: the pickle names tensors over storages, the archive holds the storages. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>

#include "format/foreign/facts.h"
#include "format/foreign/pickle.h"
#include "format/foreign/source.h"

/* Shared values let a small pickle spell out a large tree, hence limits on what is visited. */
enum { PICKLE_LIMIT = 16 << 20, TENSOR_LIMIT = 1 << 17, VISIT_LIMIT = 1 << 20, DEPTH_LIMIT = 8 };

struct walk {
    struct ind_foreign *foreign;
    const struct ind_pickle *pickle;
    size_t visited;
    struct ind_error *err;
};

static bool same_text(const struct ind_pickle_value *text, const char *word)
{
    return strlen(word) == text->length && memcmp(text->text, word, text->length) == 0;
}

/* Index of the storage with that key; the newest first, for tensors follow their storages. */
static int find_storage(struct walk *w, const struct ind_pickle_value *storage, size_t *index)
{
    struct ind_foreign_source *source = w->foreign->source;
    const struct ind_pickle_value *key = &w->pickle->values[storage->storage];
    for (size_t i = source->storage_count; i-- > 0;) {
        struct ind_foreign_storage *known = &source->storages[i];
        if (!same_text(key, known->entry + strlen("data/")))
            continue;
        *index = i;
        known->doubtful =
            known->doubtful || known->dtype != storage->dtype || known->elements != storage->number;
        return IND_OK;
    }
    if (ind_grow(&source->storages, &source->storage_room, source->storage_count + 1,
                 sizeof *source->storages, w->err) != IND_OK)
        return IND_FAILED;
    char *entry = ind_text("data/%.*s", (int)key->length, key->text);
    if (!entry)
        return ind_fail(w->err, "out of memory");
    *index = source->storage_count++;
    source->storages[*index] = (struct ind_foreign_storage){
        .entry = entry, .dtype = storage->dtype, .elements = storage->number};
    return IND_OK;
}

static bool is_storage_key(const struct ind_pickle_value *key)
{
    return key->length > 0 && key->length <= 32 && !memchr(key->text, '/', key->length) &&
           !memchr(key->text, '\0', key->length);
}

/* Shape and strides; and whether the last element lies within the storage. */
static int set_extents(struct walk *w, const struct ind_pickle_value *value,
                       struct ind_foreign_tensor *tensor, int64_t storage_elements)
{
    const struct ind_pickle_value *sizes = &w->pickle->values[value->sizes];
    const struct ind_pickle_value *strides = &w->pickle->values[value->strides];
    int64_t elements = 1, last = value->number;
    bool huge = false;
    tensor->rank = (int)sizes->count; /* at most 8: pickle_values.c */
    tensor->offset = value->number;
    for (int i = 0; i < tensor->rank; i++) {
        int64_t reach = 0;
        tensor->shape[i] = ind_pickle_item(w->pickle, sizes, (uint32_t)i)->number;
        tensor->stride[i] = ind_pickle_item(w->pickle, strides, (uint32_t)i)->number;
        huge = huge || __builtin_mul_overflow(elements, tensor->shape[i], &elements) ||
               (tensor->shape[i] > 0 &&
                (__builtin_mul_overflow(tensor->shape[i] - 1, tensor->stride[i], &reach) ||
                 __builtin_add_overflow(last, reach, &last)));
    }
    if (huge)
        return ind_foreign_spoil(tensor, w->err, "its shape or strides are absurdly large");
    if (elements > 0 && last >= storage_elements)
        return ind_foreign_spoil(tensor, w->err,
                                 "it points outside its storage (element %lld of "
                                 "%lld)",
                                 (long long)last, (long long)storage_elements);
    return IND_OK;
}

static struct ind_foreign_tensor *new_tensor(struct walk *w, const char *name, size_t home)
{
    if (w->foreign->count >= TENSOR_LIMIT) {
        ind_fail(w->err, "more than %d tensors", TENSOR_LIMIT);
        return NULL;
    }
    struct ind_foreign_tensor *tensor = ind_foreign_add(w->foreign, name, w->err);
    if (tensor)
        tensor->home = home;
    return tensor;
}

static int add_tensor(struct walk *w, const char *name, size_t home,
                      const struct ind_pickle_value *value)
{
    const struct ind_pickle_value *storage = &w->pickle->values[value->storage];
    struct ind_foreign_tensor *tensor = new_tensor(w, name, home);
    if (!tensor)
        return IND_FAILED;
    tensor->dtype = value->dtype;
    if (!is_storage_key(&w->pickle->values[storage->storage]))
        return ind_foreign_spoil(tensor, w->err, "its storage's key is no number");
    /* elements of an untyped storage are bytes */
    int64_t elements = storage->number;
    if (storage->dtype != value->dtype)
        elements = elements / (int64_t)ind_dtype_size(value->dtype) *
                   (int64_t)ind_dtype_size(storage->dtype);
    if (find_storage(w, storage, &tensor->storage) != IND_OK)
        return IND_FAILED;
    return set_extents(w, value, tensor, elements);
}

/* What stands where a weight may be wanted, but depends on what is not made here. */
static int add_opaque(struct walk *w, const char *name, size_t home,
                      const struct ind_pickle_value *value)
{
    static const char REBUILD[] = "_rebuild";
    struct ind_foreign_tensor *tensor = new_tensor(w, name, home);
    if (!tensor)
        return IND_FAILED;
    tensor->no_tensor =
        value->number != 1 &&
        (value->length < sizeof REBUILD || memcmp(value->text, REBUILD, sizeof REBUILD - 1) != 0);
    return ind_foreign_spoil(
        tensor, w->err, "it depends on %.*s.%.*s, which is not known here and not executed",
        (int)(value->module_length < 100 ? value->module_length : 100), value->module,
        (int)(value->length < 100 ? value->length : 100), value->text);
}

/* Strings and whole numbers are; what has another key is passed over. */
static bool is_name(const struct ind_pickle_value *key)
{
    return key->kind == IND_PICKLE_INT || (key->kind == IND_PICKLE_TEXT && key->length <= 256 &&
                                           !memchr(key->text, '\0', key->length));
}

/* PREFIX.KEY; NULL without memory. */
static char *join_name(const char *prefix, const struct ind_pickle_value *key)
{
    const char *dot = *prefix ? "." : "";
    if (key->kind == IND_PICKLE_INT)
        return ind_text("%s%s%lld", prefix, dot, (long long)key->number);
    return ind_text("%s%s%.*s", prefix, dot, (int)key->length, key->text);
}

static int walk_value(struct walk *w, const char *name, size_t home,
                      const struct ind_pickle_value *value, int depth);

/* Where names of a container's items begin: after its own name and a dot. */
static size_t home_of(const char *prefix)
{
    return *prefix ? strlen(prefix) + 1 : 0;
}

static int walk_dict(struct walk *w, const char *prefix, const struct ind_pickle_value *dict,
                     int depth)
{
    const struct ind_pickle *p = w->pickle;
    int status = IND_OK;
    for (ind_pickle_ref link = dict->first; link != IND_PICKLE_NOWHERE && status == IND_OK;) {
        const struct ind_pickle_value *key = &p->values[p->links[link].value];
        ind_pickle_ref second = p->links[link].next; /* a dict's links come in pairs */
        link = p->links[second].next;
        if (!is_name(key))
            continue;
        char *name = join_name(prefix, key);
        status =
            name ? walk_value(w, name, home_of(prefix), &p->values[p->links[second].value], depth)
                 : ind_fail(w->err, IND_NO_MEMORY);
        free(name);
    }
    return status;
}

static int walk_list(struct walk *w, const char *prefix, const struct ind_pickle_value *list,
                     int depth)
{
    const struct ind_pickle *p = w->pickle;
    long index = 0;
    int status = IND_OK;
    for (ind_pickle_ref link = list->first; link != IND_PICKLE_NOWHERE && status == IND_OK;
         link = p->links[link].next) {
        char *name = ind_text("%s%s%ld", prefix, *prefix ? "." : "", index++);
        status = name
                     ? walk_value(w, name, home_of(prefix), &p->values[p->links[link].value], depth)
                     : ind_fail(w->err, "out of memory");
        free(name);
    }
    return status;
}

static int walk_value(struct walk *w, const char *name, size_t home,
                      const struct ind_pickle_value *value, int depth)
{
    if (++w->visited > VISIT_LIMIT)
        return ind_fail(w->err, "refused: its dicts hold each other over and over");
    bool container = depth < DEPTH_LIMIT;
    switch (value->kind) {
    case IND_PICKLE_TENSOR:
        return add_tensor(w, name, home, value);
    case IND_PICKLE_DICT:
        return container ? walk_dict(w, name, value, depth + 1) : IND_OK;
    case IND_PICKLE_TUPLE:
    case IND_PICKLE_LIST:
        return container ? walk_list(w, name, value, depth + 1) : IND_OK;
    case IND_PICKLE_OPAQUE:
        if (value->first != IND_PICKLE_NOWHERE) /* a dict of somebody's own class */
            return container ? walk_dict(w, name, value, depth + 1) : IND_OK;
        return add_opaque(w, name, home, value);
    default:
        return IND_OK;
    }
}

/* Saved on a machine of the other kind? Archives since 2.1 say. */
static int check_byte_order(struct ind_archive *archive, struct ind_error *err)
{
    char *word;
    size_t size;
    bool has;
    if (ind_archive_has(archive, "byteorder", &has, err) != IND_OK)
        return IND_FAILED;
    if (!has)
        return IND_OK;
    if (ind_archive_read(archive, "byteorder", 64, &word, &size, err) != IND_OK)
        return IND_FAILED;
    bool little = strncmp(word, "little", 6) == 0;
    free(word);
    return little ? IND_OK : ind_fail(err, "its numbers are big-endian");
}

static int walk_root(struct walk *w)
{
    const struct ind_pickle_value *root = &w->pickle->values[w->pickle->root];
    switch (root->kind) {
    case IND_PICKLE_DICT:
        return walk_dict(w, "", root, 0);
    case IND_PICKLE_LIST:
    case IND_PICKLE_TUPLE:
        return walk_list(w, "", root, 0);
    case IND_PICKLE_TENSOR:
        return ind_fail(w->err, "it holds a single tensor, no state dict");
    case IND_PICKLE_OPAQUE:
        if (root->first != IND_PICKLE_NOWHERE)
            return walk_dict(w, "", root, 0);
        return ind_fail(w->err,
                        "it holds an object of %.*s.%.*s, no state dict: in Python, torch.save("
                        "model.state_dict(), ...)",
                        (int)(root->module_length < 100 ? root->module_length : 100), root->module,
                        (int)(root->length < 100 ? root->length : 100), root->text);
    default:
        return ind_fail(w->err, "it holds no state dict");
    }
}

int ind_foreign_from_torch(struct ind_foreign *foreign, struct ind_error *err)
{
    struct ind_archive *archive = &foreign->source->archive;
    struct ind_pickle pickle;
    char *bytes;
    size_t size;
    if (check_byte_order(archive, err) != IND_OK ||
        ind_archive_read(archive, "data.pkl", PICKLE_LIMIT, &bytes, &size, err) != IND_OK)
        return IND_FAILED;
    int status = ind_pickle_load(&pickle, bytes, size, err);
    if (status == IND_OK) {
        struct walk w = {.foreign = foreign, .pickle = &pickle, .err = err};
        status = walk_root(&w);
        if (status == IND_OK)
            status = ind_pickle_facts(&pickle, &foreign->facts, err);
        ind_pickle_release(&pickle);
    }
    free(bytes);
    return status;
}
