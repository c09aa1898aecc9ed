/* What is said of many seeds, as rows of induct-seeds. */
#ifndef INDUCT_ANALYZE_SEEDS_NUMBERS_H
#define INDUCT_ANALYZE_SEEDS_NUMBERS_H

#include <induct/data/bootstrap.h>
#include <induct/tool/tool.h>

#include "lines.h"

struct settings {
    const char *table, *columns, *by, *against, *criteria, *event, *match;
    struct ind_ints at, since, keeps;
    bool each, events, order;
    int role, adjust;
    double role_at, tolerance, margin;
    int resamples;
};

/* What a verdict takes a p by. */
enum adjust { ADJUST_HOLM, ADJUST_JOINT };

/* Are events looked at, and not numbers? */
static inline bool of_events(const struct settings *settings)
{
    return settings->events || settings->criteria;
}

/* A row of any of the tables; text is the lines', the happenings' or the found's. */
struct row {
    const char *arm, *column, *of, *event, *other, *word, *head;
    long seed;
    double epoch, until, least, most, p, p_holm, p_joint, median;
    double likeness, margin, second;
    double before, after, against_before, against_after;
    int seeds, seen, above;
    int seen_against, both, earlier, later, same, only, only_other, neither;
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

/* Says so where there are so few pairs and so many rows that Holm could find nothing. */
void found_warn(const struct ind_tool *tool, const struct settings *settings,
                const struct found *found);

/*
 * Each line becomes one point, epoch NaN: its mean over the epochs of --at; with --since less its
 * mean over those; `before` is its mean over those of --keeps. Fails where a line lacks one of the
 * epochs.
 */
IND_CHECKED int numbers_average(struct lines *lines, const struct settings *settings,
                                struct ind_error *err);

/* Rows of sorted lines: curves, every seed's values, or paired differences, as the settings say. */
IND_CHECKED int numbers_take(struct found *found, const struct lines *lines,
                             const struct settings *settings, uint64_t seed, struct ind_error *err);

#endif
