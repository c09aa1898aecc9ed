/*
 * lag(c): mean of A[i,i-cn+1] over the rows that have a c-th earlier copy, i = cn..T-1.
 *
 * The profile over c = 1, 2, ... says to which earlier copy a head goes: the last one, the first
 * one, or all alike. Rows whose key would be position 0, before which nothing is known, are left
 * out.
 */
#include "score/engine/diagonal.h"

#include <math.h>

static double value(const struct ind_score_input *input)
{
    const int lag = input->argument * input->period;
    if (input->argument < 1)
        return (double)NAN; /* the current copy is not an earlier one */
    return ind_score_diagonal(input, lag - 1, lag, input->length - 1);
}

const struct ind_score ind_score_lag = {
    .name = "lag",
    .formula = "mean of A[i,i-cn+1], i = cn..T-1",
    .description = "attention to what followed the current token c periods ago",
    .order = 120,
    .takes_argument = true,
    .optional = true,
    .value = value,
};
