/*
 * Headlines are put together from words and cells of tables.
 */
#ifndef INDUCT_PLOT_HEADLINE_H
#define INDUCT_PLOT_HEADLINE_H

#include <stdio.h>

#include <induct/plot/plot.h>

/* How a number is written. */
enum ind_headline_style {
    IND_SHARE,  /* 0.97 */
    IND_CHANGE, /* +0.12, -0.30, 0.00 */
    IND_WHOLE,  /* 20,000 */
    IND_TENTH   /* 7.3 */
};

/* An assignment of text for a script, "name = 'text'": what no terminal should see (base/printable.h)
 * is a '?', a control character a blank. */
void ind_plot_put_text(FILE *out, const char *name, const char *text);

/* The same of a file, byte for byte and as ind_plot_file() has it. Fails on a line break, which
 * gnuplot has no way to say. */
IND_CHECKED int ind_plot_put_path(FILE *out, const char *name, const char *path,
                                  struct ind_error *err);

/* Appends words. */
void ind_headline_say(struct ind_headline *headline, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Appends a cell, a number; remembered with its place. `table` is the name by which the sheet was
 * asked for. */
IND_CHECKED int ind_headline_cell(struct ind_headline *headline, const char *table,
                                  const struct ind_sheet *sheet, long row, const char *column,
                                  enum ind_headline_style style, struct ind_error *err);

/* One more assignment of text for the script. */
void ind_headline_fact(struct ind_headline *headline, const char *name, const char *value);

/*
 * The row with the highest (sign 1) or lowest (sign -1) value in a column among those that hold the
 * given texts in the given columns; -1 if there is none with a number. Pairs COLUMN, TEXT end in
 * NULL.
 *
 *     row = ind_pick(drop, 1, "accuracy_delta", "epoch", "20000", "dropped", "pp", NULL);
 *
 * A column that the sheet has not holds nothing. A cell that is no number is passed over.
 */
long ind_pick(const struct ind_sheet *sheet, int sign, const char *column, ...)
    __attribute__((sentinel));

/* The same among the rows for which `keep` holds. */
long ind_pick_if(const struct ind_sheet *sheet, int sign, const char *column,
                 bool (*keep)(const struct ind_sheet *, size_t row, const void *context),
                 const void *context);

/* A cell as text, "" without such a row or column; as a number, NaN. */
const char *ind_cell(const struct ind_sheet *sheet, long row, const char *column);
double ind_number(const struct ind_sheet *sheet, long row, const char *column);

/* The epoch of the last row, as text: tables are in the order of epochs. */
const char *ind_last_epoch(const struct ind_sheet *sheet);

/* Is the row of this epoch, which is text? A `keep` of the above. */
bool ind_at_epoch(const struct ind_sheet *sheet, size_t row, const void *epoch);

#endif
