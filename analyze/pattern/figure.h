/*
 * The picture of induct-pattern: panels with their words around them.
 */
#ifndef INDUCT_ANALYZE_PATTERN_FIGURE_H
#define INDUCT_ANALYZE_PATTERN_FIGURE_H

#include <stdbool.h>
#include <stdint.h>

#include <induct/model/heads.h>
#include <induct/run/series.h>
#include <induct/tool/tool.h>

/* What the command line says. */
struct settings {
    const char *heads, *output;
    struct ind_ints tokens;
    int period, index, sequences, zoom;
    double top; /* of the colour scale; 0 = the largest value shown */
    bool period_set, index_set, sequences_set, tokens_set, mean, film, values;
};

/* What all workers share; read-only during the walk, but for the values, of which each visit fills
 * its own part. */
struct gallery {
    const struct settings *settings;
    struct ind_heads heads;
    int32_t *tokens; /* [sequences, stride] */
    int sequences, stride, length;
    int *indices; /* [checkpoints] in the series, in epoch order */
    int checkpoints;
    double *values; /* [checkpoints, heads, length, length]; NaN above the diagonal. NULL if only
                       printed */
};

/* Draws all panels and writes the PNG, whose name is said on stderr. */
int figure_draw(struct ind_tool *tool, const struct gallery *gallery,
                const struct ind_series *series);

#endif
