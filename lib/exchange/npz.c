/* .npz: a zip of .npy files, stored so that nothing needs to be inflated. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <zip.h>

#include <induct/base/file.h>
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

/* Header and data as one block, which the archive takes over. */
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

static int add_entry(zip_t *zip, const struct ind_st_write *item, struct ind_error *err)
{
    size_t size = 0;
    char *bytes = npy_bytes(item, &size), *name = ind_text("%s.npy", item->name);
    zip_source_t *source = bytes ? zip_source_buffer(zip, bytes, size, 1) : NULL;
    if (!source)
        free(bytes);
    zip_int64_t index = source && name ? zip_file_add(zip, name, source, ZIP_FL_ENC_UTF_8) : -1;
    if (source && index < 0)
        zip_source_free(source);
    free(name);
    if (index < 0 || zip_set_file_compression(zip, (zip_uint64_t)index, ZIP_CM_STORE, 0) != 0 ||
        zip_file_set_dostime(zip, (zip_uint64_t)index, 0, DOS_DATE, 0) != 0)
        return ind_fail(err, "array %s: %s", item->name, zip_strerror(zip));
    return IND_OK;
}

/* What safetensors' metadata would hold, as JSON in the archive's comment, which numpy passes over. */
static int add_comment(zip_t *zip, const struct ind_st_pair *metadata, int count,
                       struct ind_error *err)
{
    json_t *object = json_object();
    for (int i = 0; i < count; i++)
        json_object_set_new(object, metadata[i].key, json_string(metadata[i].value));
    char *text = count ? json_dumps(object, JSON_COMPACT) : NULL;
    int status = IND_OK;
    if (count && (!text || strlen(text) > UINT16_MAX ||
                  zip_set_archive_comment(zip, text, (zip_uint16_t)strlen(text)) != 0))
        status = ind_fail(err, "cannot write the archive's comment");
    free(text);
    json_decref(object);
    return status;
}

int ind_npz_write(const char *path, const struct ind_export *list,
                  const struct ind_st_pair *metadata, int metadata_count, struct ind_error *err)
{
    int reason;
    zip_t *zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &reason);
    if (!zip) {
        zip_error_t error;
        zip_error_init_with_code(&error, reason);
        ind_fail(err, "%s: %s", path, zip_error_strerror(&error));
        zip_error_fini(&error);
        return IND_FAILED;
    }
    int status = add_comment(zip, metadata, metadata_count, err);
    for (int i = 0; i < list->count && status == IND_OK; i++)
        status = add_entry(zip, &list->items[i], err);
    /* closing writes a temporary file in the same folder and renames it */
    if (status == IND_OK && zip_close(zip) == 0)
        return IND_OK;
    if (status == IND_OK)
        ind_fail(err, "cannot write: %s", zip_strerror(zip));
    zip_discard(zip);
    return ind_error_context(err, "%s", path);
}
