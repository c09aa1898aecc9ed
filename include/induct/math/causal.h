/*
 * Attention's own arithmetic: products with lower triangular (causal) matrices, their softmax, and
 * softmax with cross-entropy.
 *
 * BLAS knows no product of which only the lower triangle is wanted, and at d_head 16 its general
 * product runs at a third of its usual rate. These kernels skip what lies above the diagonal, a
 * block of rows at a time, and keep a head's matrix in the first cache. They are compiled for
 * several instruction sets, of which math/simd.h says which one runs. Results are the same for any
 * number of threads; between instruction sets they differ in rounding.
 *
 * All matrices are row-major floats; ld* is the number of floats from one row to the next. `length`
 * is the number of positions T, `width` the columns of q, k, v (d_head). Nothing allocates; shapes
 * are the caller's business (asserted).
 */
#ifndef INDUCT_MATH_CAUSAL_H
#define INDUCT_MATH_CAUSAL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* `count` rounded up to a whole number of the widest vectors: what scores' rows and the scratch of
   ind_causal_scores are measured in. */
size_t ind_causal_stride(size_t count);

/*
 * scores[i,j] = factor * q_i . k_j for j <= i; entries above the diagonal are left unspecified.
 *   q, k [length, width]; scores [length, ld_scores], ld_scores >= ind_causal_stride(length)
 *   scratch: width * ind_causal_stride(length) floats, 64-byte aligned (k transposed)
 */
void ind_causal_scores(int length, int width, const float *q, size_t ld_q, const float *k,
                       size_t ld_k, float factor, float *scores, size_t ld_scores, float *scratch);

/*
 * From the gradient of z = P v to that of the scores behind P = softmax(scores), for j <= i:
 *
 *   dscores[i,j] = factor * P[i,j] (dz_i . v_j - dz_i . z_i)
 *
 * where dz_i . z_i is sum_j P[i,j] dz_i . v_j, the mean that softmax subtracts, found without a
 * pass over the row.
 *   dz, z [length, ld_z]; v [length, ld_v]; pattern [length, length]
 *   z must be what the pattern mixes of v
 *   dscores [length, ld_dscores], ld_dscores >= ind_causal_stride(length): above the diagonal zeros
 *   as far as the products below read them, and what is after them left unspecified
 *   scratch: as for ind_causal_scores
 */
void ind_causal_scores_backward(int length, int width, const float *dz, const float *z, size_t ld_z,
                                const float *v, size_t ld_v, const float *pattern, float factor,
                                float *dscores, size_t ld_dscores, float *scratch);

/*
 * pattern[i,:] = softmax of scores[i, 0..i], exact zeros above the diagonal. A row that is -inf
 * throughout becomes zeros, one with a NaN or +inf becomes NaN.
 *   scores [length, ld_scores]: overwritten; pattern [length, length]
 */
void ind_causal_softmax(int length, float *scores, size_t ld_scores, float *pattern);

/* The same, and entropies [length] of the rows, from the exponentials at hand and one logarithm a
   row: ind_causal_entropy of the pattern, within rounding. */
void ind_causal_softmax_entropies(int length, float *scores, size_t ld_scores, float *pattern,
                                  double *entropies);

/* -sum p ln p over count values p >= 0 (a row of a pattern), in nats, to about 2e-7; values below
   1e-38 count as 0. NaN if one is. */
double ind_entropy(int count, const float *p);

/* The same of rows first..first+rows-1 of a pattern [length, ld_pattern], as far as the diagonal:
   out[r] = ind_entropy(first + r + 1, row first + r), to the bit, and faster. */
void ind_causal_entropy(int first, int rows, const float *pattern, size_t ld_pattern, double *out);

/* out[i] = sum_{j <= i} p[i,j] x[j]: z = P v, dq = dS k. p [length, ld_p] with zeros above the
   diagonal, or as ind_causal_scores_backward leaves it; x, out [length, width]. */
void ind_causal_mix(int length, int width, const float *p, size_t ld_p, const float *x, size_t ld_x,
                    float *out, size_t ld_out);

/* out[j] = sum_{i >= j} p[i,j] x[i]: dv = P^T dz, dk = dS^T q. */
void ind_causal_mix_transposed(int length, int width, const float *p, size_t ld_p, const float *x,
                               size_t ld_x, float *out, size_t ld_out);

/*
 * All of one head's attention at once, where nobody looks at its pattern:
 *
 *   P = softmax of factor * q_i . k_j (j <= i),  z_i = sum_j P[i,j] v_j
 *
 * and from dz to dq, dk and dv. P is made a few rows at a time and never leaves the second-level
 * cache: at a thousand positions it would be 4 MB. The bits are those of the functions above.
 *   q, v [length, ld_q]; k [length, ld_k]; z, dz [length, ld_z]; dq, dk, dv [length, ld_q]: set
 *   scratch: ind_causal_attention_scratch() floats, 64-byte aligned
 */
void ind_causal_attention(int length, int width, const float *q, const float *v, size_t ld_q,
                          const float *k, size_t ld_k, float factor, float *z, size_t ld_z,
                          float *scratch);
void ind_causal_attention_backward(int length, int width, const float *q, const float *v,
                                   size_t ld_q, const float *k, size_t ld_k, const float *z,
                                   const float *dz, size_t ld_z, float factor, float *dq, float *dk,
                                   float *dv, float *scratch);
size_t ind_causal_attention_scratch(int length, int width);

/*
 * Softmax, cross-entropy and its gradient, one row after another:
 *   logits [rows, ld], overwritten by scale * (softmax(logits) - onehot(target))
 *   loss[r] = -log softmax(logits_r)[target_r]; correct[r] = 1 if the target is the argmax (the
 *   lowest index wins a tie), else 0
 */
void ind_cross_entropy(int rows, int classes, float *logits, size_t ld, const int32_t *targets,
                       float scale, double *loss, uint8_t *correct);

#ifdef __cplusplus
}
#endif
#endif
