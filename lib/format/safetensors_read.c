/* Reading safetensors: nothing in the header is used before it has been held against the file. */
#include <induct/format/safetensors.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/base/system.h>
#include <induct/format/json.h>

#include "format/checksum.h"

enum { HEADER_LIMIT = 2 << 20, RANK_LIMIT = 8, PREFIX = 8 };

char *ind_shape_text(int rank, const int64_t *shape, char text[96])
{
    size_t used = (size_t)snprintf(text, 96, "[");
    for (int i = 0; i < rank && used < 96; i++)
        used +=
            (size_t)snprintf(text + used, 96 - used, i ? ", %lld" : "%lld", (long long)shape[i]);
    if (used < 96)
        snprintf(text + used, 96 - used, "]");
    return text;
}

/* [begin, end) within the data part. */
static int read_offsets(const json_t *entry, size_t data_size, struct ind_st_tensor *tensor,
                        struct ind_error *err)
{
    const json_t *offsets = json_object_get(entry, "data_offsets");
    const json_t *begin = json_array_get(offsets, 0), *end = json_array_get(offsets, 1);
    if (json_array_size(offsets) != 2 || !json_is_integer(begin) || !json_is_integer(end))
        return ind_fail(err, "data_offsets must be two whole numbers");
    json_int_t from = json_integer_value(begin), to = json_integer_value(end);
    if (from < 0 || to < from)
        return ind_fail(err, "data_offsets [%lld, %lld] run backwards", (long long)from,
                        (long long)to);
    if ((unsigned long long)to > data_size)
        return ind_fail(err, "data_offsets [%lld, %lld] lie outside the file's %zu bytes of data",
                        (long long)from, (long long)to, data_size);
    tensor->begin = (size_t)from;
    tensor->end = (size_t)to;
    return IND_OK;
}

/* The shape, whose product must be what the offsets span. */
static int read_shape(const json_t *entry, struct ind_st_tensor *tensor, struct ind_error *err)
{
    const json_t *shape = json_object_get(entry, "shape");
    if (!json_is_array(shape))
        return ind_fail(err, "shape must be a list of whole numbers");
    if (json_array_size(shape) > RANK_LIMIT)
        return ind_fail(err, "shape has %zu dimensions, more than %d", json_array_size(shape),
                        RANK_LIMIT);
    tensor->rank = (int)json_array_size(shape);
    size_t bytes = ind_dtype_size(tensor->dtype);
    for (int i = 0; i < tensor->rank; i++) {
        const json_t *extent = json_array_get(shape, (size_t)i);
        if (!json_is_integer(extent) || json_integer_value(extent) < 0)
            return ind_fail(err, "shape must be a list of whole numbers, none negative");
        tensor->shape[i] = json_integer_value(extent);
        if (__builtin_mul_overflow(bytes, (size_t)tensor->shape[i], &bytes))
            return ind_fail(err, "shape is absurdly large");
    }
    if (bytes != tensor->end - tensor->begin) {
        char text[96];
        return ind_fail(err, "shape %s of %s needs %zu bytes, data_offsets hold %zu",
                        ind_shape_text(tensor->rank, tensor->shape, text),
                        ind_dtype_name(tensor->dtype), bytes, tensor->end - tensor->begin);
    }
    return IND_OK;
}

static int read_tensor(const json_t *entry, size_t data_size, struct ind_st_tensor *tensor,
                       struct ind_error *err)
{
    if (!json_is_object(entry))
        return ind_fail(err, "not an object with dtype, shape and data_offsets");
    const char *dtype = json_string_value(json_object_get(entry, "dtype"));
    if (!dtype)
        return ind_fail(err, "dtype is missing");
    if (!ind_dtype_parse(dtype, &tensor->dtype))
        return ind_fail(err, "unknown dtype %s", dtype);
    if (read_offsets(entry, data_size, tensor, err) != IND_OK)
        return IND_FAILED;
    return read_shape(entry, tensor, err);
}

static int read_metadata(json_t *metadata, struct ind_safetensors *file, struct ind_error *err)
{
    if (!json_is_object(metadata))
        return ind_fail(err, "__metadata__ is not an object");
    if (ind_alloc_into(&file->metadata, json_object_size(metadata), sizeof *file->metadata, err))
        return IND_FAILED;
    const char *key;
    json_t *value;
    json_object_foreach (metadata, key, value) {
        if (!json_is_string(value))
            return ind_fail(err, "__metadata__ %s is not a string", key);
        struct ind_st_pair *pair = &file->metadata[file->metadata_count++];
        pair->key = strdup(key);
        pair->value = strdup(json_string_value(value));
        if (!pair->key || !pair->value)
            return ind_fail(err, "out of memory");
    }
    return IND_OK;
}

