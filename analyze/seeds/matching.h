/*
 * Heads matched over runs and checkpoints by what they do, not by a role: the assignment, layer by
 * layer, of a run's heads to those of one run, that makes them most alike (DEFINITIONS, section 12).
 *
 * What a head does is what its lines say at the epoch that decides: mean attention by offset
 * (fixed_offset_1, _2, ... of induct-score), what accuracy loses without it by period
 * (induct-ablate --each), or any other. Columns that differ in a number at their end, and the rows of a column (its
 * periods), are one vector; two heads' likeness is the coefficient of identity 2 ab / (aa + bb) of
 * the vectors a and b, from -1 to 1, 1 if they are the same (Zegers and ten Berge 1985), in the mean
 * over vectors.
 */
#ifndef INDUCT_ANALYZE_SEEDS_MATCHING_H
#define INDUCT_ANALYZE_SEEDS_MATCHING_H

#include "lines.h"
#include "numbers.h"

/* A head of a run, and which of the reference's it is. */
struct matched {
    const char *arm; /* the lines' */
    long seed;
    char head[24], like[24];
    double likeness;
    double margin; /* by how much the sum over the layer would be lower without this pair: NaN of
                      a layer of one head */
    double second; /* what the layer's second best assignment lacks: the least of its margins */
};

/* Owner. */
struct matching {
    struct matched *items;
    int count;
    size_t room;
};

/* Every head of every run against the run of settings->match, at settings->role_at (NaN: the last
 * epoch); of that run itself too. Fails where a run
 * has no heads, or others than the reference. */
IND_CHECKED int matching_make(struct matching *matching, const struct lines *lines,
                              const struct settings *settings, struct ind_error *err);
void matching_release(struct matching *matching);

/* Its rows; their text is the matching's. */
IND_CHECKED int matching_put(const struct matching *matching, double least, struct found *found,
                             struct ind_error *err);

/* Is the margin at least that? A head that is alone in its layer is. */
bool matching_is_sure(const struct matched *one, double least);

/* Lines of heads are called like=L0H2 in place of head=...; those that are matched with a margin
 * below `least` are left out, and so are lines of no head. */
IND_CHECKED int matching_rename(const struct matching *matching, struct lines *lines, double least,
                                struct ind_error *err);

/* Heads by role, or (ROLE_LIKE) called like those of the run of --match; the lines are sorted again. */
IND_CHECKED int cast_heads(struct lines *lines, const struct settings *settings,
                           struct ind_error *err);

#endif
