/*
 * Which instruction set runs, decided once, and the library's functions over it.
 */
#include "math/simd/simd.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <induct/math/causal.h>
#include <induct/math/lanes.h>
#include <induct/math/product.h>
#include <induct/math/simd.h>
#include <induct/math/sums.h>

extern const struct ind_simd ind_simd_baseline;
#ifdef __x86_64__
extern const struct ind_simd ind_simd_avx2, ind_simd_avx512;
#endif

static const struct ind_simd *const sets[IND_SIMD_SETS] = {
    &ind_simd_baseline,
#ifdef __x86_64__
    &ind_simd_avx2,
    &ind_simd_avx512,
#endif
};

const struct ind_simd *ind_simd_set(int i)
{
    return sets[i];
}

bool ind_simd_has(int i)
{
#ifdef __x86_64__
    if (i == 2)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
    if (i == 1)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
    return i == 0;
}

/* ---- Choice ---------------------------------------------------------------------------------- */

static const struct ind_simd *best(void)
{
    int i = IND_SIMD_SETS - 1;
    while (!ind_simd_has(i))
        i--;
    return sets[i];
}

/* The set that INDUCT_SIMD names; NULL, and why, if there is none or not here. */
static const struct ind_simd *named(const char *name, struct ind_error *err)
{
    for (int i = 0; i < IND_SIMD_SETS; i++) {
        if (strcmp(sets[i]->name, name) != 0)
            continue;
        if (ind_simd_has(i))
            return sets[i];
        ind_fail(err, "INDUCT_SIMD=%s: this processor has %s at most", name, best()->name);
        return NULL;
    }
    ind_fail(err, "INDUCT_SIMD=%s: no instruction set of this program (baseline%s)", name,
             IND_SIMD_SETS > 1 ? ", avx2, avx512" : "");
    return NULL;
}

static _Atomic(const struct ind_simd *) in_use;

static const char *wanted(void)
{
#ifdef __wasm__
    return NULL; /* a page has no environment, and a module that asks for one cannot be loaded */
#else
    return getenv("INDUCT_SIMD");
#endif
}

/* From now on in use: what is wanted, or the best if that cannot be had (then NULL). */
static const struct ind_simd *choose(struct ind_error *err)
{
    const char *name = wanted();
    const struct ind_simd *set = name && *name ? named(name, err) : best();
    atomic_store_explicit(&in_use, set ? set : best(), memory_order_relaxed);
    return set;
}

int ind_simd_init(struct ind_error *err)
{
    return choose(err) ? IND_OK : IND_FAILED;
}

/* Tables are constant and any thread would choose the same: the order of memory does not matter. */
static inline const struct ind_simd *current(void)
{
    const struct ind_simd *set = atomic_load_explicit(&in_use, memory_order_relaxed);
    if (__builtin_expect(set != NULL, 1))
        return set;
    choose(NULL);
    return atomic_load_explicit(&in_use, memory_order_relaxed);
}

const char *ind_simd_name(void)
{
    return current()->name;
}

size_t ind_causal_stride(size_t count)
{
    return ind_simd_stride(count);
}

size_t ind_causal_attention_scratch(int length, int width)
{
    return (2 * (size_t)width + 2 * IND_ATTENTION_ROWS_MOST) * ind_attention_stride((size_t)length);
}

/* ---- The kernels of the set in use ----------------------------------------------------------- */

#define CALL(name, parameters, arguments) \
    void ind_##name parameters            \
    {                                     \
        current()->name arguments;        \
    }
#define CALL_VALUE(result, name, parameters, arguments) \
    result ind_##name parameters                        \
    {                                                   \
        return current()->name arguments;               \
    }

IND_KERNELS(CALL, CALL_VALUE)
