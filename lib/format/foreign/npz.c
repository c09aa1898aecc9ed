/* Numpy's .npz: a zip archive of .npy files, each a header in Python's words and the elements. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/format/json.h>

#include "format/foreign/source.h"

enum { HEADER_ROOM = 1024, ARRAY_LIMIT = 1 << 17, COMMENT_LIMIT = 1 << 16 };

static const struct {
    const char *word;
    enum ind_dtype dtype;
} DTYPES[] = {
    {"'<f8'", IND_F64}, {"'<f4'", IND_F32}, {"'<f2'", IND_F16},
    {"'<i8'", IND_I64}, {"'<i4'", IND_I32}, {"'<i2'", IND_I16},
    {"'|i1'", IND_I8},  {"'|u1'", IND_U8},  {"'|b1'", IND_BOOL},
};

/* What follows 'KEY': in the header's dict, NULL if it is not there. */
static const char *value_of(const char *header, const char *key)
{
    const char *at = strstr(header, key);
    if (!at)
        return NULL;
    at += strlen(key);
    return at + strspn(at, ": ");
}

static int read_dtype(const char *header, struct ind_foreign_tensor *tensor, struct ind_error *err)
{
    const char *word = value_of(header, "'descr'");
    for (size_t i = 0; word && i < sizeof DTYPES / sizeof *DTYPES; i++) {
        if (strncmp(word, DTYPES[i].word, strlen(DTYPES[i].word)) != 0)
            continue;
        tensor->dtype = DTYPES[i].dtype;
        return IND_OK;
    }
    return ind_foreign_spoil(tensor, err, "its numpy type %.*s is not read here",
                             word ? (int)strcspn(word, ",}") : 0, word ? word : "");
}

/* "(3, 4), ..." */
static int read_shape(const char *header, struct ind_foreign_tensor *tensor, struct ind_error *err)
{
    const char *at = value_of(header, "'shape'");
    if (!at || *at++ != '(')
        return ind_foreign_spoil(tensor, err, "its numpy header says no shape");
    int64_t elements = 1;
    for (at += strspn(at, " "); *at != ')'; at += strspn(at, ", ")) {
        char *end;
        long long extent = strtoll(at, &end, 10);
        if (end == at || extent < 0 || tensor->rank == 8 ||
            __builtin_mul_overflow(elements, extent, &elements))
            return ind_foreign_spoil(tensor, err, "its numpy shape cannot be read");
        tensor->shape[tensor->rank++] = extent;
        at = end;
    }
    return IND_OK;
}

/* C order: the last extent runs fastest; Fortran's: the first. */
static void set_strides(struct ind_foreign_tensor *tensor, bool fortran)
{
    int64_t stride = 1;
    for (int k = 0; k < tensor->rank; k++) {
        int axis = fortran ? k : tensor->rank - 1 - k;
        tensor->stride[axis] = stride;
        stride *= tensor->shape[axis] ? tensor->shape[axis] : 1;
    }
}

/* "\x93NUMPY", version, length of the header (2 bytes, 4 since version 2), header. */
static bool split_header(char *bytes, size_t size, char **header, size_t *start)
{
    const unsigned char *b = (const unsigned char *)bytes;
    if (size < 12 || memcmp(bytes, "\x93NUMPY", 6) != 0 || b[6] < 1 || b[6] > 3)
        return false;
    size_t before = b[6] == 1 ? 10 : 12;
    size_t length = (size_t)b[8] | (size_t)b[9] << 8;
    if (b[6] > 1)
        length |= (size_t)b[10] << 16 | (size_t)b[11] << 24;
    *header = bytes + before;
    *start = before + length;
    if (length > size - before)
        return false;
    bytes[before + length - (length > 0)] = '\0'; /* in place of the newline */
    return true;
}

static int read_header(struct ind_foreign *foreign, const char *entry,
                       struct ind_foreign_tensor *tensor, size_t *start, struct ind_error *err)
{
    char bytes[HEADER_ROOM + 1], *header;
    struct ind_error reason;
    size_t size;
    if (ind_archive_peek(&foreign->source->archive, entry, bytes, HEADER_ROOM, &size, &reason) !=
        IND_OK)
        return ind_error_is_memory(&reason) ? ind_fail(err, "%s", reason.text)
                                            : ind_foreign_spoil(tensor, err, "%.200s", reason.text);
    bytes[size] = '\0';
    if (!split_header(bytes, size, &header, start))
        return ind_foreign_spoil(tensor, err, "it is no numpy array");
    if (read_dtype(header, tensor, err) != IND_OK || read_shape(header, tensor, err) != IND_OK)
        return IND_FAILED;
    const char *fortran = value_of(header, "'fortran_order'");
    set_strides(tensor, fortran && strncmp(fortran, "True", 4) == 0);
    return IND_OK;
}

static int add_array(struct ind_foreign *foreign, const char *entry, struct ind_error *err)
{
    struct ind_foreign_source *source = foreign->source;
    char *name = strndup(entry, strlen(entry) - strlen(".npy")), *copy = strdup(entry);
    struct ind_foreign_tensor *tensor = name && copy ? ind_foreign_add(foreign, name, err) : NULL;
    free(name);
    if (!tensor || ind_grow(&source->storages, &source->storage_room, source->storage_count + 1,
                            sizeof *source->storages, err) != IND_OK) {
        free(copy);
        return tensor ? IND_FAILED : ind_fail(err, "out of memory");
    }
    tensor->storage = source->storage_count++;
    struct ind_foreign_storage *storage = &source->storages[tensor->storage];
    *storage = (struct ind_foreign_storage){.entry = copy};
    if (read_header(foreign, copy, tensor, &storage->start, err) != IND_OK)
        return IND_FAILED;
    storage->dtype = tensor->dtype;
    storage->elements = tensor->flaw ? 0 : (int64_t)ind_foreign_elements(tensor);
    return IND_OK;
}

/* induct-export puts what it knows into the comment, which numpy passes over: epoch, config. */
static int read_comment(struct ind_foreign *foreign, struct ind_error *err)
{
    struct ind_error reason = {""};
    size_t size;
    const char *comment = ind_archive_comment(&foreign->source->archive, &size);
    if (comment && size <= COMMENT_LIMIT)
        foreign->metadata = ind_json_parse(comment, size, &reason);
    return ind_error_is_memory(&reason) ? ind_fail(err, "%s", reason.text) : IND_OK;
}

int ind_foreign_from_npz(struct ind_foreign *foreign, struct ind_error *err)
{
    const char *entry;
    struct ind_archive *archive = &foreign->source->archive;
    int status;
    for (size_t i = 0; (status = ind_archive_name(archive, i, &entry, err)) == IND_OK && entry;
         i++) {
        size_t length = strlen(entry), tail = strlen(".npy");
        if (length <= tail || strcmp(entry + length - tail, ".npy") != 0)
            continue;
        if (foreign->count >= ARRAY_LIMIT)
            return ind_fail(err, "more than %d arrays", ARRAY_LIMIT);
        if (add_array(foreign, entry, err) != IND_OK)
            return IND_FAILED;
    }
    return status == IND_OK ? read_comment(foreign, err) : IND_FAILED;
}
