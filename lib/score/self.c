/*
 * self: mean of A[i,i] over i = 1..T-1. Row 0 is left out: it can see nothing else.
 */
#include "score/engine/diagonal.h"

static double value(const struct ind_score_input *input)
{
    return ind_score_diagonal(input, 0, 1, input->length - 1);
}

const struct ind_score ind_score_self = {
    .name = "self",
    .formula = "mean of A[i,i], i = 1..T-1",
    .description = "attention to the current token",
    .order = 20,
    .value = value,
};
