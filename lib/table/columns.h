/* The columns of a table by the part they play in its curves. */
#ifndef INDUCT_LIB_TABLE_COLUMNS_H
#define INDUCT_LIB_TABLE_COLUMNS_H

#include <induct/table/reader.h>

/* What of a table's columns plays which part. */
struct ind_curve_parts {
    int epoch;
    int *columns; /* [column_count] measured */
    int column_count;
    int *keys; /* [key_count] group rows */
    int key_count;
    int *group; /* [rows]: the number of its group */
};

/* Fills epoch, columns and keys from what --columns and --by say. */
IND_CHECKED int ind_columns_choose(const struct ind_sheet *sheet, const char *columns,
                                   const char *by, struct ind_curve_parts *parts,
                                   struct ind_error *err);

#endif
