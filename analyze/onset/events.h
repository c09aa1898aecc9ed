/* The events of one curve, as rows of induct-onset. */
#ifndef INDUCT_ANALYZE_ONSET_EVENTS_H
#define INDUCT_ANALYZE_ONSET_EVENTS_H

#include <stdbool.h>

#include <induct/table/curves.h>

struct settings {
    const char *columns, *by;
    double level; /* NaN = by the column */
    bool falls, in_order;
};

struct row {
    const char *table, *of, *column, *event, *status;
    double epoch, epoch_lo, epoch_hi, value;
    int future;
};

/* Rows of all tables; owner of the array. */
struct found {
    struct row *rows;
    int count, room;
};

/* Appends the events of a curve; with settings->falls its values become those of the fall. */
IND_CHECKED int add_events(struct found *found, const struct settings *settings, const char *table,
                           struct ind_curve *curve, struct ind_error *err);

#endif
