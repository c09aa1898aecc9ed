#include "run/series_form.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <induct/base/file.h>
#include <induct/base/system.h>
#include <induct/format/safetensors.h>
#include <induct/run/checkpoint.h>

#include "format/checksum.h"

/* HEAD, an epoch's digits, the middle up to and with BEFORE_HASH, 32 hexadecimal digits, the tail,
 * spaces. */
static const char HEAD[] = "{\"__metadata__\":{\"epoch\":\"",
                  BEFORE_HASH[] = "\",\"checksum\":\"xxh3-128:";

enum { LENGTH = 8, HASH_DIGITS = 32, EPOCH_DIGITS = 10, PADDING = 64 };

/* A header's text between two places. */
struct span {
    const char *at, *end;
};

static bool skip(struct span *span, const char *text, size_t size)
{
    if ((size_t)(span->end - span->at) < size || memcmp(span->at, text, size) != 0)
        return false;
    span->at += size;
    return true;
}

static bool skip_epoch(struct span *span, long *epoch)
{
    const char *first = span->at;
    *epoch = 0;
    while (span->at < span->end && *span->at >= '0' && *span->at <= '9' &&
           span->at - first < EPOCH_DIGITS)
        *epoch = 10 * *epoch + (*span->at++ - '0');
    return span->at > first;
}

static int digit_value(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool skip_hash(struct span *span, XXH128_canonical_t *hash)
{
    if (span->end - span->at < HASH_DIGITS)
        return false;
    for (int i = 0; i < HASH_DIGITS; i += 2, span->at += 2) {
        const int high = digit_value(span->at[0]), low = digit_value(span->at[1]);
        if (high < 0 || low < 0)
            return false;
        hash->digest[i / 2] = (unsigned char)(high * 16 + low);
    }
    return true;
}

static bool only_spaces(struct span span)
{
    while (span.at < span.end && *span.at == ' ')
        span.at++;
    return span.at == span.end;
}

/* ---- Learning -------------------------------------------------------------------------------- */

/* The metadata are what every checkpoint of induct has. With that, and the header being JSON, the
 * first BEFORE_HASH after the epoch is where the checksum's value begins: within a string its
 * quotes would be escaped. */
static bool has_usual_metadata(const struct ind_safetensors *file)
{
    static const char *const keys[] = {"epoch", "config", "checksum"};
    for (int i = 0; i < 3; i++) {
        if (i >= file->metadata_count || strcmp(file->metadata[i].key, keys[i]) != 0)
            return false;
    }
    return file->metadata_count == 3;
}

static bool holds_the_layout(const struct ind_safetensors *file, const struct ind_layout *layout)
{
    if (file->tensor_count != layout->tensor_count ||
        file->data_size != layout->total * sizeof(float))
        return false;
    for (int i = 0; i < layout->tensor_count; i++) {
        const struct ind_st_tensor *from = &file->tensors[i];
        const struct ind_tensor *tensor = &layout->tensors[i];
        bool same = strcmp(from->name, tensor->name) == 0 && from->dtype == IND_F32 &&
                    from->rank == tensor->rank && from->begin == tensor->offset * sizeof(float);
        for (int j = 0; j < tensor->rank && same; j++)
            same = from->shape[j] == tensor->shape[j];
        if (!same)
            return false;
    }
    return true;
}

static void keep(struct ind_series_form *form, struct span middle, struct span tail,
                 size_t data_size)
{
    form->middle = (size_t)(middle.end - middle.at);
    form->tail = (size_t)(tail.end - tail.at);
    form->data_size = data_size;
    form->text = malloc(form->middle + form->tail);
    if (form->text) {
        memcpy(form->text, middle.at, form->middle);
        memcpy(form->text + form->middle, tail.at, form->tail);
    }
}

static void learn(struct ind_series_form *form, const struct ind_safetensors *file,
                  const struct ind_layout *layout)
{
    const char *text = (const char *)file->bytes + LENGTH;
    struct span header = {text, (const char *)file->data};
    XXH128_canonical_t hash;
    long epoch;
    if (!has_usual_metadata(file) || !holds_the_layout(file, layout) ||
        !skip(&header, HEAD, sizeof HEAD - 1) || !skip_epoch(&header, &epoch))
        return;
    const size_t left = (size_t)(header.end - header.at);
    const char *found = memmem(header.at, left, BEFORE_HASH, sizeof BEFORE_HASH - 1);
    if (!found)
        return;
    const struct span middle = {header.at, found + sizeof BEFORE_HASH - 1};
    header.at = middle.end;
    if (!skip_hash(&header, &hash))
        return;
    while (header.end > header.at && header.end[-1] == ' ')
        header.end--;
    keep(form, middle, header, file->data_size);
}

void ind_series_form_learn(struct ind_series_form *form, const char *path,
                           const struct ind_layout *layout)
{
    struct ind_safetensors file;
    *form = (struct ind_series_form){0};
    if (ind_safetensors_open(&file, path, layout->total * sizeof(float), NULL) != IND_OK)
        return;
    learn(form, &file, layout);
    ind_safetensors_close(&file);
}

void ind_series_form_release(struct ind_series_form *form)
{
    free(form->text);
    *form = (struct ind_series_form){0};
}

/* ---- Reading --------------------------------------------------------------------------------- */

static bool read_at(int fd, size_t at, void *bytes, size_t size)
{
    return ind_file_read_at(fd, at, bytes, size, NULL) == IND_OK;
}

/* The length of a regular file's header, which is what the data leave of it. */
static bool header_length(const struct ind_series_form *form, int fd, size_t *length)
{
    struct stat st;
    const size_t least = LENGTH + form->data_size;
    const size_t most = sizeof HEAD + EPOCH_DIGITS + form->middle + HASH_DIGITS + form->tail;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || (size_t)st.st_size < least)
        return false;
    *length = (size_t)st.st_size - least;
    return *length <= most + PADDING;
}

