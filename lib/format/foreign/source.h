/* Where the bytes of foreign tensors come from. Private to lib/run. */
#ifndef INDUCT_LIB_FORMAT_FOREIGN_SOURCE_H
#define INDUCT_LIB_FORMAT_FOREIGN_SOURCE_H

#include <induct/format/foreign.h>

#include "format/foreign/archive.h"

/* A storage of an archive, by its key: entry "data/KEY". */
struct ind_foreign_storage {
    char *key;
    enum ind_dtype dtype;
    int64_t elements;
};

struct ind_foreign_source {
    char *file; /* the whole file, if it was read here */
    struct ind_safetensors safetensors;
    struct ind_archive archive;
    struct ind_foreign_storage *storages; /* of an archive */
    size_t storage_count, storage_room;
    char *loaded; /* the bytes of storages[loaded_index]: Q, K and V often share one */
    size_t loaded_index, loaded_size;
};

/* Fill foreign->tensors from the bytes. */
int ind_foreign_from_safetensors(struct ind_foreign *foreign, const void *bytes, size_t size,
                                 struct ind_error *err);
int ind_foreign_from_torch(struct ind_foreign *foreign, const void *bytes, size_t size,
                           struct ind_error *err);

/* The bytes of a tensor's storage, valid until the next call. */
int ind_foreign_storage_bytes(struct ind_foreign *foreign, const struct ind_foreign_tensor *tensor,
                              const char **bytes, struct ind_error *err);

#endif
