/*
 * The model again, slow and in double: loops over indices as the formulas are written, no products
 * of matrices, no blocks, no packing. What lib/model computes is compared with it, and central
 * differences of its loss are the truth for the gradients.
 */
#ifndef INDUCT_TESTS_SUPPORT_REFERENCE_H
#define INDUCT_TESTS_SUPPORT_REFERENCE_H

#include <stdbool.h>
#include <stdint.h>

#include <induct/model/params.h>

/* Activations of one batch; owner. */
struct reference {
    struct ind_config config;
    int batch, length;
    double *residual; /* [layers + 1, rows, d_model] */
    double
        *normed; /* [layers + 1, rows, d_model]: what attention, and last the unembedding, read */
    double *q, *k, *v; /* [layers, rows, heads, d_head]; q and k after rotation */
    double *scores;    /* [layers, batch, heads, length, length]; -inf above the diagonal */
    double *pattern;   /* the same shape */
    double *z;         /* [layers, rows, heads, d_head] */
    double *logits;    /* [rows, vocab] */
    double *position;  /* [layers + 1, rows, d_model]: the position part, if without_pp */

    /* Interventions (model/patch.h), set by the test between init and forward; none of kind
     * DONOR. */
    const struct ind_patch *patches;
    int patch_count;
    bool without_pp;
    const int *starts; /* [batch] or NULL */
};

/* Aborts the test when memory runs out. */
void reference_init(struct reference *reference, const struct ind_config *config, int batch,
                    int length);
void reference_release(struct reference *reference);

/* weights: the layout's buffer in double. tokens [batch, token_stride]. */
void reference_forward(struct reference *reference, const struct ind_layout *layout,
                       const double *weights, const int32_t *tokens, int token_stride);

/* Sum of -log p(next token) over all rows of the last forward pass; with `from` > 0 over those at
 * positions >= from alone. */
double reference_loss(const struct reference *reference, const int32_t *tokens, int token_stride);
double reference_loss_from(const struct reference *reference, const int32_t *tokens,
                           int token_stride, int from);

#endif
