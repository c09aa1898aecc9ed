/* --matrix while it is shown: what its walk (matrix.c) and its pictures (pictures.c) share. */
#ifndef INDUCT_ANALYZE_CIRCUIT_MATRIX_H
#define INDUCT_ANALYZE_CIRCUIT_MATRIX_H

#include "parts.h"

#include <induct/format/npy.h>

struct showing {
    struct ind_study *study;
    const struct settings *settings;
    struct ind_circuit_name name; /* head: the one in work */
    long *epochs;                 /* [study->count] */
    int rows, cols;
    bool each_epoch; /* a picture a checkpoint? */

    struct ind_params params;
    struct ind_circuit circuit;
    double *tile; /* [tile_rows, cols] */
    int tile_rows;
    double *held;            /* [held checkpoints, heads, rows, cols], for pictures */
    struct ind_table *table; /* NULL if values are not wanted */
    struct ind_rows buffer;
    struct ind_npy npy;
};

/* Values of all heads of one checkpoint. */
size_t values_of_checkpoint(const struct showing *showing);

/* Is a picture drawn as soon as its checkpoint is there? Otherwise all are held. */
bool matrix_drawn_at_once(const struct showing *showing);

/* Room for what pictures need; refused where it is more than they can show. */
IND_CHECKED int matrix_hold(struct showing *showing, struct ind_error *err);

/* Checkpoints first..first+count-1, whose values are `values`, in colours up to `top` unless
 * --scale says another. */
IND_CHECKED int matrix_draw(const struct showing *showing, int first, int count,
                            const double *values, double top, struct ind_error *err);

/* What was held until all were there: one figure, or one a checkpoint on the same scale. */
IND_CHECKED int matrix_draw_held(const struct showing *showing, struct ind_error *err);

#endif
