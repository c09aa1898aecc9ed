/*
 * Named tensors out of anybody's file: safetensors, PyTorch's own format (torch.save since version
 * 1.6: a zip archive of a pickle and raw storages) or numpy's .npz, read without executing
 * anything; one model in several files (shards) likewise. What else a file may be is said in words.
 *
 * The pickle goes through a machine that can only build tensors (lib/format/foreign/pickle.h). Only
 * what is used is judged: a tensor over a storage of a type that is not read here, one that points
 * outside its storage or depends on an unknown object has a `flaw` and fails when it is read; an
 * archive's entries are inflated, bounded in size, and their CRC verified when a tensor of theirs
 * is read. Tensors may be views with any strides, expanded ones (stride 0) included.
 *
 * Dicts and lists inside the state dict are flattened with dots ("model.wte.weight",
 * "0.wte.weight"). What is no tensor but a plain value (a step, a configuration) is kept as JSON.
 */
#ifndef INDUCT_FORMAT_FOREIGN_H
#define INDUCT_FORMAT_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <induct/base/error.h>
#include <induct/format/safetensors.h>

#ifdef __cplusplus
extern "C" {
#endif

struct json_t; /* jansson's */

struct ind_foreign_tensor {
    char *name;
    size_t home; /* where in the name its own dict's key begins: tensors with the same first `home`
                    bytes lie in one state dict */
    enum ind_dtype dtype;
    int rank;
    int64_t shape[8], stride[8]; /* in elements */
    int64_t offset;              /* of the first element in its storage, in elements */
    char *flaw;                  /* why it cannot be read, NULL if it can */
    bool no_tensor;              /* an unknown object, which need not be a weight at all */
    size_t storage;              /* private */
    int part;                    /* private: which of several files */
};

/* Owner. One thread uses it at a time. */
struct ind_foreign {
    struct ind_foreign_tensor *tensors; /* in the file's order */
    int count;
    size_t file_size;        /* of all its files */
    struct json_t *metadata; /* of safetensors and induct's .npz: strings by key; or NULL */
    struct json_t *facts;    /* of a pickle: its plain values as they are nested; or NULL */
    struct ind_foreign_source *source; /* private */
};

/* Opens by what the file begins with. The error begins with the path. */
IND_CHECKED int ind_foreign_open(struct ind_foreign *foreign, const char *path,
                                 struct ind_error *err);

/* One model in several files, each with some of its tensors. No name may occur twice. */
IND_CHECKED int ind_foreign_join(struct ind_foreign *foreign, const char *const *paths, int count,
                                 struct ind_error *err);

/* The same over bytes in memory, which must outlive it. */
IND_CHECKED int ind_foreign_parse(struct ind_foreign *foreign, const void *bytes, size_t size,
                                  struct ind_error *err);
void ind_foreign_close(struct ind_foreign *foreign);

const struct ind_foreign_tensor *ind_foreign_find(const struct ind_foreign *foreign,
                                                  const char *name);

/* The whole tensor as float32 in row-major order: out [product(shape)]. Refuses integers and what
 * has a flaw. */
IND_CHECKED int ind_foreign_read(struct ind_foreign *foreign,
                                 const struct ind_foreign_tensor *tensor, float *out,
                                 struct ind_error *err);

/* The same of any element type, integers and booleans rounded to float32: masks, tables,
 * counters. */
IND_CHECKED int ind_foreign_values(struct ind_foreign *foreign,
                                   const struct ind_foreign_tensor *tensor, float *out,
                                   struct ind_error *err);

/* Number of elements. */
size_t ind_foreign_elements(const struct ind_foreign_tensor *tensor);

#ifdef __cplusplus
}
#endif
#endif
