/*
 * safetensors files: 8-byte little-endian length of the header, JSON header padded with spaces,
 * then the data.
 *
 * Strict both ways. Written: offsets contiguous from 0 in the order given, last offset = end of
 * file, metadata all strings, data at a multiple of 64 bytes. Read: a file that is truncated, whose
 * header is longer than the file or than 16 MB, has duplicate keys, unknown dtypes, shapes whose
 * product disagrees with the offsets (overflow-checked), overlapping ranges or holes, is refused
 * with a sentence that says which. Memory is bounded by the file's own size before anything is
 * believed.
 *
 * The metadata key "checksum" holds "xxh3-128:" and the XXH3-128 hash of the data part in 32
 * hexadecimal digits, as xxhsum -H2 prints it. Files written here have it; foreign ones need not.
 */
#ifndef INDUCT_FORMAT_SAFETENSORS_H
#define INDUCT_FORMAT_SAFETENSORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <induct/base/error.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ind_dtype {
    IND_F64,
    IND_F32,
    IND_F16,
    IND_BF16,
    IND_I64,
    IND_I32,
    IND_I16,
    IND_I8,
    IND_U8,
    IND_BOOL,
    IND_U16, /* from here on: other tools' alone, which no weight is read from */
    IND_U32,
    IND_U64,
    IND_F8_E4M3,
    IND_F8_E5M2,
    IND_F8_E8M0,
    IND_C64
};

size_t ind_dtype_size(enum ind_dtype dtype);
const char *ind_dtype_name(enum ind_dtype dtype); /* "F32" */

/* False if there is no dtype of that name. */
bool ind_dtype_parse(const char *name, enum ind_dtype *out);

/* True for F64, F32, F16 and BF16: what weights may be stored as. */
bool ind_dtype_is_float(enum ind_dtype dtype);

/* One little-endian element as float32. F16 and BF16 are exact; F64 and integers are rounded to
 * nearest, beyond the range to infinity; 8-bit floats and complex numbers give NaN. `bytes` need
 * not be aligned. */
float ind_dtype_to_float(enum ind_dtype dtype, const void *bytes);

struct ind_st_tensor {
    char *name;
    enum ind_dtype dtype;
    int rank; /* 0..8 */
    int64_t shape[8];
    size_t begin, end; /* bytes in the data part */
};

struct ind_st_pair {
    const char *key, *value;
};

/* An open file: header parsed and checked, data in memory. Owner. */
struct ind_safetensors {
    struct ind_st_tensor *tensors; /* in the order of their offsets */
    int tensor_count;
    struct ind_st_pair *metadata; /* in file order */
    int metadata_count;
    const unsigned char *data; /* [data_size] */
    size_t data_size;
    void *bytes; /* private: the file, if it was opened here */
};

/*
 * A file in a folder got from others (ind_file_open_within()). Its data are read when all that the
 * header says of them has been found true and they are `most` bytes or fewer (SIZE_MAX = any); with
 * 0, they are not read at all, and `data` stays NULL. The error begins with the path.
 */
IND_CHECKED int ind_safetensors_open(struct ind_safetensors *file, const char *path, size_t most,
                                     struct ind_error *err);
/* Is all that the header says of the data true? The data are not read. */
IND_CHECKED int ind_safetensors_look(int fd, struct ind_error *err);
void ind_safetensors_close(struct ind_safetensors *file);

/* The same over bytes in memory (fuzzing, tests); bytes must outlive it. */
IND_CHECKED int ind_safetensors_parse(struct ind_safetensors *file, const void *bytes, size_t size,
                                      struct ind_error *err);

/* Fails with "checksum differs ..." if the metadata holds a checksum and the data another. */
IND_CHECKED int ind_safetensors_verify(const struct ind_safetensors *file, struct ind_error *err);

const struct ind_st_tensor *ind_safetensors_find(const struct ind_safetensors *file,
                                                 const char *name);
const char *ind_safetensors_metadata(const struct ind_safetensors *file,
                                     const char *key); /* NULL if absent */

/* "[4, 64, 16]" into text (cut if too long), for messages. Returns text. */
char *ind_shape_text(int rank, const int64_t *shape, char text[96]);

/* One tensor to be written: `data` holds product(shape) elements. */
struct ind_st_write {
    const char *name;
    enum ind_dtype dtype;
    int rank;
    int64_t shape[8];
    const void *data;
};

/* Writes PATH whole or not at all (base/file.h), with the metadata given and the checksum, which is
   added last; the same arguments give the same bytes. fsynced, file and folder, if `durable`. On
   failure PATH is what it was, and the error begins with it. */
IND_CHECKED int ind_safetensors_write(const char *path, const struct ind_st_write *tensors,
                                      int tensor_count, const struct ind_st_pair *metadata,
                                      int metadata_count, bool durable, struct ind_error *err);

#ifdef __cplusplus
}
#endif
#endif