static int read_header(json_t *header, struct ind_safetensors *file, struct ind_error *err)
{
    if (ind_alloc_into(&file->tensors, json_object_size(header), sizeof *file->tensors, err))
        return IND_FAILED;
    const char *name;
    json_t *entry;
    json_object_foreach (header, name, entry) {
        if (strcmp(name, "__metadata__") == 0) {
            if (read_metadata(entry, file, err) != IND_OK)
                return IND_FAILED;
            continue;
        }
        struct ind_st_tensor *tensor = &file->tensors[file->tensor_count++];
        tensor->name = strdup(name);
        if (!tensor->name)
            return ind_fail(err, "out of memory");
        if (read_tensor(entry, file->data_size, tensor, err) != IND_OK)
            return ind_error_context(err, "tensor %s", name);
    }
    return IND_OK;
}

static int by_offset(const void *left, const void *right)
{
    const struct ind_st_tensor *a = left, *b = right;
    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    if (a->end != b->end)
        return a->end < b->end ? -1 : 1;
    return strcmp(a->name, b->name);
}

/* Sorted by offset, the tensors tile the data part without gap or overlap. */
static int check_tiling(struct ind_safetensors *file, struct ind_error *err)
{
    qsort(file->tensors, (size_t)file->tensor_count, sizeof *file->tensors, by_offset);
    size_t reached = 0;
    for (int i = 0; i < file->tensor_count; i++) {
        const struct ind_st_tensor *tensor = &file->tensors[i];
        if (tensor->begin < reached)
            return ind_fail(err, "tensors %s and %s overlap", file->tensors[i - 1].name,
                            tensor->name);
        if (tensor->begin > reached)
            return ind_fail(err, "hole of %zu bytes before tensor %s", tensor->begin - reached,
                            tensor->name);
        reached = tensor->end;
    }
    if (reached != file->data_size)
        return ind_fail(err, "%zu bytes behind the last tensor", file->data_size - reached);
    return IND_OK;
}

/* What the first eight bytes of a file of `size` say of its header's length. */
static int header_length(const void *bytes, size_t size, size_t *length, struct ind_error *err)
{
    uint64_t stored;
    if (size < sizeof stored)
        return ind_fail(err, "truncated: %zu bytes are no safetensors file", size);
    memcpy(&stored, bytes, sizeof stored);
    stored = ind_little_endian(stored);
    if (stored > HEADER_LIMIT)
        return ind_fail(err, "header of %llu bytes, more than the %d that one may have",
                        (unsigned long long)stored, HEADER_LIMIT);
    if (stored > size - sizeof stored)
        return ind_fail(err, "truncated: the header has %llu bytes, the file only %zu",
                        (unsigned long long)stored, size - sizeof stored);
    *length = (size_t)stored;
    return IND_OK;
}

/* Everything but the data, of which there are data_size bytes. */
static int parse_header(struct ind_safetensors *file, const char *text, size_t length,
                        struct ind_error *err)
{
    if (length == 0 || *text != '{')
        return ind_fail(err, "header does not begin with {: no safetensors file");
    json_t *header = ind_json_parse(text, length, err);
    if (!header)
        return ind_error_context(err, "header");
    int status = read_header(header, file, err);
    json_decref(header);
    return status == IND_OK ? check_tiling(file, err) : IND_FAILED;
}

static int parse(struct ind_safetensors *file, const char *bytes, size_t size,
                 struct ind_error *err)
{
    size_t length = 0;
    if (header_length(bytes, size, &length, err) != IND_OK)
        return IND_FAILED;
    file->data = (const unsigned char *)bytes + PREFIX + length;
    file->data_size = size - PREFIX - length;
    return parse_header(file, bytes + PREFIX, length, err);
}

int ind_safetensors_parse(struct ind_safetensors *file, const void *bytes, size_t size,
                          struct ind_error *err)
{
    *file = (struct ind_safetensors){0};
    int status = parse(file, bytes, size, err);
    if (status != IND_OK)
        ind_safetensors_close(file);
    return status;
}

