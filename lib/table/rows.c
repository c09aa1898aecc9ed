/* Rows: cells gathered by one worker until the table's owner writes them. */
#include "table/cell.h"

#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

static struct ind_cell *append_cell(struct ind_rows *rows, enum ind_column_type type)
{
    if (rows->failed ||
        ind_grow(&rows->cells, &rows->room, rows->count + 1, sizeof *rows->cells, NULL) != IND_OK) {
        rows->failed = true;
        return NULL;
    }
    struct ind_cell *cell = &rows->cells[rows->count++];
    cell->type = type;
    return cell;
}

void ind_rows_int(struct ind_rows *rows, long long value)
{
    struct ind_cell *cell = append_cell(rows, IND_COLUMN_INT);
    if (cell)
        cell->value.integer = value;
}

void ind_rows_real(struct ind_rows *rows, double value)
{
    struct ind_cell *cell = append_cell(rows, IND_COLUMN_REAL);
    if (cell)
        cell->value.real = value;
}

void ind_rows_text(struct ind_rows *rows, const char *value)
{
    size_t bytes = strlen(value) + 1;
    if (rows->failed || ind_grow(&rows->text, &rows->text_room, rows->text_used + bytes, 1, NULL)) {
        rows->failed = true;
        return;
    }
    struct ind_cell *cell = append_cell(rows, IND_COLUMN_TEXT);
    if (!cell)
        return;
    /* An offset, not a pointer: the buffer moves when it grows. */
    cell->value.text = rows->text_used;
    memcpy(rows->text + rows->text_used, value, bytes);
    rows->text_used += bytes;
}

void ind_rows_clear(struct ind_rows *rows)
{
    rows->count = 0;
    rows->text_used = 0;
    rows->failed = false;
}

void ind_rows_release(struct ind_rows *rows)
{
    free(rows->cells);
    free(rows->text);
    *rows = (struct ind_rows){0};
}
