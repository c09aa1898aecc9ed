/*
 * A head as the two products of thin matrices that it is: QK = W_Q W_K^T and OV = W_V W_O, each
 * [d_model, d_model] of rank at most d_head, never formed here (DEFINITIONS, section 6).
 *
 * Every factor is read as [d_model, d_head] in double, W_O transposed, so that both matrices have
 * the same form left right^T:
 *
 *   QK   left = W_Q, right = W_K         OV   left = W_V, right = W_O^T
 *
 * LayerNorm. What W_Q, W_K and W_V read has passed ln1: centred, divided by its standard deviation,
 * multiplied by ln1.w, shifted by ln1.b. With IND_FOLD_NORM the linear part of that is put into the
 * matrices, W := C diag(ln1.w) W with C = I - 11^T/d (centring), as TransformerLens's fold_ln does;
 * the division depends on the data and stays out, the shift is a bias. Without LayerNorm both ways
 * are the same. Biases take no part.
 */
#ifndef INDUCT_CIRCUIT_FACTORS_H
#define INDUCT_CIRCUIT_FACTORS_H

#include <induct/model/heads.h>
#include <induct/model/params.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ind_fold { IND_FOLD_NORM, IND_FOLD_NOTHING };

enum ind_factor { IND_FACTOR_Q, IND_FACTOR_K, IND_FACTOR_V, IND_FACTOR_O };

enum ind_head_matrix { IND_MATRIX_QK, IND_MATRIX_OV };

/* "qk", "ov" */
const char *ind_head_matrix_name(enum ind_head_matrix matrix);

/* What a reader of numbers from QK and OV must know of this kind of model, one sentence at a time:
 * index 0, 1, ... until NULL. Nothing of the study's models. */
const char *ind_factor_caveat(const struct ind_config *config, enum ind_fold fold, int index);

/* One factor of one head: out [d_model, d_head]; IND_FACTOR_O gives W_O^T. */
void ind_factor_read(const struct ind_params *params, struct ind_head head, enum ind_factor factor,
                     enum ind_fold fold, double *out);

/* The same with rows `ld` >= d_head doubles apart. */
void ind_factor_read_rows(const struct ind_params *params, struct ind_head head,
                          enum ind_factor factor, enum ind_fold fold, double *out, size_t ld);

/* Both factors of a head's matrix = left right^T: left, right [d_model, d_head]. */
void ind_factors_read(const struct ind_params *params, struct ind_head head,
                      enum ind_head_matrix matrix, enum ind_fold fold, double *left, double *right);

/* out [k,k] = A^T A of a factor A [d,k]. */
void ind_factor_gram(int d, int k, const double *factor, double *out);

#ifdef __cplusplus
}
#endif
#endif
