#include <induct/format/foreign.h>

#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>

#include "format/foreign/source.h"

int ind_foreign_from_safetensors(struct ind_foreign *foreign, const void *bytes, size_t size,
                                 struct ind_error *err)
{
    struct ind_safetensors *file = &foreign->source->safetensors;
    if (ind_safetensors_parse(file, bytes, size, err) != IND_OK ||
        ind_safetensors_verify(file, err) != IND_OK ||
        ind_alloc_into(&foreign->tensors, (size_t)file->tensor_count, sizeof *foreign->tensors,
                       err) != IND_OK)
        return IND_FAILED;
    foreign->epoch = ind_safetensors_metadata(file, "epoch");
    foreign->config = ind_safetensors_metadata(file, "config");
    for (int i = 0; i < file->tensor_count; i++) {
        const struct ind_st_tensor *from = &file->tensors[i];
        struct ind_foreign_tensor *tensor = &foreign->tensors[i];
        *tensor = (struct ind_foreign_tensor){.name = strdup(from->name),
                                              .dtype = from->dtype,
                                              .rank = from->rank,
                                              .storage = (size_t)i};
        if (!tensor->name)
            return ind_fail(err, "out of memory");
        int64_t stride = 1;
        for (int k = from->rank; k-- > 0;) {
            tensor->shape[k] = from->shape[k];
            tensor->stride[k] = stride;
            stride *= from->shape[k] ? from->shape[k] : 1;
        }
        foreign->count++;
    }
    return IND_OK;
}

/* "PK" begins a zip, a pickle of protocol 2 and above with 0x80; a safetensors file with a length,
 * whose upper bytes are zero. */
static int parse(struct ind_foreign *foreign, const char *bytes, size_t size, struct ind_error *err)
{
    foreign->source = ind_alloc(1, sizeof *foreign->source);
    if (!foreign->source)
        return ind_fail(err, "out of memory");
    foreign->file_size = size;
    if (size >= 4 && memcmp(bytes, "PK\3\4", 4) == 0)
        return ind_foreign_from_torch(foreign, bytes, size, err);
    if (size >= 2 && (unsigned char)bytes[0] == 0x80 && bytes[1] >= 2 && bytes[1] <= 5)
        return ind_fail(err, "a bare pickle (PyTorch before 1.6, or none of PyTorch's): save it "
                             "again with a newer torch.save");
    return ind_foreign_from_safetensors(foreign, bytes, size, err);
}

int ind_foreign_parse(struct ind_foreign *foreign, const void *bytes, size_t size,
                      struct ind_error *err)
{
    *foreign = (struct ind_foreign){0};
    int status = parse(foreign, bytes, size, err);
    if (status != IND_OK)
        ind_foreign_close(foreign);
    return status;
}

int ind_foreign_open(struct ind_foreign *foreign, const char *path, struct ind_error *err)
{
    char *bytes;
    size_t size;
    *foreign = (struct ind_foreign){0};
    if (ind_file_read(path, 0, &bytes, &size, err) != IND_OK)
        return IND_FAILED;
    if (ind_foreign_parse(foreign, bytes, size, err) != IND_OK) {
        free(bytes);
        return ind_error_context(err, "%s", path);
    }
    foreign->source->file = bytes;
    return IND_OK;
}

void ind_foreign_close(struct ind_foreign *foreign)
{
    struct ind_foreign_source *source = foreign->source;
    for (int i = 0; i < foreign->count; i++)
        free(foreign->tensors[i].name);
    free(foreign->tensors);
    if (source) {
        ind_safetensors_close(&source->safetensors);
        ind_archive_close(&source->archive);
        for (size_t i = 0; i < source->storage_count; i++)
            free(source->storages[i].key);
        free(source->storages);
        free(source->loaded);
        free(source->file);
        free(source);
    }
    *foreign = (struct ind_foreign){0};
}

const struct ind_foreign_tensor *ind_foreign_find(const struct ind_foreign *foreign,
                                                  const char *name)
{
    for (int i = 0; i < foreign->count; i++)
        if (strcmp(foreign->tensors[i].name, name) == 0)
            return &foreign->tensors[i];
    return NULL;
}

size_t ind_foreign_elements(const struct ind_foreign_tensor *tensor)
{
    size_t elements = 1;
    for (int i = 0; i < tensor->rank; i++)
        elements *= (size_t)tensor->shape[i];
    return elements;
}

/* Elements of the innermost dimension; float32 side by side, the usual case, is one copy. */
static void read_row(const char *bytes, enum ind_dtype dtype, int64_t count, int64_t stride,
                     float *out)
{
    size_t size = ind_dtype_size(dtype);
    if (dtype == IND_F32 && stride == 1) {
        memcpy(out, bytes, (size_t)count * sizeof *out);
        return;
    }
    for (int64_t i = 0; i < count; i++)
        out[i] = ind_dtype_to_float(dtype, bytes + (size_t)(i * stride) * size);
}

/* Counts through all but the innermost dimension, the last fastest. */
static void read_strided(const char *bytes, const struct ind_foreign_tensor *tensor, float *out)
{
    int rows = tensor->rank - 1;
    int64_t at[8] = {0};
    int64_t width = tensor->rank ? tensor->shape[rows] : 1;
    int64_t stride = tensor->rank ? tensor->stride[rows] : 1;
    for (;;) {
        int64_t element = tensor->offset;
        for (int i = 0; i < rows; i++)
            element += at[i] * tensor->stride[i];
        read_row(bytes + (size_t)element * ind_dtype_size(tensor->dtype), tensor->dtype, width,
                 stride, out);
        out += width;
        int i = rows - 1;
        while (i >= 0 && ++at[i] == tensor->shape[i])
            at[i--] = 0;
        if (i < 0)
            return;
    }
}

int ind_foreign_read(struct ind_foreign *foreign, const struct ind_foreign_tensor *tensor,
                     float *out, struct ind_error *err)
{
    const struct ind_foreign_source *source = foreign->source;
    const char *bytes;
    if (!ind_dtype_is_float(tensor->dtype))
        return ind_fail(err, "tensor %s holds %s, no weights", tensor->name,
                        ind_dtype_name(tensor->dtype));
    if (source->archive.zip) {
        if (ind_foreign_storage_bytes(foreign, tensor, &bytes, err) != IND_OK)
            return ind_error_context(err, "tensor %s", tensor->name);
    } else {
        bytes = (const char *)source->safetensors.data +
                source->safetensors.tensors[tensor->storage].begin;
    }
    if (ind_foreign_elements(tensor) > 0)
        read_strided(bytes, tensor, out);
    return IND_OK;
}
