/* The checksum of a checkpoint's data, and its words. Private to lib/run. */
#ifndef INDUCT_LIB_FORMAT_CHECKSUM_H
#define INDUCT_LIB_FORMAT_CHECKSUM_H

#include <stddef.h>
#include <sys/uio.h>

#include <xxhash.h>

#include <induct/base/error.h>

enum { IND_CHECKSUM_SIZE = 9 + 32 + 1 };

/* XXH3-128, by the widest vectors that the processor has. */
XXH128_hash_t ind_checksum(const void *bytes, size_t size);

/* The same of parts, one after the other. Fails without memory only. */
IND_CHECKED int ind_checksum_parts(const struct iovec *parts, int count, XXH128_hash_t *hash,
                                   struct ind_error *err);

/* "xxh3-128:" and 32 hexadecimal digits, most significant first. */
void ind_checksum_text(XXH128_hash_t hash, char text[IND_CHECKSUM_SIZE]);

#endif