/* The header is read again with the data, into one block, and must be what was looked at. */
static int load(struct ind_safetensors *file, int fd, const char *header, size_t length,
                struct ind_error *err)
{
    const size_t size = PREFIX + length + file->data_size;
    char *bytes = ind_file_memory(size);
    if (!bytes)
        return ind_fail(err, "out of memory (%zu bytes)", size);
    file->bytes = bytes;
    file->data = (const unsigned char *)bytes + PREFIX + length;
    if (ind_file_read_at(fd, 0, bytes, size, err) != IND_OK)
        return IND_FAILED;
    return memcmp(bytes + PREFIX, header, length) == 0 ? IND_OK
                                                       : ind_fail(err, "changed while it was read");
}

static int open_with(struct ind_safetensors *file, int fd, const char *header, size_t length,
                     size_t most, struct ind_error *err)
{
    if (ind_file_read_at(fd, PREFIX, (char *)header, length, err) != IND_OK ||
        parse_header(file, header, length, err) != IND_OK)
        return IND_FAILED;
    if (most == 0)
        return IND_OK;
    if (file->data_size > most)
        return ind_fail(err, "%zu bytes of data, more than the %zu that the model may have",
                        file->data_size, most);
    return load(file, fd, header, length, err);
}

static int open_file(struct ind_safetensors *file, int fd, size_t most, struct ind_error *err)
{
    struct stat st;
    char first[PREFIX] = {0};
    size_t length = 0;
    if (fstat(fd, &st) != 0)
        return ind_fail_errno(err, "cannot read");
    const size_t size = (size_t)st.st_size;
    if (size >= PREFIX && ind_file_read_at(fd, 0, first, PREFIX, err) != IND_OK)
        return IND_FAILED;
    if (header_length(first, size, &length, err) != IND_OK)
        return IND_FAILED;
    file->data_size = size - PREFIX - length;
    char *header = malloc(length + 1);
    int status =
        header ? open_with(file, fd, header, length, most, err) : ind_fail(err, "out of memory");
    free(header);
    return status;
}

int ind_safetensors_look(int fd, struct ind_error *err)
{
    struct ind_safetensors file = {0};
    const int status = open_file(&file, fd, 0, err);
    ind_safetensors_close(&file);
    return status;
}

int ind_safetensors_open(struct ind_safetensors *file, const char *path, size_t most,
                         struct ind_error *err)
{
    *file = (struct ind_safetensors){0};
    const int fd = ind_file_open_within(path, O_RDONLY, err);
    if (fd < 0)
        return IND_FAILED;
    const int status = open_file(file, fd, most, err);
    close(fd);
    if (status == IND_OK)
        return IND_OK;
    ind_safetensors_close(file);
    return ind_error_context(err, "%s", path);
}

void ind_safetensors_close(struct ind_safetensors *file)
{
    for (int i = 0; i < file->tensor_count; i++)
        free(file->tensors[i].name);
    for (int i = 0; i < file->metadata_count; i++) {
        free((char *)file->metadata[i].key);
        free((char *)file->metadata[i].value);
    }
    free(file->tensors);
    free(file->metadata);
    free(file->bytes);
    *file = (struct ind_safetensors){0};
}

int ind_safetensors_verify(const struct ind_safetensors *file, struct ind_error *err)
{
    const char *stored = ind_safetensors_metadata(file, "checksum");
    if (!stored)
        return IND_OK;
    char actual[IND_CHECKSUM_SIZE];
    ind_checksum_text(ind_checksum(file->data, file->data_size), actual);
    if (strcmp(stored, actual) != 0)
        return ind_fail(err, "checksum differs: the data's is %s, the header says %.60s", actual,
                        stored);
    return IND_OK;
}

const struct ind_st_tensor *ind_safetensors_find(const struct ind_safetensors *file,
                                                 const char *name)
{
    for (int i = 0; i < file->tensor_count; i++)
        if (strcmp(file->tensors[i].name, name) == 0)
            return &file->tensors[i];
    return NULL;
}

const char *ind_safetensors_metadata(const struct ind_safetensors *file, const char *key)
{
    for (int i = 0; i < file->metadata_count; i++)
        if (strcmp(file->metadata[i].key, key) == 0)
            return file->metadata[i].value;
    return NULL;
}
