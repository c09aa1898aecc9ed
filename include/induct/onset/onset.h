/*
 * When something began: events of a curve y(t) over the checkpoints of a run (DEFINITIONS, section
 * 11).
 *
 * Epochs grow over orders of magnitude, so x = log10(epoch) throughout; an epoch below 1 has no
 * place on that axis and is the caller's to leave out. A curve is count points with x strictly
 * ascending; a y that is NaN is passed over by crossings and not allowed in fits.
 */
#ifndef INDUCT_ONSET_ONSET_H
#define INDUCT_ONSET_ONSET_H

#include <stdbool.h>

#include <induct/base/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Three checkpoints in a row are an event, one or two are noise. */
enum { IND_ONSET_ROW = 3, IND_BREAKS_MOST = 3 };

/*
 * The first index from which IND_ONSET_ROW values in a row lie above the level, -1 if there is
 * none. What comes after them has no influence: cutting a run moves no crossing that it still
 * holds.
 */
int ind_onset_crossing(const double *y, int count, double level);

/* The level that a column's crossing is looked for at, fixed beforehand (DEFINITIONS, section 11):
 * .5 for accuracies ("accuracy" in its name, or "ood_" before it), three times its chance for any
 * other; of falls .2 for accuracies. NaN where there is none. */
double ind_onset_level(const char *column, double chance, bool falls);

/* out[i] = the highest of y[0..i] less y[i]: a fall is a rise of this. NaN where y is; may be y
 * itself. */
void ind_onset_fall(const double *y, int count, double *out);

/* The first index from which IND_ONSET_ROW values lie above the middle between y[0] and the highest
 * value of all. Uses the future; -1 if nothing rises. */
int ind_onset_half(const double *y, int count);

/* Where the least-squares slope over a tenth of a decade (at least five points) is largest, and
 * that slope in units of y a decade. Uses the future. The index is that of the point in the middle,
 * -1 below five points. */
int ind_onset_steepest(const double *x, const double *y, int count, double *slope);

/*
 * A continuous piecewise linear fit, y = a + b x + sum_k c_k max(0, x - at_k), by least squares,
 * with the number of breaks (0 to IND_BREAKS_MOST) that has the least BIC: count ln(RSS/count) + (2
 * + 2 breaks) ln(count), a break costing its place and its change of slope. Every piece has at
 * least IND_ONSET_ROW points: with shorter ones a curve of 120 values of white noise has a break in
 * one case of five, with these in one of fifty.
 *
 * The squares have several minima, far apart and nearly as deep, and small ones between any two
 * points. All choices from a grid of at most 48 places (half of them evenly over x, half evenly over
 * the points) are tried; every minimum of that table is followed downhill; around the lowest one
 * all choices of 13 points a break are tried and followed in turn, until none is lower.
 */
struct ind_breaks {
    int count;
    double at[IND_BREAKS_MOST];        /* x, ascending */
    double slope[IND_BREAKS_MOST + 1]; /* of each piece, units of y a decade */
    double rss;                        /* residual sum of squares */
};

/* count >= 8 for a break to be looked for; below it, and for a curve without variation, none is
 * found. Fails without memory. */
IND_CHECKED int ind_breaks_fit(const double *x, const double *y, int count, struct ind_breaks *out,
                               struct ind_error *err);

/* The break at which a rise begins: of those after which y rises, the one with the largest change
 * of slope; -1 if there is none. */
int ind_breaks_onset(const struct ind_breaks *breaks);

/*
 * 95 % intervals of the places, by profile likelihood: every place at which, the others put anew,
 * the residual sum of squares stays below rss (1 + c 3.84 / (count - 2 - 2 breaks)). c = (1 + r)/(1
 * - r) allows for noise that neighbouring checkpoints share, r >= 0 being the residuals'
 * correlation from one to the next. lo, hi [breaks->count], which leave no piece too short. (In the
 * simulation of tests/onset they hold the truth in 93 %; a bootstrap of residuals did in 88 %.)
 * Fails without memory.
 */
IND_CHECKED int ind_breaks_intervals(const double *x, const double *y, int count,
                                     const struct ind_breaks *breaks, double *lo, double *hi,
                                     struct ind_error *err);

#ifdef __cplusplus
}
#endif
#endif
