/*
 * fixed_offset(o): mean of A[i,i-o] over i = o..T-1.
 *
 * The profile over all o, fixed_offset(0:78), shows positional memorisation: a head that has
 * learned "look p-1 back" instead of "look at what followed this token" has its peak at the trained
 * periods whatever the period of the data.
 */
#include "score/engine/diagonal.h"

static double value(const struct ind_score_input *input)
{
    return ind_score_diagonal(input, input->argument, input->argument, input->length - 1);
}

const struct ind_score ind_score_fixed_offset = {
    .name = "fixed_offset",
    .formula = "mean of A[i,i-o], i = o..T-1",
    .description = "attention o places back, whatever the period",
    .order = 80,
    .takes_argument = true,
    .optional = true,
    .value = value,
};
