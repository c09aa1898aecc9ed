/*
 * Small models of every kind, for tests that loop over them.
 */
#ifndef INDUCT_TESTS_SUPPORT_MODELS_H
#define INDUCT_TESTS_SUPPORT_MODELS_H

#include <stdint.h>

#include <induct/model/params.h>

struct model_kind {
    const char *name;
    struct ind_config config;
};

/* Plain, every kind of positions, norm and bias, and the edges (one head, d_head 1, ...). */
extern const struct model_kind model_kinds[];
extern const int model_kind_count;

/* Weights, tokens and the weights in double. Owner. */
struct model {
    struct ind_layout layout;
    struct ind_params params;
    double *weights; /* params.data in double */
    int32_t *tokens; /* [batch, context] uniform on 0..vocab-1 */
    int batch;
};

/* Random weights of every tensor (biases and LayerNorm weights too, so that each one matters), made
   from the seed. Aborts the test when it fails. */
void model_init(struct model *model, const struct ind_config *config, int batch, uint64_t seed);
void model_release(struct model *model);

#endif
