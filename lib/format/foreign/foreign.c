#include <induct/format/foreign.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>

#include "format/foreign/name.h"
#include "format/foreign/source.h"

/* ---- Opening ---- */

int ind_foreign_from_archive(struct ind_foreign *foreign, const void *bytes, size_t size,
                             struct ind_error *err)
{
    struct ind_archive *archive = &foreign->source->archive;
    bool script;
    if (ind_archive_open(archive, bytes, size, err) != IND_OK ||
        ind_archive_has(archive, "constants.pkl", &script, err) != IND_OK)
        return IND_FAILED;
    if (script && archive->root)
        return ind_fail(err, "a TorchScript archive (torch.jit.save), which is a program: load it "
                             "with torch.jit.load() and torch.save() its state_dict()");
    if (archive->root)
        return ind_foreign_from_torch(foreign, err);
    if (ind_foreign_from_npz(foreign, err) != IND_OK)
        return IND_FAILED;
    if (foreign->count == 0)
        return ind_fail(err,
                        "a zip archive, but neither a PyTorch checkpoint (there is no data.pkl) "
                        "nor numpy's .npz: unpack it first");
    return IND_OK;
}

/* "PK" begins a zip, which torch.save and np.savez write. */
static bool is_archive(const char *bytes, size_t size)
{
    return size >= 4 && memcmp(bytes, "PK\3\4", 4) == 0;
}

