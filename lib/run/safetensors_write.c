/* Writing safetensors: the header is made first, from the shapes alone, then the data follow. */
#include <induct/run/safetensors.h>

#include <assert.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>

#include "run/checksum.h"
#include "run/json.h"

/* So that whoever maps the file finds the data aligned to a cache line. */
enum { ALIGNMENT = 64 };

void ind_checksum_text(XXH128_hash_t hash, char text[IND_CHECKSUM_SIZE])
{
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, hash);
    int used = snprintf(text, IND_CHECKSUM_SIZE, "xxh3-128:");
    for (size_t i = 0; i < sizeof canonical.digest; i++)
        used +=
            snprintf(text + used, (size_t)(IND_CHECKSUM_SIZE - used), "%02x", canonical.digest[i]);
}

static size_t bytes_of(const struct ind_st_write *tensor)
{
    size_t bytes = ind_dtype_size(tensor->dtype);
    for (int i = 0; i < tensor->rank; i++)
        bytes *= (size_t)tensor->shape[i];
    return bytes;
}

static int checksum_of(const struct ind_st_write *tensors, int count, char text[IND_CHECKSUM_SIZE],
                       struct ind_error *err)
{
    XXH3_state_t *state = XXH3_createState();
    if (!state)
        return ind_fail(err, "out of memory");
    XXH3_128bits_reset(state);
    for (int i = 0; i < count; i++)
        XXH3_128bits_update(state, tensors[i].data, bytes_of(&tensors[i]));
    ind_checksum_text(XXH3_128bits_digest(state), text);
    XXH3_freeState(state);
    return IND_OK;
}

static json_t *tensor_entry(const struct ind_st_write *tensor, size_t begin, size_t end)
{
    json_t *shape = json_array();
    for (int i = 0; i < tensor->rank; i++)
        json_array_append_new(shape, json_integer(tensor->shape[i]));
    return json_pack("{s:s, s:o, s:[I,I]}", "dtype", ind_dtype_name(tensor->dtype), "shape", shape,
                     "data_offsets", (json_int_t)begin, (json_int_t)end);
}

/* Adding under a taken name would drop a tensor without a word, hence the look before. */
static int add(json_t *object, const char *key, json_t *value, struct ind_error *err)
{
    if (json_object_get(object, key)) {
        json_decref(value);
        return ind_fail(err, "two entries named %s", key);
    }
    if (json_object_set_new(object, key, value) != 0)
        return ind_fail(err, "%s: not valid UTF-8, or out of memory", key);
    return IND_OK;
}

static int fill_header(json_t *header, const struct ind_st_write *tensors, int tensor_count,
                       const struct ind_st_pair *metadata, int metadata_count,
                       struct ind_error *err)
{
    char checksum[IND_CHECKSUM_SIZE];
    if (checksum_of(tensors, tensor_count, checksum, err) != IND_OK)
        return IND_FAILED;
    json_t *words = json_object();
    if (add(header, "__metadata__", words, err) != IND_OK)
        return IND_FAILED;
    for (int i = 0; i < metadata_count; i++)
        if (add(words, metadata[i].key, json_string(metadata[i].value), err) != IND_OK)
            return IND_FAILED;
    if (add(words, "checksum", json_string(checksum), err) != IND_OK)
        return IND_FAILED;
    size_t begin = 0;
    for (int i = 0; i < tensor_count; i++) {
        size_t end = begin + bytes_of(&tensors[i]);
        if (add(header, tensors[i].name, tensor_entry(&tensors[i], begin, end), err) != IND_OK)
            return IND_FAILED;
        begin = end;
    }
    return IND_OK;
}

/* Length, JSON and padding: the file up to its data. */
static char *header_bytes(const json_t *header, size_t *size)
{
    char *text = json_dumps(header, JSON_COMPACT | JSON_ENSURE_ASCII);
    if (!text)
        return NULL;
    size_t length = strlen(text);
    size_t padded = (8 + length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    char *bytes = malloc(padded);
    if (bytes) {
        uint64_t written = htole64(padded - 8);
        memcpy(bytes, &written, 8);
        memcpy(bytes + 8, text, length);
        memset(bytes + 8 + length, ' ', padded - 8 - length);
        *size = padded;
    }
    free(text);
    return bytes;
}

/* How many tensors from the first on lie behind each other in memory, and their bytes: parameters
 * are one buffer, and one write is quicker than twenty. */
static int run_length(const struct ind_st_write *tensors, int count, size_t *size)
{
    const char *start = tensors->data;
    int length = 0;
    do
        *size += bytes_of(&tensors[length++]);
    while (length < count && (const char *)tensors[length].data == start + *size);
    return length;
}

static int write_file(const char *path, const char *header, size_t header_size,
                      const struct ind_st_write *tensors, int tensor_count, bool durable,
                      struct ind_error *err)
{
    struct ind_new_file file;
    if (ind_new_file_open(&file, path, durable, err) != IND_OK)
        return IND_FAILED;
    int status = ind_new_file_write(&file, header, header_size, err);
    for (int i = 0; i < tensor_count && status == IND_OK;) {
        size_t size = 0;
        int next = i + run_length(tensors + i, tensor_count - i, &size);
        status = ind_new_file_write(&file, tensors[i].data, size, err);
        i = next;
    }
    if (status == IND_OK)
        return ind_new_file_commit(&file, err);
    ind_new_file_abandon(&file);
    return IND_FAILED;
}

int ind_safetensors_write(const char *path, const struct ind_st_write *tensors, int tensor_count,
                          const struct ind_st_pair *metadata, int metadata_count, bool durable,
                          struct ind_error *err)
{
    json_t *header = json_object();
    size_t size = 0;
    char *bytes = NULL;
    int status = fill_header(header, tensors, tensor_count, metadata, metadata_count, err);
    if (status == IND_OK && !(bytes = header_bytes(header, &size)))
        status = ind_fail(err, "out of memory");
    json_decref(header);
    if (status != IND_OK)
        return ind_error_context(err, "%s", path);
    status = write_file(path, bytes, size, tensors, tensor_count, durable, err);
    free(bytes);
    return status;
}
