/*
 * Least squares with hinges: y = a + b x + sum_k c_k max(0, x - at_k). Private to lib/onset.
 *
 * A set of places is tried some ten thousand times a curve; sums over the points from each one on,
 * made once, give its normal equations without a look at the points.
 */
#ifndef INDUCT_LIB_ONSET_LEAST_H
#define INDUCT_LIB_ONSET_LEAST_H

#include <induct/onset/onset.h>

enum { IND_LEAST_MOST = IND_BREAKS_MOST + 2 };

/* Sums over points i to count - 1. */
struct ind_least_tail {
    double n, x, xx, y, xy;
};

struct ind_least {
    int count;
    const double *x; /* [count], ascending; the caller's, which outlives this */
    double *y;       /* [count], less its mean: sums of squares then keep their digits */
    struct ind_least_tail *tails; /* [count + 1] */
    double squares;               /* of y */
};

/* Freed by ind_least_free. Fails without memory. */
IND_CHECKED int ind_least_make(const double *x, const double *y, int count, struct ind_least *out,
                               struct ind_error *err);
void ind_least_free(struct ind_least *least);

/* Residual sum of squares with breaks at these places, ascending; coefficients [2 + breaks] unless
 * NULL. INFINITY where a piece has fewer than IND_ONSET_ROW points. Exact to about 1e-13 of the squares. */
double ind_least_rss(const struct ind_least *least, const double *at, int breaks,
                     double *coefficients);

/* Moves places downhill, all of them together: to the best of the steps -1, 0, 1 of `reach` each,
 * which is halved where none is better, until it is below `finest`. Number `fixed` stays (-1 =
 * none). Returns the residual sum of squares. (One after the other they would stop wherever the sum
 * has an edge, which it has at every point.) */
double ind_least_refine(const struct ind_least *least, double reach, double finest, int fixed,
                        double *at, int breaks);

#endif
