/*
 * Scratch of a circuit, shared by the files that make and summarise it.
 */
#ifndef INDUCT_LIB_CIRCUIT_WORK_H
#define INDUCT_LIB_CIRCUIT_WORK_H

#include <induct/circuit/circuit.h>
#include <induct/math/decomp.h>

enum { IND_TILE_ROWS = 64, IND_TILE_COLS = 256 };

struct ind_circuit_work {
    struct ind_config config;
    enum ind_fold fold;
    double *factor, *other, *third; /* [d_model, d_head] */
    double *tile;                   /* [tile_rows, d_model]: a piece of W_E, pos or W_U in double */
    int tile_rows;
    double *square, *second; /* [d_head, d_head] */
    double *re, *im, *mean;  /* [d_head] */
    double *entries;         /* [IND_TILE_ROWS, max(IND_TILE_COLS, context)] */
    double *rotated;         /* [IND_TILE_ROWS, d_head] */
    struct ind_decomp decomp;
};

#endif
