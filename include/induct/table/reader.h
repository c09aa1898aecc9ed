/*
 * Tables read back: for programs that work on tables (roles, onsets, many runs), by column name.
 *
 * What is read is what induct/table/table.h writes, and what spreadsheets and pandas make of it:
 *
 *     # induct-score 0.1.0: induct-score runs/a       any number of lines that begin with #, or none
 *     epoch   head    induction                       the names of the columns
 *     100     L1H0    0.0312                          rows, each with a cell for every name
 *
 * separated by tabs (\t \n \r \\ in text stand for what they do in C) or, if the line of names has
 * a comma and no tab, by commas (RFC 4180: quotes, doubled quotes, lines inside quotes). Lines may
 * end in CR LF and a byte order mark is passed over. # begins a comment only above the names. JSON
 * lines are for other tools, and refused by name.
 *
 * An error names the file and the line: "a.tsv: line 17: 3 cells, the table has 9 columns".
 */
#ifndef INDUCT_TABLE_READER_H
#define INDUCT_TABLE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <induct/base/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A whole table in memory, 8 bytes a cell beside its text. Owner. */
struct ind_sheet {
    char *name;    /* of the file, as messages say it */
    char *heading; /* the first comment line without "# "; "" if there is none */
    int column_count;
    size_t row_count;
    char **columns; /* [column_count] names, each once */
    char **cells;   /* [row_count, column_count] text, unescaped, row after row */
    size_t *lines;  /* [row_count] the line of the file, from 1, where a row begins */
    char *text;     /* private: what all of them point into */
};

/*
 * What a last line is that has no end. A program of induct gives a table its name when it is whole,
 * so that a line cut short is an error in most files; in metrics.tsv, to which a trainer appends,
 * it is a row on its way (or the last word of one that was killed), and left out.
 */
enum ind_torn { IND_TORN_FAILS, IND_TORN_LEFT_OUT };

/* The file of that name, "-" for standard input. A table without rows is a table. */
IND_CHECKED int ind_sheet_read(struct ind_sheet *sheet, const char *path, enum ind_torn torn,
                               struct ind_error *err);

/* The same from a stream, which stays open; `name` is what messages call it. */
IND_CHECKED int ind_sheet_read_stream(struct ind_sheet *sheet, FILE *stream, const char *name,
                                      enum ind_torn torn, struct ind_error *err);

/* The same from text in memory, which is copied. */
IND_CHECKED int ind_sheet_parse(struct ind_sheet *sheet, const char *text, size_t size,
                                const char *name, enum ind_torn torn, struct ind_error *err);

/* Harmless on one that is zeroed or whose reading failed. */
void ind_sheet_release(struct ind_sheet *sheet);

/* The place of a column, -1 if there is none of that name. */
int ind_sheet_find(const struct ind_sheet *sheet, const char *name);

/* The same, and an error if there is none: "a.tsv: no column 'induction'; there are: epoch,
 * head". */
IND_CHECKED int ind_sheet_column(const struct ind_sheet *sheet, const char *name, int *column,
                                 struct ind_error *err);

/* A cell as text; row < row_count, column < column_count. The sheet's. */
const char *ind_sheet_text(const struct ind_sheet *sheet, size_t row, int column);

/* A cell as a number: decimal, "inf", "-inf"; "nan", "NA" and nothing at all are NaN. Other text is
 * an error: "a.tsv: line 17: 'abc' in column 'induction' is no number". */
IND_CHECKED int ind_sheet_real(const struct ind_sheet *sheet, size_t row, int column, double *value,
                               struct ind_error *err);

/* A cell as a whole number. "20000.0", which is what pandas makes of a column with a gap, is
 * one. */
IND_CHECKED int ind_sheet_int(const struct ind_sheet *sheet, size_t row, int column,
                              long long *value, struct ind_error *err);

/* A column by name, whole: *values [row_count], freed with free(). */
IND_CHECKED int ind_sheet_reals(const struct ind_sheet *sheet, const char *name, double **values,
                                struct ind_error *err);
IND_CHECKED int ind_sheet_ints(const struct ind_sheet *sheet, const char *name, long long **values,
                               struct ind_error *err);

#ifdef __cplusplus
}
#endif
#endif
