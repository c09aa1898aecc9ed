/* How alike heads of two runs are (matching.h has the formula). */
#ifndef INDUCT_ANALYZE_SEEDS_LIKENESS_H
#define INDUCT_ANALYZE_SEEDS_LIKENESS_H

#include "lines.h"

/* The heads of one run, its lines, and the epoch at which they are looked at. */
struct team {
    const struct lines *lines;
    const struct line *run;
    double epoch;
    char (*heads)[24]; /* [count] in the order of the lines */
    int count;
    size_t room;
};

/* Fills the heads that have a value at the epoch, by layer and number; they are freed with free().
 * Fails if there is none. */
IND_CHECKED int team_gather(struct team *team, struct ind_error *err);

/* From -1 to 1, of a head of one run and one of another. */
IND_CHECKED int heads_likeness(const struct team *a, const char *head, const struct team *b,
                               const char *other, double *likeness, struct ind_error *err);

#endif
