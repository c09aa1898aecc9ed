/*
 * The parts of induct-circuit: three tables over the same options.
 */
#ifndef INDUCT_ANALYZE_CIRCUIT_PARTS_H
#define INDUCT_ANALYZE_CIRCUIT_PARTS_H

#include <induct/circuit/circuit.h>
#include <induct/tool/analysis.h>

struct settings {
    const char *matrix; /* NULL = tables over all epochs */
    bool norms, each;
    int rows; /* of a vocabulary, that summaries look at */

    struct ind_ints tokens; /* none = all */
    const char *picture, *npy;
    bool values;
    double scale; /* 0 = the largest value shown */
    bool same_scale;
};

/* Copying, matching, previous position (summary.c); norms.c; values, pictures, .npy (matrix.c). */
extern const struct ind_analysis circuit_summary, circuit_norms, circuit_matrix;

#endif
