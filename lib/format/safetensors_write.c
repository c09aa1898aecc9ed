/* Writing safetensors: the header is made from the shapes alone, the data follow. */
#include <induct/format/safetensors.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/base/system.h>
#include <induct/format/json.h>

#include "format/checksum.h"
#include "format/form.h"

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

static json_t *tensor_entry(const struct ind_st_write *tensor, size_t begin, size_t end)
{
    json_t *shape = json_array();
    for (int i = 0; i < tensor->rank; i++)
        ind_json_append(&shape, json_integer(tensor->shape[i]));
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
    if (!value || json_object_set_new(object, key, value) != 0)
        return errno == ENOMEM ? ind_fail(err, "out of memory")
                               : ind_fail(err, "%s: not valid UTF-8", key);
    return IND_OK;
}

static int fill_header(json_t *header, const struct ind_st_write *tensors, int tensor_count,
                       const struct ind_st_pair *metadata, int metadata_count,
                       struct ind_error *err)
{
    json_t *words = json_object();
    if (add(header, "__metadata__", words, err) != IND_OK)
        return IND_FAILED;
    for (int i = 0; i < metadata_count; i++)
        if (add(words, metadata[i].key, json_string(metadata[i].value), err) != IND_OK)
            return IND_FAILED;
    if (add(words, "checksum", json_string(""), err) != IND_OK)
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

/* Behind `before`, which stands nowhere else in the text: within a string its quotes are
 * escaped. */
static size_t place_after(const char *text, const char *before)
{
    return (size_t)(strstr(text, before) - text) + strlen(before);
}

int ind_st_form_init(struct ind_st_form *form, const struct ind_st_write *tensors, int tensor_count,
                     const struct ind_st_pair *metadata, int metadata_count, struct ind_error *err)
{
    *form = (struct ind_st_form){0};
    errno = 0;
    json_t *header = json_object();
    int status = fill_header(header, tensors, tensor_count, metadata, metadata_count, err);
    if (status == IND_OK && !(form->text = ind_json_dump(header, JSON_COMPACT | JSON_ENSURE_ASCII)))
        status = ind_fail(err, "out of memory");
    json_decref(header);
    if (status != IND_OK)
        return IND_FAILED;
    form->length = strlen(form->text);
    form->word = place_after(form->text, "\":\"");
    form->checksum = place_after(form->text, "\"checksum\":\"");
    return IND_OK;
}

void ind_st_form_release(struct ind_st_form *form)
{
    free(form->text);
    *form = (struct ind_st_form){0};
}

/* Returns where the next byte goes. */
static char *append(char *to, const void *bytes, size_t size)
{
    memcpy(to, bytes, size);
    return to + size;
}

/* Length, JSON and padding: the file up to its data. */
static char *header_bytes(const struct ind_st_form *form, const char *word, const char *checksum,
                          size_t *size)
{
    const size_t length = form->length + strlen(word) + strlen(checksum);
    const size_t padded = (8 + length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    const uint64_t written = ind_little_endian(padded - 8);
    char *bytes = malloc(padded);
    if (!bytes)
        return NULL;
    char *to = append(bytes, &written, sizeof written);
    to = append(to, form->text, form->word);
    to = append(to, word, strlen(word));
    to = append(to, form->text + form->word, form->checksum - form->word);
    to = append(to, checksum, strlen(checksum));
    to = append(to, form->text + form->checksum, form->length - form->checksum);
    memset(to, ' ', (size_t)(bytes + padded - to));
    *size = padded;
    return bytes;
}

static int write_file(const char *path, struct iovec *parts, int count, bool durable,
                      struct ind_error *err)
{
    struct ind_new_file file;
    if (ind_new_file_open(&file, path, durable, err) != IND_OK)
        return IND_FAILED;
    if (ind_new_file_write_parts(&file, parts, count, err) == IND_OK)
        return ind_new_file_commit(&file, err);
    ind_new_file_abandon(&file);
    return IND_FAILED;
}

int ind_st_form_write(const struct ind_st_form *form, const char *path, const char *word,
                      struct iovec *parts, int count, bool durable, struct ind_error *err)
{
    char checksum[IND_CHECKSUM_SIZE];
    XXH128_hash_t hash;
    if (ind_checksum_parts(parts + 1, count - 1, &hash, err) != IND_OK)
        return ind_error_context(err, "%s", path);
    ind_checksum_text(hash, checksum);
    char *header = header_bytes(form, word, checksum, &parts[0].iov_len);
    if (!header)
        return ind_fail(err, "%s: out of memory", path);
    parts[0].iov_base = header;
    int status = write_file(path, parts, count, durable, err);
    free(header);
    return status;
}

/* Tensors that lie one after the other in memory become one part: parameters are one buffer. */
static int gather(const struct ind_st_write *tensors, int tensor_count, struct iovec *parts)
{
    int count = 0;
    for (int i = 0; i < tensor_count; i++) {
        struct iovec *last = count > 0 ? &parts[count - 1] : NULL;
        if (last && (const char *)last->iov_base + last->iov_len == tensors[i].data)
            last->iov_len += bytes_of(&tensors[i]);
        else
            parts[count++] = (struct iovec){(void *)tensors[i].data, bytes_of(&tensors[i])};
    }
    return count;
}

static int write_tensors(const struct ind_st_form *form, const char *path,
                         const struct ind_st_write *tensors, int tensor_count, bool durable,
                         struct ind_error *err)
{
    struct iovec *parts;
    if (ind_alloc_into(&parts, (size_t)tensor_count + 1, sizeof *parts, err))
        return ind_error_context(err, "%s", path);
    const int count = 1 + gather(tensors, tensor_count, parts + 1);
    int status = ind_st_form_write(form, path, "", parts, count, durable, err);
    free(parts);
    return status;
}

int ind_safetensors_write(const char *path, const struct ind_st_write *tensors, int tensor_count,
                          const struct ind_st_pair *metadata, int metadata_count, bool durable,
                          struct ind_error *err)
{
    struct ind_st_form form;
    if (ind_st_form_init(&form, tensors, tensor_count, metadata, metadata_count, err))
        return ind_error_context(err, "%s", path);
    int status = write_tensors(&form, path, tensors, tensor_count, durable, err);
    ind_st_form_release(&form);
    return status;
}
