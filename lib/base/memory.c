#include <induct/base/memory.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CACHE_LINE = 64 };

void *ind_alloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > PTRDIFF_MAX - CACHE_LINE)
        return NULL;
    /* aligned_alloc wants a multiple of the alignment; at least one line makes count 0 freeable */
    size_t rounded = (bytes / CACHE_LINE + (bytes % CACHE_LINE != 0)) * CACHE_LINE;
    if (rounded == 0)
        rounded = CACHE_LINE;
    void *memory = aligned_alloc(CACHE_LINE, rounded);
    if (memory)
        memset(memory, 0, rounded);
    return memory;
}

int ind_alloc_into(void *out, size_t count, size_t size, struct ind_error *err)
{
    void *memory = ind_alloc(count, size);
    memcpy(out, &memory, sizeof memory);
    if (!memory)
        return ind_fail(err, "out of memory (%zu elements of %zu bytes)", count, size);
    return IND_OK;
}

int ind_grow(void *items, size_t *room, size_t need, size_t size, struct ind_error *err)
{
    if (need <= *room)
        return IND_OK;
    size_t wanted = *room ? *room : 8;
    while (wanted < need) {
        if (wanted > SIZE_MAX / 2)
            return ind_fail(err, "out of memory (%zu elements of %zu bytes)", need, size);
        wanted *= 2;
    }
    void *old;
    memcpy(&old, items, sizeof old);
    size_t bytes;
    void *grown = NULL;
    if (!__builtin_mul_overflow(wanted, size, &bytes))
        grown = realloc(old, bytes);
    if (!grown)
        return ind_fail(err, "out of memory (%zu elements of %zu bytes)", need, size);
    memcpy(items, &grown, sizeof grown);
    *room = wanted;
    return IND_OK;
}
