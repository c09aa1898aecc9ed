/*
 * Named tensors out of anybody's file: safetensors, or PyTorch's own format (torch.save since
 * version 1.6: a zip archive of a pickle and raw storages), read without executing anything.
 *
 * The pickle goes through a machine that can only build tensors (lib/format/foreign/pickle.h). Of the
 * archive, only stored (uncompressed) entries are read, as torch.save writes them, and entries may
 * not claim more bytes than the file has: nothing can be inflated. Tensors may be views with any
 * strides; what they reach is checked against their storage, and a shape may not have more elements
 * than its storage.
 *
 * Dicts inside the state dict are flattened with dots ("model.wte.weight"); what is no tensor is
 * passed over.
 */
#ifndef INDUCT_FORMAT_FOREIGN_H
#define INDUCT_FORMAT_FOREIGN_H

#include <stddef.h>
#include <stdint.h>

#include <induct/base/error.h>
#include <induct/format/safetensors.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ind_foreign_tensor {
    char *name;
    enum ind_dtype dtype;
    int rank;
    int64_t shape[8], stride[8]; /* in elements */
    int64_t offset;              /* of the first element in its storage, in elements */
    size_t storage;              /* private */
};

/* Owner. One thread uses it at a time. */
struct ind_foreign {
    struct ind_foreign_tensor *tensors; /* in the file's order */
    int count;
    size_t file_size;
    const char *epoch;                 /* metadata of a safetensors file, NULL if absent */
    const char *config;                /* likewise: induct's own configuration */
    struct ind_foreign_source *source; /* private */
};

/* Opens by what the file begins with. The error begins with the path. */
int ind_foreign_open(struct ind_foreign *foreign, const char *path, struct ind_error *err);

/* The same over bytes in memory, which must outlive it. */
int ind_foreign_parse(struct ind_foreign *foreign, const void *bytes, size_t size,
                      struct ind_error *err);
void ind_foreign_close(struct ind_foreign *foreign);

const struct ind_foreign_tensor *ind_foreign_find(const struct ind_foreign *foreign,
                                                  const char *name);

/* The whole tensor as float32 in row-major order: out [product(shape)]. Refuses integers. */
int ind_foreign_read(struct ind_foreign *foreign, const struct ind_foreign_tensor *tensor,
                     float *out, struct ind_error *err);

/* Number of elements. */
size_t ind_foreign_elements(const struct ind_foreign_tensor *tensor);

#ifdef __cplusplus
}
#endif
#endif
