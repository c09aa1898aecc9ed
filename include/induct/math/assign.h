/* Who belongs to whom: the assignment problem, for tens of rows. */
#ifndef INDUCT_MATH_ASSIGN_H
#define INDUCT_MATH_ASSIGN_H

#include <stdbool.h>

#include <induct/base/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The one-to-one assignment of rows to columns with the largest sum of gains: gain [n, n], finite;
 * match[row] is its column, *total the sum. n >= 1. Of equal ones one is taken, the same every time.
 * Fails without memory.
 */
IND_CHECKED int ind_assign(const double *gain, int n, int *match, double *total,
                           struct ind_error *err);

/*
 * How sure each pair of that assignment is: margins[row] = total less the largest sum of an
 * assignment without the pair (row, match[row]). The least of them is what the second best
 * assignment lacks: one that differs does without at least one of the pairs. NaN where n is 1.
 */
IND_CHECKED int ind_assign_margins(const double *gain, int n, const int *match, double total,
                                   double *margins, struct ind_error *err);

#ifdef __cplusplus
}
#endif
#endif
