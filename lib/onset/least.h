/*
 * Least squares with hinges: y = a + b x + sum_k c_k max(0, x - at_k). Private to lib/onset.
 */
#ifndef INDUCT_LIB_ONSET_LEAST_H
#define INDUCT_LIB_ONSET_LEAST_H

#include <induct/onset/onset.h>

enum { IND_LEAST_MOST = IND_BREAKS_MOST + 2 };

/* Solves the normal equations gram w = moment in place, gram [n, n] packed by rows and positive
 * definite; returns the part of the sum of squares that the fit explains, moment . w, or -1 where
 * columns are dependent. */
double ind_least_solve(int n, double *gram, double *moment);

/* Residual sum of squares with breaks at these places; coefficients [2 + breaks] unless NULL.
 * INFINITY where a place leaves nothing on one side. */
double ind_least_rss(const double *x, const double *y, int count, const double *at, int breaks,
                     double *coefficients);

/* Moves places, which are near a minimum, to it, one after the other: golden sections within
 * `reach` of each, `rounds` times; number `fixed` stays (-1 = none). Returns the residual sum of
 * squares. */
double ind_least_refine(const double *x, const double *y, int count, double reach, int rounds,
                        int fixed, double *at, int breaks);

#endif
