/*
 * The table of one instruction set's kernels. kernels.h is compiled once for each set, with the
 * compiler's flags for it and IND_SIMD_SET naming the table; contracts are those of
 * <induct/math/causal.h>, <induct/math/product.h> and <induct/math/sums.h>.
 */
#ifndef INDUCT_LIB_MATH_SIMD_SIMD_H
#define INDUCT_LIB_MATH_SIMD_SIMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ind_simd {
    const char *name;
    void (*scores)(int length, int width, const float *q, size_t ld_q, const float *k, size_t ld_k,
                   float factor, float *scores, size_t ld_scores, float *scratch);
    void (*scores_backward)(int length, int width, const float *dz, const float *z, size_t ld_z,
                            const float *v, size_t ld_v, const float *pattern, float factor,
                            float *dscores, size_t ld_dscores, float *scratch);
    void (*softmax)(int length, float *scores, size_t ld_scores, float *pattern);
    double (*entropy)(int count, const float *p);
    void (*mix)(int length, int width, const float *p, size_t ld_p, const float *x, size_t ld_x,
                float *out, size_t ld_out);
    void (*mix_transposed)(int length, int width, const float *p, size_t ld_p, const float *x,
                           size_t ld_x, float *out, size_t ld_out);
    void (*cross_entropy)(int rows, int classes, float *logits, size_t ld, const int32_t *targets,
                          float scale, double *loss, uint8_t *correct);
    void (*product)(bool transpose_a, bool transpose_b, int m, int n, int k, const float *a,
                    size_t ld_a, const float *b, size_t ld_b, const float *start, float *c,
                    size_t ld_c);
    void (*add)(size_t count, const float *from, float *to);
    double (*sum_parts)(size_t count, int parts, const float *const *part, float *out);
};

extern const struct ind_simd ind_simd_baseline;
#ifdef __x86_64__
extern const struct ind_simd ind_simd_avx2;
extern const struct ind_simd ind_simd_avx512;
#endif

/* `count` rounded up to a whole number of the widest vectors. */
static inline size_t ind_simd_stride(size_t count)
{
    return (count + 15) / 16 * 16;
}

/* The best set that this processor has (sets.h). */
const struct ind_simd *ind_simd_pick(void);

#endif
