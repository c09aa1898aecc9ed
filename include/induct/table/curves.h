/* Curves over epochs, cut out of a table: one for each column and each group of rows. For programs
 * that look at how something went, whatever it is: onsets, many runs. */
#ifndef INDUCT_TABLE_CURVES_H
#define INDUCT_TABLE_CURVES_H

#include <induct/table/reader.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One curve; NaN where the table says nan. */
struct ind_curve {
    const char *column; /* the sheet's */
    const char *of; /* "head=L1H0,period=25"; "-" in a table without groups. Owned by the curves */
    int count;
    double *epoch, *y; /* [count], epochs ascending */
    double *lo, *hi;   /* [count] of COLUMN_lo and COLUMN_hi, or NULL */
    double chance;     /* last of COLUMN_uniform or COLUMN_chance, NaN without */
};

/* Owner. */
struct ind_curves {
    struct ind_curve *items;
    int count;
    char **keys; /* [key_count]: of the groups */
    int key_count;
};

/*
 * `columns`: names, comma-separated; NULL = every number that is measured, that is, all but the
 * epoch, what groups rows, bounds, chances and counts. `by`: the columns that group rows; "" = none,
 * NULL = those of text, and period. Fails on a table without epochs, on epochs that do not ascend within a
 * group, and on a column that there is not.
 */
IND_CHECKED int ind_curves_init(struct ind_curves *curves, const struct ind_sheet *sheet,
                                const char *columns, const char *by, struct ind_error *err);
void ind_curves_release(struct ind_curves *curves);

#ifdef __cplusplus
}
#endif
#endif
