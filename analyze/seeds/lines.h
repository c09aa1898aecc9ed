/*
 * Curves of many runs, told apart by arm and seed. A run's name says both: ARM-seedN or
 * ARM-seedN-HASH, the last part of its path that is one, tables/x.tsv in it included; ARM-seedN.tsv
 * is a table that says it itself.
 */
#ifndef INDUCT_ANALYZE_SEEDS_LINES_H
#define INDUCT_ANALYZE_SEEDS_LINES_H

#include <induct/table/curves.h>

/* A quantity over epochs, of one run. Owned; ascending epochs. */
struct line {
    char *arm, *column, *of;
    long seed;
    int count;
    double *epoch, *y, *within; /* [count]; standard errors, 0 where the table has no interval */
    double before;              /* its mean over other epochs, if asked for (numbers_average) */
};

/* Owner. */
struct lines {
    struct line *items;
    int count;
    size_t room;
};

/* What is read of each table, as --column and --by of induct-onset. */
struct wanted {
    const char *columns, *by;
};

/* Adds the curves of a table: of its runs, if it has a column `run`, else of the one that it lies
 * in. */
IND_CHECKED int lines_add(struct lines *lines, const char *path, const struct wanted *wanted,
                          struct ind_error *err);
IND_CHECKED int lines_take(struct lines *lines, const struct ind_sheet *sheet,
                           const struct wanted *wanted, struct ind_error *err);
void lines_release(struct lines *lines);
void line_release(struct line *line);

/* Arm and seed of the run that rows of a table are of, and what else tells them apart: `of` says
 * run=..., or else the path does. *arm and *rest are freed with free(), also after a failure. */
IND_CHECKED int lines_name(const char *path, const char *of, char **arm, long *seed, char **rest,
                           struct ind_error *err);

/* By arm, column, `of` and seed; fails where two lines are the same in all of these. */
IND_CHECKED int lines_sort(struct lines *lines, struct ind_error *err);

/* The number of lines from `first` on that differ in the seed alone. */
int lines_alike(const struct lines *lines, int first);

enum role { ROLE_NONE, ROLE_PREV, ROLE_INDUCTION, ROLE_LIKE };

/*
 * Heads by role in place of by number, run by run: of the lines of a head (`of` says head=L0H2)
 * those remain whose head plays the role, under the name role=prev, or role=induction.1, .2, ... by
 * rank. Who plays it is decided by induct/role/role.h, as by induct-roles, on the column prev_token
 * or induction: at `epoch`, or (NaN) by its highest value of all. The previous-token head is one that
 * has a later layer to write to, where there are two layers. Fails without such a column. (ROLE_LIKE
 * is matching.h's.)
 */
IND_CHECKED int lines_take_role(struct lines *lines, enum role role, double epoch,
                                struct ind_error *err);

#endif
