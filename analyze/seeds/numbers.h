/* What is said of many seeds, as rows of induct-seeds. */
#ifndef INDUCT_ANALYZE_SEEDS_NUMBERS_H
#define INDUCT_ANALYZE_SEEDS_NUMBERS_H

#include <induct/data/bootstrap.h>
#include <induct/tool/tool.h>

#include "lines.h"

struct settings {
    const char *table, *columns, *by, *against;
    struct ind_ints at;
    bool each, events;
    int role;
    double role_at;
    int resamples;
};

/* A row of any of the tables; text is the lines' or the found's. */
struct row {
    const char *arm, *column, *of, *event;
    long seed;
    double epoch, least, most, p, p_holm, median;
    int seeds, seen, above;
    struct ind_estimate mean, share;
};

/* Owner. */
struct found {
    struct row *rows;
    int count;
    size_t room;
    char **texts; /* of rows whose text is nobody else's */
    size_t text_count, text_room;
};
void found_release(struct found *found);

/* Each line becomes one point, epoch NaN: its mean over these epochs. Fails where a line lacks one
 * of them. */
IND_CHECKED int numbers_average(struct lines *lines, const struct ind_ints *at,
                                struct ind_error *err);

/* Rows of sorted lines: curves, every seed's values, or paired differences, as the settings say. */
IND_CHECKED int numbers_take(struct found *found, const struct lines *lines,
                             const struct settings *settings, uint64_t seed, struct ind_error *err);

/* Rows of induct-onset's tables, over seeds. */
IND_CHECKED int events_take(struct found *found, char **paths, int count, struct ind_error *err);

#endif
