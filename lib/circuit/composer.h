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
    double *gram;    /* [k,k] */
    double *inverse; /* [k,k] of the Gram matrix, within the factor's rank; of what meets another */
    int rank;
};

/* The factors of one layer's heads, side by side or one below the other, as products want them. */
struct ind_composed_layer {
    double *reads;  /* [d, 3 heads k]: Q of all heads, K, V; of a layer that has one before it */
    double *writes; /* [heads k, d]: O^T of all heads */
};

/* A matrix left right^T as chance sees it: tr(M) = its squared norm, and ||M_0||_F^2. */
struct ind_spread {
    double trace, traceless;
};

struct ind_composer_work {
    struct ind_config config;
    enum ind_fold fold;
    int heads; /* of all layers */
    int width; /* columns of the heads of one layer side by side: heads * d_head */
    struct ind_composed_layer *layers;
    struct ind_side *sides;     /* [heads, IND_FACTORS], by enum ind_factor */
    struct ind_spread *qk, *ov; /* [heads] */
    struct ind_side **inverted; /* [heads * IND_FACTORS]: those of which the inverse is wanted */
    int inverted_count;
    double *memory;           /* behind all layers and sides */
    double *scratch;          /* behind what follows */
    double *one;              /* [d,k]: a factor by itself */
    double *small;            /* [k,k] */
    double *x, *xh, *gx;      /* [width, 3 width], of all heads of two layers: q, k, v */
    double *s, *left, *right; /* [k], [d,k], [d,k]: the SVD of a factor of lower rank */
    double *bundle, *ratio;   /* [k,k,8], [8]: inverses of eight Gram matrices */
    double *p;                /* [count]: for Holm */
    size_t *order;
    struct ind_decomp decomp;
};

/* All of out but p_holm; the heads are prepared. */
void ind_composer_pairs(struct ind_composer_work *work, const double *covariance,
                        struct ind_composition *out);

#endif
