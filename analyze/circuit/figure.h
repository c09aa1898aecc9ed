/*
 * The picture of circuits: one panel a head and checkpoint, all on one scale around zero.
 */
#ifndef INDUCT_ANALYZE_CIRCUIT_FIGURE_H
#define INDUCT_ANALYZE_CIRCUIT_FIGURE_H

#include "parts.h"

/* What is drawn: panels [checkpoints, heads] of [rows, cols] values. All borrowed. */
struct figure {
    const struct ind_tool *tool;
    const struct settings *settings;
    const struct ind_circuit_name *name;
    const struct ind_heads *heads;
    const long *epochs; /* [checkpoints] */
    int checkpoints, rows, cols;
    const double *values;
};

/* Largest absolute value; 1 if all are zero, for a scale. */
double figure_largest(const double *values, size_t count);

/* Draws and writes it, colours from -top to top. */
IND_CHECKED int figure_draw(const struct figure *figure, double top, struct ind_error *err);

#endif
