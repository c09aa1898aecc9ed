/* The words of a checkpoint's checksum. Private to lib/run. */
#ifndef LIB_RUN_CHECKSUM_H
#define LIB_RUN_CHECKSUM_H

#include <xxhash.h>

enum { IND_CHECKSUM_SIZE = 9 + 32 + 1 };

/* "xxh3-128:" and 32 hexadecimal digits, most significant first. */
void ind_checksum_text(XXH128_hash_t hash, char text[IND_CHECKSUM_SIZE]);

#endif
