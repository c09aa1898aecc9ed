/*
 * The kernels of the library that exist once for each instruction set, as one list, and the sets.
 *
 * A kernel is a static function of its name, written once over the dialect of vector.h and compiled
 * for every set; the list makes it a member of the set's table and a function ind_NAME of the
 * library, which calls the set in use. Contracts are those of <induct/math/causal.h>, product.h,
 * sums.h, lanes.h and simd.h; the compiler holds contract, list and kernel to each other. A new
 * kernel is one entry here and its definition in a file that kernels.h includes.
 */
#ifndef INDUCT_LIB_MATH_SIMD_SIMD_H
#define INDUCT_LIB_MATH_SIMD_SIMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ACTION(name, parameters, arguments); VALUE has the type of its result before them. */
#define IND_KERNELS(ACTION, VALUE)                                                                 \
    /* attention (triangle.h, softmax.h) */                                                        \
    ACTION(causal_scores,                                                                          \
           (int length, int width, const float *q, size_t ld_q, const float *k, size_t ld_k,       \
            float factor, float *scores, size_t ld_scores, float *scratch),                        \
           (length, width, q, ld_q, k, ld_k, factor, scores, ld_scores, scratch))                  \
    ACTION(causal_scores_backward,                                                                 \
           (int length, int width, const float *dz, const float *z, size_t ld_z, const float *v,   \
            size_t ld_v, const float *pattern, float factor, float *dscores, size_t ld_dscores,    \
            float *scratch),                                                                       \
           (length, width, dz, z, ld_z, v, ld_v, pattern, factor, dscores, ld_dscores, scratch))   \
    ACTION(causal_softmax, (int length, float *scores, size_t ld_scores, float *pattern),          \
           (length, scores, ld_scores, pattern))                                                   \
    ACTION(causal_softmax_entropies,                                                               \
           (int length, float *scores, size_t ld_scores, float *pattern, double *entropies),       \
           (length, scores, ld_scores, pattern, entropies))                                        \
    ACTION(causal_mix,                                                                             \
           (int length, int width, const float *p, size_t ld_p, const float *x, size_t ld_x,       \
            float *out, size_t ld_out),                                                            \
           (length, width, p, ld_p, x, ld_x, out, ld_out))                                         \
    ACTION(causal_mix_transposed,                                                                  \
           (int length, int width, const float *p, size_t ld_p, const float *x, size_t ld_x,       \
            float *out, size_t ld_out),                                                            \
           (length, width, p, ld_p, x, ld_x, out, ld_out))                                         \
    /* the same by blocks of rows (attention.h) */                                                 \
    ACTION(causal_attention,                                                                       \
           (int length, int width, const float *q, const float *v, size_t ld_q, const float *k,    \
            size_t ld_k, float factor, float *z, size_t ld_z, float *scratch),                     \
           (length, width, q, v, ld_q, k, ld_k, factor, z, ld_z, scratch))                         \
    ACTION(causal_attention_backward,                                                              \
           (int length, int width, const float *q, const float *v, size_t ld_q, const float *k,    \
            size_t ld_k, const float *z, const float *dz, size_t ld_z, float factor, float *dq,    \
            float *dk, float *dv, float *scratch),                                                 \
           (length, width, q, v, ld_q, k, ld_k, z, dz, ld_z, factor, dq, dk, dv, scratch))         \
    /* rows (softmax.h) */                                                                         \
    VALUE(double, entropy, (int count, const float *p), (count, p))                                \
    ACTION(causal_entropy,                                                                         \
           (int first, int rows, const float *pattern, size_t ld_pattern, double *out),            \
           (first, rows, pattern, ld_pattern, out))                                                \
    ACTION(cross_entropy,                                                                          \
           (int rows, int classes, float *logits, size_t ld, const int32_t *targets, float scale,  \
            double *loss, uint8_t *correct),                                                       \
           (rows, classes, logits, ld, targets, scale, loss, correct))                             \
    /* products (product.h) and sums (sums.h) */                                                   \
    ACTION(product,                                                                                \
           (bool transpose_a, bool transpose_b, int m, int n, int k, const float *a, int lda,      \
            const float *b, int ldb, const float *start, float *c, int ldc),                       \
           (transpose_a, transpose_b, m, n, k, a, lda, b, ldb, start, c, ldc))                     \
    ACTION(product_double,                                                                         \
           (bool transpose_a, bool transpose_b, int m, int n, int k, const double *a, int lda,     \
            const double *b, int ldb, const double *start, double *c, int ldc),                    \
           (transpose_a, transpose_b, m, n, k, a, lda, b, ldb, start, c, ldc))                     \
    ACTION(add, (size_t count, const float *from, float *to), (count, from, to))                   \
    VALUE(double, sum_parts, (size_t count, int parts, const float *const *part, float *out),      \
          (count, parts, part, out))                                                               \
    VALUE(double, inner, (size_t count, const float *a, const float *b), (count, a, b))            \
    VALUE(bool, all_finite, (size_t count, const float *values), (count, values))                  \
    ACTION(widen,                                                                                  \
           (size_t rows, size_t columns, const float *from, size_t ld_from, double *to,            \
            size_t ld_to),                                                                         \
           (rows, columns, from, ld_from, to, ld_to))                                              \
    VALUE(                                                                                         \
        double, inner_rows,                                                                        \
        (size_t rows, size_t columns, const double *a, size_t ld_a, const double *b, size_t ld_b), \
        (rows, columns, a, ld_a, b, ld_b))                                                         \
    /* eight matrices at a time (qr.h, jacobi.h, cholesky.h) */                                    \
    ACTION(lanes_put_all, (int m, int n, const double *matrices, double *bundle),                  \
           (m, n, matrices, bundle))                                                               \
    ACTION(lanes_qr, (int m, int k, double *a, double *tau), (m, k, a, tau))                       \
    ACTION(lanes_apply_q, (int m, int k, const double *a, const double *tau, int r, double *x),    \
           (m, k, a, tau, r, x))                                                                   \
    ACTION(lanes_cross, (int m, int p, int q, const double *x, const double *y, double *out),      \
           (m, p, q, x, y, out))                                                                   \
    ACTION(lanes_triangles, (int m, int k, const double *a, const double *b, double *out),         \
           (m, k, a, b, out))                                                                      \
    VALUE(bool, lanes_orthogonalise, (int m, int n, double *w, double *norms), (m, n, w, norms))   \
    ACTION(lanes_orthonormalise, (int m, int n, double *x), (m, n, x))                             \
    ACTION(lanes_inverse, (int k, double *g, double *ratio), (k, g, ratio))                        \
    /* the limit of them all (rate.h) */                                                           \
    VALUE(double, multiply_adds_float, (long rounds), (rounds))                                    \
    VALUE(double, multiply_adds_double, (long rounds), (rounds))