/* Its length, as the file says it. */
static bool skip_length(struct span *span, size_t length)
{
    uint64_t stored;
    memcpy(&stored, span->at, LENGTH);
    span->at += LENGTH;
    return ind_little_endian(stored) == length;
}

/* Of the epoch that its name says, -1 = of any. */
static bool header_matches(const struct ind_series_form *form, int fd, size_t length, long named,
                           XXH128_canonical_t *hash)
{
    long epoch;
    char *text = malloc(LENGTH + length);
    struct span header = {text, text + LENGTH + length};
    const bool matches = text && read_at(fd, 0, text, LENGTH + length) &&
                         skip_length(&header, length) && skip(&header, HEAD, sizeof HEAD - 1) &&
                         skip_epoch(&header, &epoch) && (named < 0 || named == epoch) &&
                         skip(&header, form->text, form->middle) && skip_hash(&header, hash) &&
                         skip(&header, form->text + form->middle, form->tail) &&
                         only_spaces(header);
    free(text);
    return matches;
}

static bool data_agree(const struct ind_series_form *form, const struct ind_params *params,
                       const XXH128_canonical_t *wanted)
{
    XXH128_canonical_t found;
    XXH128_canonicalFromHash(&found, ind_checksum(params->data, form->data_size));
    return memcmp(found.digest, wanted->digest, sizeof found.digest) == 0 &&
           ind_params_find_nonfinite(params) == NULL;
}

static bool read_open(const struct ind_series_form *form, int fd, long named,
                      struct ind_params *params)
{
    size_t length;
    XXH128_canonical_t hash;
    return header_length(form, fd, &length) && header_matches(form, fd, length, named, &hash) &&
           read_at(fd, LENGTH + length, params->data, form->data_size) &&
           data_agree(form, params, &hash);
}

bool ind_series_form_read(const struct ind_series_form *form, const char *path,
                          struct ind_params *params)
{
    if (!form->text)
        return false;
    const int fd = ind_file_open_within(path, O_RDONLY, NULL);
    if (fd < 0)
        return false;
    const bool done = read_open(form, fd, ind_checkpoint_epoch_of_path(path), params);
    close(fd);
    return done;
}
