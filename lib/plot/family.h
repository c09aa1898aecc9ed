/*
 * What a headline may claim: of many rows with 95 % intervals some lie beside nothing by chance, so
 * that a claim is made of those alone that Holm's procedure leaves over, over all rows that could
 * have been claimed.
 */
#ifndef INDUCT_PLOT_FAMILY_H
#define INDUCT_PLOT_FAMILY_H

#include "plot/headline.h"

/* Changes smaller than this are written as 0.00, and are not spoken of. */
#define IND_SPOKEN 0.005

/* Rows of a table, one claim each: that `value` lies on the side `sign` (1: above) of `from`, by
 * `least` at least. `bound` is the column with the end of its 95 % interval towards `from`. */
struct ind_claims {
    const char *value, *bound;
    double from, least;
    int sign;
    bool (*keep)(const struct ind_sheet *, size_t row, const void *context);
    const void *context;
};

/*
 * held [row_count]: the claims that stand at a family-wise rate of .05, over the rows for which
 * `keep` holds. A row's p is two-sided and normal, its standard error 1/1.96 of the way from value
 * to bound: a single row stands where its interval does not reach `from`. Without an interval
 * (`bound` is nan or no column) the value counts as it is.
 * Frees: the caller.
 */
IND_CHECKED int ind_claims_held(const struct ind_sheet *sheet, const struct ind_claims *claims,
                                bool **held, struct ind_error *err);

/* The highest (sign 1) or lowest value among the rows that are held; -1: none is. */
IND_CHECKED int ind_claims_pick(const struct ind_sheet *sheet, const struct ind_claims *claims,
                                long *row, struct ind_error *err);

/* That accuracy is above guessing, 1/(vocabulary - 1), at the last epoch of the table. */
struct ind_claims ind_claims_of_knowing(const struct ind_plot_run *run,
                                        const struct ind_sheet *sheet);

/*
 * Of each row, guesses [sheet->row_count]: is the model no better than guessing at its period, over
 * all periods of the table "clean": its accuracy at the last epoch, on the sequences of all
 * interventions? What it loses or gains there is nothing to speak of. False of a period that the
 * table has not.
 */
IND_CHECKED int ind_guesses(struct ind_plot_run *run, const struct ind_sheet *sheet, bool *guesses,
                            struct ind_error *err);

/* "No better than guessing at period 24: accuracy 0.00 (chance 0.0039)", if it is so and the table has that
 * period; else nothing is said. */
IND_CHECKED int ind_say_guesses(struct ind_headline *h, struct ind_plot_run *run,
                                const char *period, struct ind_error *err);

#endif
