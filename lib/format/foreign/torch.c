/* A PyTorch checkpoint: the pickle names tensors over storages, the archive holds the storages. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>

#include "format/foreign/pickle.h"
#include "format/foreign/source.h"

/* Shared values let a small pickle spell out a large tree, hence limits on what is visited. */
enum { PICKLE_LIMIT = 16 << 20, TENSOR_LIMIT = 16384, VISIT_LIMIT = 1 << 20, DEPTH_LIMIT = 8 };

struct walk {
    struct ind_foreign *foreign;
    const struct ind_pickle *pickle;
    size_t room, visited;
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
    if (key->length == 0 || key->length > 32 || memchr(key->text, '/', key->length) ||
        memchr(key->text, '\0', key->length))
        return ind_fail(w->err, "a storage's key is no number");
    for (size_t i = source->storage_count; i-- > 0;) {
        const struct ind_foreign_storage *known = &source->storages[i];
        if (!same_text(key, known->key))
            continue;
        *index = i;
        if (known->dtype != storage->dtype || known->elements != storage->number)
            return ind_fail(w->err, "storage %s is described in two ways", known->key);
        return IND_OK;
    }
    if (ind_grow(&source->storages, &source->storage_room, source->storage_count + 1,
                 sizeof *source->storages, w->err) != IND_OK)
        return IND_FAILED;
    char *copy = strndup(key->text, key->length);
    if (!copy)
        return ind_fail(w->err, "out of memory");
    *index = source->storage_count++;
    source->storages[*index] = (struct ind_foreign_storage){copy, storage->dtype, storage->number};
    return IND_OK;
}

/* Shape and strides, and that the last element lies within the storage. */
static int set_extents(struct walk *w, const struct ind_pickle_value *value,
                       struct ind_foreign_tensor *tensor, int64_t storage_elements)
{
    const struct ind_pickle_value *sizes = &w->pickle->values[value->sizes];
    const struct ind_pickle_value *strides = &w->pickle->values[value->strides];
    int64_t elements = 1, last = value->number;
    tensor->rank = (int)sizes->count; /* at most 8: pickle_values.c */
    tensor->offset = value->number;
    for (int i = 0; i < tensor->rank; i++) {
        int64_t reach;
        tensor->shape[i] = ind_pickle_item(w->pickle, sizes, (uint32_t)i)->number;
        tensor->stride[i] = ind_pickle_item(w->pickle, strides, (uint32_t)i)->number;
        if (__builtin_mul_overflow(elements, tensor->shape[i], &elements))
            return ind_fail(w->err, "its shape is absurdly large");
        if (tensor->shape[i] > 0 &&
            (__builtin_mul_overflow(tensor->shape[i] - 1, tensor->stride[i], &reach) ||
             __builtin_add_overflow(last, reach, &last)))
            return ind_fail(w->err, "its strides are absurdly large");
    }
    if (elements > storage_elements)
        return ind_fail(w->err, "it claims %lld elements, its storage has %lld",
                        (long long)elements, (long long)storage_elements);
    if (elements > 0 && last >= storage_elements)
        return ind_fail(w->err, "it points outside its storage (element %lld of %lld)",
                        (long long)last, (long long)storage_elements);
    return IND_OK;
}

static int add_tensor(struct walk *w, const char *name, const struct ind_pickle_value *value)
{
    struct ind_foreign *foreign = w->foreign;
    const struct ind_pickle_value *storage = &w->pickle->values[value->storage];
    if (foreign->count >= TENSOR_LIMIT)
        return ind_fail(w->err, "more than %d tensors", TENSOR_LIMIT);
    if (ind_grow(&foreign->tensors, &w->room, (size_t)foreign->count + 1, sizeof *foreign->tensors,
                 w->err) != IND_OK)
        return IND_FAILED;
    struct ind_foreign_tensor *tensor = &foreign->tensors[foreign->count];
    *tensor = (struct ind_foreign_tensor){.dtype = storage->dtype};
    if (find_storage(w, storage, &tensor->storage) != IND_OK ||
        set_extents(w, value, tensor, storage->number) != IND_OK)
        return ind_error_context(w->err, "tensor %.200s", name);
    tensor->name = strdup(name);
    if (!tensor->name)
        return ind_fail(w->err, "out of memory");
    foreign->count++;
    return IND_OK;
}

