/*
 * PyTorch checkpoints as torch.save() makes them, for tests: the pickle is put together opcode by
 * opcode, so that a wrong one can be made as easily as a right one.
 */
#ifndef INDUCT_TESTS_SUPPORT_TORCH_FILE_H
#define INDUCT_TESTS_SUPPORT_TORCH_FILE_H

#include <stddef.h>
#include <stdint.h>

/* A growing pickle. Zero-initialise; free bytes. */
struct pickle_text {
    unsigned char *bytes;
    size_t size, room;
};

void pickle_put(struct pickle_text *p, const void *bytes, size_t size);
void pickle_op(struct pickle_text *p, const char *opcodes); /* up to the zero byte */
void pickle_string(struct pickle_text *p, const char *text);
void pickle_int(struct pickle_text *p, int64_t value);
void pickle_global(struct pickle_text *p, const char *module, const char *name);

/* PROTO 2 and an OrderedDict with an open mark; items follow; end closes it and stops. */
void pickle_begin(struct pickle_text *p);
void pickle_end(struct pickle_text *p);

/* Key and tensor: `type` is "FloatStorage", `storage` its key, `elements` what it claims to
   hold. */
void pickle_tensor(struct pickle_text *p, const char *name, const char *type, const char *storage,
                   int64_t elements, int64_t offset, int rank, const int64_t *shape,
                   const int64_t *stride);

/* One entry of a zip archive. */
struct zip_entry {
    const char *name;
    const void *bytes;
    size_t size;
    int deflate;
};
void zip_put(const char *path, const struct zip_entry *entries, int count);

/* The archive of a pickle and its storages ("data/0", ...), below the folder "archive/". */
void torch_put(const char *path, const struct pickle_text *p, const struct zip_entry *storages,
               int count);

#endif
