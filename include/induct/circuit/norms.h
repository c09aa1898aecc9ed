/*
 * Frobenius norms of everything in a model, for curves over epochs beside what weight decay alone
 * would do.
 *
 * A weight that gets no gradient shrinks by (1 - lr * weight_decay) an epoch: token 0, which the
 * study's data never hold, is such a row of W_E and lies on the curve. QK and OV are products of
 * two decaying matrices and fall along the square of the curve. The norms of W_Q alone, or of W_K,
 * change under W_Q -> W_Q G, W_K -> W_K G^-T and say nothing by themselves; that of QK does not.
 */
#ifndef INDUCT_CIRCUIT_NORMS_H
#define INDUCT_CIRCUIT_NORMS_H

#include <induct/circuit/factors.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Rows of a table of tokens or positions that a norm is over. */
enum { IND_ROWS_ALL = -1, IND_ROWS_FROM_1 = -2 };

struct ind_weight_norm {
    char matrix[72]; /* "L0H2.W_Q", "L0H2.QK", "L0.b_O", "W_E" */
    int row;         /* 0 ..: this row; IND_ROWS_ALL; IND_ROWS_FROM_1: every token but 0 */
    double norm;
    double row_mean, row_min,
        row_max; /* norms of the single rows of W_E and W_pos; elsewhere NaN */
    int decays; /* how many trained matrices it is a product of: 1, 2 for QK and OV, 0 = not trained */
};

/*
 * How many there are, and all of them: every tensor (of the heads, one a head) in the layout's
 * order, W_E also as token 0 and as all others, then QK and OV of every head. With `each`, the rows
 * of W_E and W_pos one by one too.
 */
size_t ind_norms_count(const struct ind_layout *layout, bool each);

/* One thread's scratch is `scratch` [ind_norms_scratch()] doubles; out [ind_norms_count()]. */
size_t ind_norms_scratch(const struct ind_layout *layout);
void ind_norms_run(const struct ind_params *params, bool each, double *scratch,
                   struct ind_weight_norm *out);

/* What decay alone leaves of a norm after `epochs` steps: (1 - lr * weight_decay)^(decays *
   epochs). */
double ind_pure_decay(double lr, double weight_decay, int decays, double epochs);

#ifdef __cplusplus
}
#endif
#endif
