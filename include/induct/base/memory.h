/*
 * Memory: zeroed, aligned to a cache line, overflow-checked. Everything is freed with free().
 *
 * Rule of the project: nothing allocates inside a training step or inside a walk after warm-up;
 * owners allocate once.
 */
#ifndef INDUCT_BASE_MEMORY_H
#define INDUCT_BASE_MEMORY_H

#include <stddef.h>

#include <induct/base/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* `count * size` zeroed bytes at a 64-byte boundary, or NULL when there is no room or the product
   overflows. A count of zero gives a valid, freeable pointer. */
void *ind_alloc(size_t count, size_t size);

/* The same into *out, with an error that names the amount: for owners that report. *out must be a
 * pointer variable. */
IND_CHECKED int ind_alloc_into(void *out, size_t count, size_t size, struct ind_error *err);

/* Grows a heap array to hold at least `need` elements (doubling); *items and *room are updated
 * together. */
IND_CHECKED int ind_grow(void *items, size_t *room, size_t need, size_t size,
                         struct ind_error *err);

#ifdef __cplusplus
}
#endif
#endif
