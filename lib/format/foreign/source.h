/* Where the bytes of foreign tensors come from. Private to lib/format. */
#ifndef INDUCT_LIB_FORMAT_FOREIGN_SOURCE_H
#define INDUCT_LIB_FORMAT_FOREIGN_SOURCE_H

#include <induct/format/foreign.h>

#include "format/foreign/archive.h"

/* A storage of an archive: its entry, and where in it the elements begin. */
struct ind_foreign_storage {
    char *entry;
    enum ind_dtype dtype;
    int64_t elements;
    size_t start;
    bool doubtful; /* the pickle describes it in two ways */
};

struct ind_foreign_source {
    char *file; /* the whole file, if it was read here */
    struct ind_safetensors safetensors;
    struct ind_archive archive;
    struct ind_foreign_storage *storages; /* of an archive */
    size_t storage_count, storage_room, tensor_room;
    char *loaded; /* the bytes of storages[loaded_index]: Q, K and V often share one */
    size_t loaded_index, loaded_size;
    struct ind_foreign *parts; /* of a model in several files */
    int part_count;
};

/* Looks at the header of a safetensors file alone: does it fit the file's size? */
IND_CHECKED int ind_foreign_look_safetensors(int fd, struct ind_error *err);

/* Fill foreign->tensors from the bytes. */
IND_CHECKED int ind_foreign_from_safetensors(struct ind_foreign *foreign, const void *bytes,
                                             size_t size, struct ind_error *err);
IND_CHECKED int ind_foreign_from_archive(struct ind_foreign *foreign, const void *bytes,
                                         size_t size, struct ind_error *err);

/* Of an archive that is open: what torch.save() and np.savez() put into it. */
IND_CHECKED int ind_foreign_from_torch(struct ind_foreign *foreign, struct ind_error *err);
IND_CHECKED int ind_foreign_from_npz(struct ind_foreign *foreign, struct ind_error *err);

/* Room for one more tensor, zeroed, of that name (copied); NULL when memory ran out. It counts from
 * now on. */
struct ind_foreign_tensor *ind_foreign_add(struct ind_foreign *foreign, const char *name,
                                           struct ind_error *err);

/* Marks a tensor as one that cannot be read, and why; the first reason stays. */
IND_CHECKED int ind_foreign_spoil(struct ind_foreign_tensor *tensor, struct ind_error *err,
                                  const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Marks tensors that share a name. */
IND_CHECKED int ind_foreign_mark_doubles(struct ind_foreign *foreign, struct ind_error *err);

/* The bytes of a tensor's storage, valid until the next call. */
IND_CHECKED int ind_foreign_storage_bytes(struct ind_foreign *foreign,
                                          const struct ind_foreign_tensor *tensor,
                                          const char **bytes, struct ind_error *err);

#endif
