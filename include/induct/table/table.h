/*
 * Tables: the one form in which results leave a program.
 *
 * A table has named, typed columns and is written as tab-separated values (default),
 * comma-separated values (RFC 4180 quoting) or JSON lines. The first line of a TSV or CSV is a
 * comment "# PROGRAM VERSION: COMMAND", the second the column names, so `gnuplot` (columns by
 * name), pandas.read_csv(comment="#") and numpy.genfromtxt(names=True, skip_header=1) read it as it
 * is. JSON lines are one object a row and nothing else, all of the same keys.
 *
 * A real number that is not finite is `nan`, `inf` or `-inf` in TSV and CSV and null in JSON; minus
 * zero is written 0. Text is any UTF-8: in TSV tab, newline, carriage return and backslash are
 * written \t \n \r \\; CSV quotes; in JSON a byte that is not UTF-8 becomes U+FFFD. The decimal
 * separator is that of the C locale (programs of induct never call setlocale).
 *
 * Rows are gathered in a struct ind_rows (one per checkpoint in a parallel walk: no lock) and
 * written in epoch order by whoever owns the table. Numbers are formatted with a fixed number of
 * significant digits a column: the same value is the same bytes everywhere, which golden files and
 * determinism tests rely on.
 */
#ifndef INDUCT_TABLE_TABLE_H
#define INDUCT_TABLE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <induct/base/error.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ind_format { IND_TSV, IND_CSV, IND_JSONL };

enum ind_column_type { IND_COLUMN_INT, IND_COLUMN_REAL, IND_COLUMN_TEXT };

/* `digits`: significant digits of a REAL column (%.{digits}g); 0 means 6. The name is not copied.
 */
struct ind_column {
    const char *name;
    enum ind_column_type type;
    int digits;
};

/* A growing buffer of cells, row after row (16 bytes a cell and the bytes of its text).
 * Zero-initialise (struct ind_rows rows = {0}); release
 * frees; clear keeps the memory. */
struct ind_cell;
struct ind_rows {
    struct ind_cell *cells;
    size_t count, room;
    char *text; /* the bytes of TEXT cells, one after another */
    size_t text_used, text_room;
    bool failed; /* memory ran out: reported by ind_table_write, so that appending needs no check */
};

void ind_rows_int(struct ind_rows *rows, long long value);
void ind_rows_real(struct ind_rows *rows, double value);
void ind_rows_text(struct ind_rows *rows, const char *value); /* copied */
void ind_rows_clear(struct ind_rows *rows);
void ind_rows_release(struct ind_rows *rows);

/* Width that a column is given before its cells are known. */
int ind_column_width(const struct ind_column *column);

/* An open table. The columns array and the stream stay the caller's and must outlive it. */
struct ind_table {
    FILE *stream;
    enum ind_format format;
    const struct ind_column *columns;
    int column_count;
    const bool *hidden; /* [column_count] columns that are not written; NULL = all are */
    int *widths; /* [column_count] for eyes: TSV padded with blanks to these widths, which grow
                           with what is longer, in place of tabs; NULL = as it is */
};

/* Writes the heading (none of JSON lines). `program`, `version`, `command`: the words of the
 * comment line. Fails on a write error. */
IND_CHECKED int ind_table_open(struct ind_table *table, FILE *stream, enum ind_format format,
                               const struct ind_column *columns, int column_count,
                               const char *program, const char *version, const char *command,
                               struct ind_error *err);

/* The same of a table whose members are set, for columns hidden and for eyes. */
IND_CHECKED int ind_table_begin(struct ind_table *table, const char *program, const char *version,
                                const char *command, struct ind_error *err);

/* Writes the gathered rows; their number of cells must be a multiple of the number of columns and
   the types must fit (asserted). Fails on a write error ("cannot write: No space left on device").
 */
IND_CHECKED int ind_table_write(struct ind_table *table, const struct ind_rows *rows,
                                struct ind_error *err);

#ifdef __cplusplus
}
#endif
#endif