static int parse(struct ind_foreign *foreign, const char *bytes, size_t size, struct ind_error *err)
{
    foreign->source = ind_alloc(1, sizeof *foreign->source);
    if (!foreign->source)
        return ind_fail(err, "out of memory");
    foreign->file_size = size;
    const bool archive = is_archive(bytes, size);
    const char *what = archive ? NULL : ind_foreign_name(bytes, size);
    if (what)
        return ind_fail(err, "%s", what);
    int status = archive ? ind_foreign_from_archive(foreign, bytes, size, err)
                         : ind_foreign_from_safetensors(foreign, bytes, size, err);
    return status == IND_OK ? ind_foreign_mark_doubles(foreign, err) : IND_FAILED;
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

/* What its first bytes, and an archive's last, refuse is not read: it may be of any size. */
static int look(int fd, struct ind_error *err)
{
    enum { HEAD = 4096 };
    char head[HEAD];
    struct stat st;
    if (fstat(fd, &st) != 0)
        return ind_fail_errno(err, "cannot read");
    if (!S_ISREG(st.st_mode))
        return ind_fail(err, "not a regular file");
    const size_t size = (size_t)st.st_size, begun = size < HEAD ? size : HEAD;
    if (ind_file_read_at(fd, 0, head, begun, err) != IND_OK)
        return IND_FAILED;
    if (is_archive(head, begun))
        return ind_archive_look(fd, size, err);
    const char *what = ind_foreign_name(head, begun);
    return what ? ind_fail(err, "%s", what) : ind_foreign_look_safetensors(fd, err);
}

static int look_and_read(const char *path, char **bytes, size_t *size, struct ind_error *err)
{
    /* O_NONBLOCK: a FIFO is refused instead of waited for */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return ind_fail_errno(err, "%s: cannot open", path);
    int status = look(fd, err);
    if (status == IND_OK)
        status = ind_file_read_open(fd, 0, bytes, size, err);
    close(fd);
    return status == IND_OK ? IND_OK : ind_error_context(err, "%s", path);
}

int ind_foreign_open(struct ind_foreign *foreign, const char *path, struct ind_error *err)
{
    char *bytes;
    size_t size;
    *foreign = (struct ind_foreign){0};
    if (look_and_read(path, &bytes, &size, err) != IND_OK)
        return IND_FAILED;
    if (ind_foreign_parse(foreign, bytes, size, err) != IND_OK) {
        free(bytes);
        return ind_error_context(err, "%s", path);
    }
    foreign->source->file = bytes;
    return IND_OK;
}

/* The part's tensors, handed over, become tensors of the whole. */
static int take_part(struct ind_foreign *whole, int index, struct ind_error *err)
{
    struct ind_foreign *part = &whole->source->parts[index];
    size_t need = (size_t)whole->count + (size_t)part->count;
    if (ind_grow(&whole->tensors, &whole->source->tensor_room, need, sizeof *whole->tensors, err))
        return IND_FAILED;
    for (int i = 0; i < part->count; i++) {
        whole->tensors[whole->count] = part->tensors[i];
        whole->tensors[whole->count++].part = index;
    }
    part->count = 0;
    whole->file_size += part->file_size;
    return IND_OK;
}

static int join(struct ind_foreign *whole, const char *const *paths, int count,
                struct ind_error *err)
{
    whole->source = ind_alloc(1, sizeof *whole->source);
    if (!whole->source)
        return ind_fail(err, "out of memory");
    struct ind_foreign_source *source = whole->source;
    if (ind_alloc_into(&source->parts, (size_t)count, sizeof *source->parts, err) != IND_OK)
        return IND_FAILED;
    for (int i = 0; i < count; i++) {
        if (ind_foreign_open(&source->parts[i], paths[i], err) != IND_OK)
            return IND_FAILED;
        source->part_count++;
        if (take_part(whole, i, err) != IND_OK)
            return IND_FAILED;
    }
    whole->metadata = json_incref(source->parts[0].metadata);
    whole->facts = json_incref(source->parts[0].facts);
    return ind_foreign_mark_doubles(whole, err);
}

int ind_foreign_join(struct ind_foreign *foreign, const char *const *paths, int count,
                     struct ind_error *err)
{
    *foreign = (struct ind_foreign){0};
    int status = join(foreign, paths, count, err);
    if (status != IND_OK)
        ind_foreign_close(foreign);
    return status;
}

static void release_source(struct ind_foreign_source *source)
{
    for (int i = 0; i < source->part_count; i++)
        ind_foreign_close(&source->parts[i]);
    free(source->parts);
    ind_safetensors_close(&source->safetensors);
    ind_archive_close(&source->archive);
    for (size_t i = 0; i < source->storage_count; i++)
        free(source->storages[i].entry);
    free(source->storages);
    free(source->loaded);
    free(source->file);
    free(source);
}

void ind_foreign_close(struct ind_foreign *foreign)
{
    for (int i = 0; i < foreign->count; i++) {
        free(foreign->tensors[i].name);
        free(foreign->tensors[i].flaw);
    }
    free(foreign->tensors);
    json_decref(foreign->metadata);
    json_decref(foreign->facts);
    if (foreign->source)
        release_source(foreign->source);
    *foreign = (struct ind_foreign){0};
}

/* ---- Reading ---- */

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

int ind_foreign_storage_bytes(struct ind_foreign *foreign, const struct ind_foreign_tensor *tensor,
                              const char **bytes, struct ind_error *err)
{
    struct ind_foreign_source *source = foreign->source;
    const struct ind_foreign_storage *storage = &source->storages[tensor->storage];
    if (storage->doubtful)
        return ind_fail(err, "its storage %s is described in two ways", storage->entry);
    if (!source->loaded || source->loaded_index != tensor->storage) {
        free(source->loaded);
        source->loaded = NULL;
        if (ind_archive_read(&source->archive, storage->entry, 0, &source->loaded,
                             &source->loaded_size, err) != IND_OK)
            return IND_FAILED;
        source->loaded_index = tensor->storage;
    }
    size_t needed;
    if (__builtin_mul_overflow((size_t)storage->elements, ind_dtype_size(storage->dtype),
                               &needed) ||
        storage->start > source->loaded_size || needed > source->loaded_size - storage->start)
        return ind_fail(err, "entry %s has %zu bytes, too few for %lld elements of %s",
                        storage->entry, source->loaded_size, (long long)storage->elements,
                        ind_dtype_name(storage->dtype));
    *bytes = source->loaded + storage->start;
    return IND_OK;
}

int ind_foreign_values(struct ind_foreign *foreign, const struct ind_foreign_tensor *tensor,
                       float *out, struct ind_error *err)
{
    struct ind_foreign_source *source = foreign->source;
    const char *bytes;
    if (tensor->flaw)
        return ind_fail(err, "tensor %s: %s", tensor->name, tensor->flaw);
    if (source->parts)
        foreign = &source->parts[tensor->part], source = foreign->source;
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

int ind_foreign_read(struct ind_foreign *foreign, const struct ind_foreign_tensor *tensor,
                     float *out, struct ind_error *err)
{
    if (!tensor->flaw && !ind_dtype_is_float(tensor->dtype))
        return ind_fail(err, "tensor %s holds %s, no weights", tensor->name,
                        ind_dtype_name(tensor->dtype));
    return ind_foreign_values(foreign, tensor, out, err);
}
