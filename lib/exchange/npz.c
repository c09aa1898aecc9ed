/* .npz: a zip of .npy files, stored so that nothing needs to be inflated. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <zip.h>

#include <induct/base/file.h>
#include <induct/format/json.h>
#include <induct/format/npy.h>
#include <induct/exchange/export.h>

/* 1980-01-01, the zip format's first day: the same arrays give the same bytes on any day. */
enum { DOS_DATE = 0x21 };

static const char *descr(enum ind_dtype dtype)
{
    static const char *const names[] = {
        [IND_F64] = "<f8", [IND_F32] = "<f4", [IND_F16] = "<f2", [IND_BF16] = "<V2",
        [IND_I64] = "<i8", [IND_I32] = "<i4", [IND_I16] = "<i2", [IND_I8] = "|i1",
        [IND_U8] = "|u1",  [IND_BOOL] = "|b1"};
    return names[dtype];
}

static size_t npy_header(const struct ind_st_write *item, char out[IND_NPY_HEADER_SIZE])
{
    size_t shape[IND_NPY_RANK_MAX];
    for (int i = 0; i < item->rank; i++)
        shape[i] = (size_t)item->shape[i];
    return ind_npy_header(descr(item->dtype), item->rank, shape, out);
}

/* Header and data as one block, which must outlive the archive's closing: whether libzip has taken
 * over a block that it could not add differs between its versions. */
static char *npy_bytes(const struct ind_st_write *item, size_t *size)
{
    char header[IND_NPY_HEADER_SIZE];
    size_t data = ind_dtype_size(item->dtype);
    for (int i = 0; i < item->rank; i++)
        data *= (size_t)item->shape[i];
    size_t start = npy_header(item, header);
    char *bytes = malloc(start + data);
    if (!bytes)
        return NULL;
    memcpy(bytes, header, start);
    memcpy(bytes + start, item->data, data);
    *size = start + data;
    return bytes;
}

static int fail_zip(const zip_error_t *error, struct ind_error *err)
{
    const int code = zip_error_code_zip(error);
    if (code == ZIP_ER_MEMORY || code == ZIP_ER_OK) /* it forgets the former now and then */
        return ind_fail(err, "out of memory");
    return ind_fail(err, "cannot write: %s", zip_error_strerror((zip_error_t *)error));
}

static int add_entry(zip_t *zip, const struct ind_st_write *item, char **bytes,
                     struct ind_error *err)
{
    size_t size = 0;
    *bytes = npy_bytes(item, &size);
    char *name = ind_text("%s.npy", item->name);
    if (!*bytes || !name) {
        free(name);
        return ind_fail(err, "out of memory");
    }
    zip_source_t *source = zip_source_buffer(zip, *bytes, size, 0);
    zip_int64_t index = source ? zip_file_add(zip, name, source, ZIP_FL_ENC_UTF_8) : -1;
    if (source && index < 0)
        zip_source_free(source);
    free(name);
    if (index < 0 || zip_set_file_compression(zip, (zip_uint64_t)index, ZIP_CM_STORE, 0) != 0 ||
        zip_file_set_dostime(zip, (zip_uint64_t)index, 0, DOS_DATE, 0) != 0) {
        fail_zip(zip_get_error(zip), err);
        return ind_error_context(err, "array %s", item->name);
    }
    return IND_OK;
}

/* What safetensors' metadata would hold, as JSON in the archive's comment, which numpy passes
 * over. */
static int add_comment(zip_t *zip, const struct ind_st_pair *metadata, int count,
                       struct ind_error *err)
{
    if (count == 0)
        return IND_OK;
    json_t *object = json_object();
    for (int i = 0; i < count; i++)
        ind_json_put(&object, metadata[i].key, json_string(metadata[i].value));
    char *text = object ? ind_json_dump(object, JSON_COMPACT) : NULL;
    json_decref(object);
    if (!text)
        return ind_fail(err, "out of memory");
    const size_t length = strlen(text);
    int status = length > UINT16_MAX ? ind_fail(err, "cannot write the archive's comment") : IND_OK;
    if (status == IND_OK && zip_set_archive_comment(zip, text, (zip_uint16_t)length) != 0)
        status = fail_zip(zip_get_error(zip), err);
    free(text);
    return status;
}

/* Fills the archive and closes it, whatever becomes of it. */
static int fill(zip_t *zip, const struct ind_export *list, const struct ind_st_pair *metadata,
                int metadata_count, char **blocks, struct ind_error *err)
{
    int status = add_comment(zip, metadata, metadata_count, err);
    for (int i = 0; i < list->count && status == IND_OK; i++)
        status = add_entry(zip, &list->items[i], &blocks[i], err);
    if (status == IND_OK && zip_close(zip) == 0)
        return IND_OK;
    if (status == IND_OK)
        status = fail_zip(zip_get_error(zip), err);
    zip_discard(zip);
    return status;
}

/* The archive's bytes, from where libzip keeps them. */
static int write_out(zip_source_t *source, const char *path, struct ind_error *err)
{
    zip_stat_t info;
    if (zip_source_stat(source, &info) != 0 || zip_source_open(source) != 0)
        return fail_zip(zip_source_error(source), err);
    char *bytes = malloc((size_t)info.size + 1);
    int status = bytes ? IND_OK : ind_fail(err, "out of memory");
    if (bytes && zip_source_read(source, bytes, info.size) != (zip_int64_t)info.size)
        status = fail_zip(zip_source_error(source), err);
    zip_source_close(source);
    if (status == IND_OK)
        status = ind_file_write(path, bytes, (size_t)info.size, false, err);
    free(bytes);
    return status;
}

static int make(zip_source_t *source, const char *path, const struct ind_export *list,
                const struct ind_st_pair *metadata, int metadata_count, char **blocks,
                struct ind_error *err)
{
    zip_error_t error;
    zip_error_init(&error);
    zip_source_keep(source); /* the archive drops one hold on it */
    zip_t *zip = zip_open_from_source(source, ZIP_TRUNCATE, &error);
    int status = IND_FAILED;
    if (zip) {
        status = fill(zip, list, metadata, metadata_count, blocks, err);
    } else {
        fail_zip(&error, err);
        zip_source_free(source);
    }
    zip_error_fini(&error);
    return status == IND_OK ? write_out(source, path, err) : ind_error_context(err, "%s", path);
}

/* In memory first: libzip's own way to a file asks OpenSSL for a random name, which does not
 * survive a lack of memory, and leaves that file behind when it is killed. */
int ind_npz_write(const char *path, const struct ind_export *list,
                  const struct ind_st_pair *metadata, int metadata_count, struct ind_error *err)
{
    char **blocks = calloc((size_t)list->count + 1, sizeof *blocks);
    zip_source_t *source = blocks ? zip_source_buffer_create(NULL, 0, 0, NULL) : NULL;
    int status = source ? make(source, path, list, metadata, metadata_count, blocks, err)
                        : ind_fail(err, "out of memory");
    if (source)
        zip_source_free(source);
    for (int i = 0; blocks && i < list->count; i++)
        free(blocks[i]);
    free(blocks);
    return status;
}
