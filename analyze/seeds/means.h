/* The means and intervals behind a row, and the rows themselves. */
#ifndef INDUCT_ANALYZE_SEEDS_MEANS_H
#define INDUCT_ANALYZE_SEEDS_MEANS_H

#include <induct/data/seeds.h>

#include "numbers.h"

/* A difference that a p rests on. */
struct flipped {
    int row; /* of the found */
    long seed;
    double difference;
};

/* What intervals are made with: the draws for a number of seeds are made when it is first met. */
struct maker {
    struct found *found;
    const struct settings *settings;
    uint64_t seed;
    struct ind_seed_draws *draws; /* [most + 1] by number of seeds */
    int most;
    double *scratch;         /* [resamples] */
    double *values, *within; /* [most] */
    int *cursors;            /* [most] */
    long *seeds;             /* [most] whose the values are, for maker_flip */
    struct flipped *flipped; /* [flipped_count] of all rows */
    size_t flipped_count, flipped_room;
};

/* For at most so many seeds. Released also after a failure. */
IND_CHECKED int maker_init(struct maker *maker, int most, struct ind_error *err);
void maker_release(struct maker *maker);

/* Of the first `count` of maker->values, with their errors (maker->within) unless `within` is
 * NULL. */
IND_CHECKED int maker_mean(struct maker *maker, int count, const double *within,
                           struct ind_estimate *mean, struct ind_error *err);

/* Appends a copy of the row. */
IND_CHECKED int found_put(struct found *found, const struct row *row, struct ind_error *err);

/* Makes the found the owner of a text of its rows, also after a failure; NULL is one. */
IND_CHECKED int found_own(struct found *found, char *text, struct ind_error *err);

/* Rows of lines [first, first + count), which differ in the seed alone: their differences from the
 * arm settings->against. */
IND_CHECKED int pairs_take(struct maker *maker, const struct lines *lines, int first, int count,
                           struct ind_error *err);

/* p of the first `count` of maker->values, differences of maker->seeds, by exact sign flips; NaN of
 * none. They are those of the row that is put next. */
IND_CHECKED int maker_flip(struct maker *maker, int count, double *p, struct ind_error *err);

/* Fills p_holm and p_joint of all rows; a p that is NaN is no test. */
IND_CHECKED int maker_adjust(struct maker *maker, struct ind_error *err);

/* Does an arm keep what it had? Fills `word` of rows that have their adjusted p. */
void pairs_judge(struct found *found, const struct settings *settings);

#endif
