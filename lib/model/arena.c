#include "model/work.h"

#include <induct/base/memory.h>

enum { LINE = 16 }; /* floats in 64 bytes */

float *ind_arena_cut(struct ind_arena *arena, size_t a, size_t b, size_t c)
{
    size_t count, end;
    if (__builtin_mul_overflow(a, b, &count) || __builtin_mul_overflow(count, c, &count) ||
        count > SIZE_MAX - LINE ||
        __builtin_add_overflow(arena->used, (count + LINE - 1) / LINE * LINE, &end)) {
        arena->overflow = true;
        return NULL;
    }
    float *cut = arena->base ? arena->base + arena->used : NULL;
    arena->used = end;
    return cut;
}

int ind_arena_allocate(struct ind_arena *arena, struct ind_error *err)
{
    if (arena->overflow)
        return ind_fail(err, "the activations of this batch exceed the address space");
    if (ind_alloc_into(&arena->base, arena->used, sizeof *arena->base, err))
        return IND_FAILED;
    arena->used = 0;
    return IND_OK;
}
