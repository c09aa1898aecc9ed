/*
 * One cell of a table, as struct ind_rows holds it between the worker that computed it and the
 * owner of the table that writes it.
 */
#ifndef INDUCT_LIB_TABLE_CELL_H
#define INDUCT_LIB_TABLE_CELL_H

#include <induct/table/table.h>

struct ind_cell {
    enum ind_column_type type;
    union {
        long long integer;
        double real;
        size_t text; /* where its zero-terminated bytes begin in ind_rows.text */
    } value;
};

#endif