#define IND_KERNEL_MEMBER(name, parameters, arguments)                 void(*name) parameters;
#define IND_KERNEL_MEMBER_VALUE(result, name, parameters, arguments)   result(*name) parameters;
#define IND_KERNEL_FUNCTION(name, parameters, arguments)               void ind_##name parameters;
#define IND_KERNEL_FUNCTION_VALUE(result, name, parameters, arguments) result ind_##name parameters;

/* One instruction set. */
struct ind_simd {
    const char *name;
    IND_KERNELS(IND_KERNEL_MEMBER, IND_KERNEL_MEMBER_VALUE)
};

/* The same from the set in use. */
IND_KERNELS(IND_KERNEL_FUNCTION, IND_KERNEL_FUNCTION_VALUE)

/* How many there are, ascending: a processor that has one has those before it. Other architectures
 * than x86-64 have the first alone. */
#ifdef __x86_64__
enum { IND_SIMD_SETS = 3 };
#else
enum { IND_SIMD_SETS = 1 };
#endif

/* Set number i, and whether this processor has it. */
const struct ind_simd *ind_simd_set(int i);
bool ind_simd_has(int i);

/* `count` rounded up to a whole number of the widest vectors. */
static inline size_t ind_simd_stride(size_t count)
{
    return (count + 15) / 16 * 16;
}

/* Rows of a block of attention, and the most of the last one. */
enum { IND_ATTENTION_ROWS = 32, IND_ATTENTION_ROWS_MOST = 36 };

/* Floats from one of its rows to the next: a line more than whole vectors, so that rows of a power
   of two are not in each other's way in the first cache. */
static inline size_t ind_attention_stride(size_t length)
{
    return ind_simd_stride(length) + 16;
}

#endif
