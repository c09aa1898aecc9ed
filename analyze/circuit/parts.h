/*
 * The parts of induct-circuit: three kinds of output over the same options.
 */
#ifndef INDUCT_ANALYZE_CIRCUIT_PARTS_H
#define INDUCT_ANALYZE_CIRCUIT_PARTS_H

#include <induct/circuit/circuit.h>
#include <induct/tool/tool.h>

struct settings {
    const char *heads, *matrix; /* matrix NULL = tables over all epochs */
    bool norms, each;
    bool no_fold;
    int rows; /* of a vocabulary, that summaries look at */

    struct ind_ints tokens; /* none = all */
    const char *picture, *npy;
    bool values;
    double scale; /* 0 = the largest value shown */
    bool same_scale;
};

enum ind_fold settings_fold(const struct settings *settings);

/* One row a checkpoint, head and kind: copying, matching, previous position. */
int summarise_series(struct ind_tool *tool, const struct settings *settings,
                     const struct ind_series *series);

/* --norms */
int norms_of_series(struct ind_tool *tool, const struct settings *settings,
                    const struct ind_series *series);

/* --matrix: values, pictures, .npy */
int show_matrices(struct ind_tool *tool, const struct settings *settings,
                  const struct ind_series *series);

#endif
