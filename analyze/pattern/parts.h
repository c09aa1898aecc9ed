/* The parts of induct-pattern: what is measured (gallery.c), and the picture of it (figure.c). */
#ifndef INDUCT_ANALYZE_PATTERN_PARTS_H
#define INDUCT_ANALYZE_PATTERN_PARTS_H

#include <induct/tool/analysis.h>

struct settings {
    const char *output;
    struct ind_ints tokens;
    int index, zoom;
    double top; /* of the colour scale; 0 = the largest value shown */
    bool mean, film, values, value_weighted;
};

/* A picture is wanted: named, or nothing else is. */
bool pattern_is_drawn(const struct settings *settings);

/* Patterns on sequences of a period, and on tokens given. */
extern const struct ind_analysis pattern_of_repeats, pattern_of_tokens;

/* What all workers share; read-only during the walk, but for the values, of which each visit fills
 * its own part. */
struct gallery {
    int32_t *tokens; /* [sequences, stride] */
    int sequences, stride, length;
    int period;     /* 0: the tokens were given */
    double *values; /* [checkpoints, heads, length, length]; NaN above the diagonal. NULL if only
                       printed */
};

/* Draws all panels and writes the PNG, or one a checkpoint; their names are said on stderr. */
IND_CHECKED int figure_draw(const struct ind_study *study, struct ind_error *err);

#endif