/* PREFIX.KEY, for keys that are strings or whole numbers. */
static char *join_name(const char *prefix, const struct ind_pickle_value *key)
{
    const char *dot = *prefix ? "." : "";
    if (key->kind == IND_PICKLE_INT)
        return ind_text("%s%s%lld", prefix, dot, (long long)key->number);
    if (key->kind != IND_PICKLE_TEXT || key->length > 256 || memchr(key->text, '\0', key->length))
        return NULL;
    return ind_text("%s%s%.*s", prefix, dot, (int)key->length, key->text);
}

static int walk_value(struct walk *w, const char *name, const struct ind_pickle_value *value,
                      int depth);

static int walk_dict(struct walk *w, const char *prefix, const struct ind_pickle_value *dict,
                     int depth)
{
    const struct ind_pickle *p = w->pickle;
    int status = IND_OK;
    for (ind_pickle_ref link = dict->first; link != IND_PICKLE_NOWHERE && status == IND_OK;) {
        const struct ind_pickle_value *key = &p->values[p->links[link].value];
        ind_pickle_ref second = p->links[link].next; /* a dict's links come in pairs */
        char *name = join_name(prefix, key);
        if (name)
            status = walk_value(w, name, &p->values[p->links[second].value], depth);
        free(name);
        link = p->links[second].next;
    }
    return status;
}

static int walk_value(struct walk *w, const char *name, const struct ind_pickle_value *value,
                      int depth)
{
    if (++w->visited > VISIT_LIMIT)
        return ind_fail(w->err, "refused: its dicts hold each other over and over");
    if (value->kind == IND_PICKLE_TENSOR)
        return add_tensor(w, name, value);
    if (value->kind == IND_PICKLE_DICT && depth < DEPTH_LIMIT)
        return walk_dict(w, name, value, depth + 1);
    return IND_OK;
}

/* Saved on a machine of the other kind? Archives since 2.1 say. */
static int check_byte_order(struct ind_archive *archive, struct ind_error *err)
{
    char *word;
    size_t size;
    if (!ind_archive_has(archive, "byteorder"))
        return IND_OK;
    if (ind_archive_read(archive, "byteorder", 64, &word, &size, err) != IND_OK)
        return IND_FAILED;
    bool little = strncmp(word, "little", 6) == 0;
    free(word);
    return little ? IND_OK : ind_fail(err, "its numbers are big-endian");
}

static int read_pickle(struct ind_foreign *foreign, struct ind_error *err)
{
    struct ind_archive *archive = &foreign->source->archive;
    struct ind_pickle pickle;
    char *bytes;
    size_t size;
    if (ind_archive_read(archive, "data.pkl", PICKLE_LIMIT, &bytes, &size, err) != IND_OK)
        return IND_FAILED;
    int status = ind_pickle_load(&pickle, bytes, size, err);
    if (status == IND_OK) {
        struct walk w = {.foreign = foreign, .pickle = &pickle, .err = err};
        const struct ind_pickle_value *root = &pickle.values[pickle.root];
        status = root->kind == IND_PICKLE_DICT ? walk_dict(&w, "", root, 0)
                                               : ind_fail(err, "it holds no state dict");
        ind_pickle_release(&pickle);
    }
    free(bytes);
    return status;
}

int ind_foreign_from_torch(struct ind_foreign *foreign, const void *bytes, size_t size,
                           struct ind_error *err)
{
    struct ind_archive *archive = &foreign->source->archive;
    if (ind_archive_open(archive, bytes, size, err) != IND_OK ||
        check_byte_order(archive, err) != IND_OK)
        return IND_FAILED;
    return read_pickle(foreign, err);
}

int ind_foreign_storage_bytes(struct ind_foreign *foreign, const struct ind_foreign_tensor *tensor,
                              const char **bytes, struct ind_error *err)
{
    struct ind_foreign_source *source = foreign->source;
    const struct ind_foreign_storage *storage = &source->storages[tensor->storage];
    if (!source->loaded || source->loaded_index != tensor->storage) {
        char name[48];
        free(source->loaded);
        source->loaded = NULL;
        snprintf(name, sizeof name, "data/%s", storage->key);
        if (ind_archive_read(&source->archive, name, 0, &source->loaded, &source->loaded_size,
                             err) != IND_OK)
            return IND_FAILED;
        source->loaded_index = tensor->storage;
    }
    size_t needed;
    if (__builtin_mul_overflow((size_t)storage->elements, ind_dtype_size(storage->dtype),
                               &needed) ||
        needed > source->loaded_size)
        return ind_fail(err, "storage %s has %zu bytes, too few for %lld elements of %s",
                        storage->key, source->loaded_size, (long long)storage->elements,
                        ind_dtype_name(storage->dtype));
    *bytes = source->loaded;
    return IND_OK;
}
