/*
 * A small model of three layers for tests of composition, and the same quantities the dense way.
 */
#ifndef INDUCT_TESTS_SUPPORT_COMPOSITIONS_H
#define INDUCT_TESTS_SUPPORT_COMPOSITIONS_H

#include <induct/circuit/compose.h>

#include "support/models.h"

enum { D = 12, K = 3, HEADS = 2, LAYERS = 3, MANY = 64 };

/* LAYERS layers of HEADS heads, d_model D, d_head K. */
struct ind_config compositions_config(void);

/* All scores of a model, in order: out [ind_composition_count() <= MANY]. */
void compositions_of(const struct ind_params *params, enum ind_fold fold, const double *covariance,
                     struct ind_composition *out);

/* Covariances of z over the model's own tokens. */
void compositions_outputs(const struct model *model, int length, double *covariance);

const struct ind_composition *compositions_find(const struct ind_composition *list, size_t count,
                                                struct ind_head writer, struct ind_head reader,
                                                int kind);

/* A head's QK or OV [D,D] by the definition, transposed if asked. */
void compositions_dense(const struct ind_params *params, struct ind_head head,
                        enum ind_head_matrix matrix, bool transposed, double *out);

/* B = R F^T [D,D], what the writer's output meets. */
void compositions_reader(const struct ind_params *params, const struct ind_composition *c,
                         double *out);

/* Frobenius norm of a [D,D]. */
double compositions_norm(const double *a);

/* out = a b, all [D,D] */
void compositions_times(const double *a, const double *b, double *out);

void assert_near(double value, double truth, double tolerance);
void assert_same_scores(const struct ind_composition *a, const struct ind_composition *b,
                        double tolerance);

#endif
