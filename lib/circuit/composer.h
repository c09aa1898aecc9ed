/*
 * What the files of composition share: the heads' factors and Gram matrices, and scratch. Private
 * to lib/circuit.
 */
#ifndef INDUCT_LIB_CIRCUIT_COMPOSER_H
#define INDUCT_LIB_CIRCUIT_COMPOSER_H

#include <stddef.h>

#include <induct/circuit/compose.h>
#include <induct/math/decomp.h>

enum { IND_FACTORS = 4 };

/* What a factor's pairs need of it. */
struct ind_side {
    double *factor;  /* [d,k], rows heads * k apart: beside those of the layer's other heads */
    double *gram;    /* [k,k] */
    double *inverse; /* [k,k] of the Gram matrix, within the factor's rank */
    int rank;
};

/* A matrix left right^T as chance sees it: tr(M) = its squared norm, and ||M_0||_F^2. */
struct ind_spread {
    double trace, traceless;
};

struct ind_composer_work {
    struct ind_config config;
    enum ind_fold fold;
    int heads;                  /* of all layers */
    int width;                  /* columns of the heads of one layer side by side: heads * d_head */
    struct ind_side *sides;     /* [heads, IND_FACTORS], by enum ind_factor */
    struct ind_spread *qk, *ov; /* [heads] */
    double *memory;             /* behind all sides */
    double *scratch;            /* behind what follows */
    double *one;                /* [d,k]: a factor by itself */
    double *small;              /* [k,k] */
    double *x, *xh, *gx;        /* [width, width], of all heads of two layers */
    double *s, *left, *right;   /* [k], [d,k], [d,k]: the SVD of a factor of lower rank */
    double *bundle, *ratio;     /* [k,k,8], [8]: inverses of eight Gram matrices */
    double *p;                  /* [count]: for Holm */
    size_t *order;
    struct ind_decomp decomp;
};

/* All of out but p_holm; the heads are prepared. */
void ind_composer_pairs(struct ind_composer_work *work, const double *covariance,
                        struct ind_composition *out);

#endif
