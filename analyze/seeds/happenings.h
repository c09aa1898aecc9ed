/* Events of seeds: read from induct-onset's tables, or found by criteria (criteria.h). */
#ifndef INDUCT_ANALYZE_SEEDS_HAPPENINGS_H
#define INDUCT_ANALYZE_SEEDS_HAPPENINGS_H

#include <stddef.h>

#include <induct/table/reader.h>

/* One event of one seed; text is owned. What is told of several events or seeds are kinds: arm,
 * column, of and event. */
struct happening {
    char *arm, *column, *of, *event; /* a criterion's column and `of` are "-" */
    long seed;
    double epoch; /* INFINITY: censored */
    double error; /* standard error of the epoch, 0 where there is no interval */
    double known; /* when it was certain: the third checkpoint in a row, */
    double until; /* the last epoch that was looked at; both NaN where a table does not say it */
};

/* Owner. */
struct happenings {
    struct happening *items;
    int count;
    size_t room;
};
void happenings_release(struct happenings *all);

/* Rows of induct-onset's tables; `events` (comma-separated, NULL = all) are those wanted. */
IND_CHECKED int happenings_read(struct happenings *all, char **paths, int count, const char *events,
                                struct ind_error *err);
IND_CHECKED int happenings_take(struct happenings *all, const struct ind_sheet *sheet,
                                const char *events, struct ind_error *err);

/* Appends one; all of its text is copied. */
IND_CHECKED int happenings_put(struct happenings *all, const struct happening *one,
                               struct ind_error *err);

/* By arm, column, `of`, event and seed; fails where two are the same in all of these. */
IND_CHECKED int happenings_sort(struct happenings *all, struct ind_error *err);

/* Two of one kind, whatever the arm: column, `of` and event. */
int happenings_compare_kind(const struct happening *a, const struct happening *b);

/* The number of happenings from `first` on that differ in the seed alone. */
int happenings_alike(const struct happenings *all, int first);

#endif
