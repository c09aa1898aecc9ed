/*
 * anti_induction: mean of A[i,i-n-1] over i = n+1..2n-1 (second copy only).
 *
 * The place before the earlier copy of the current token: what a head attends to that has the
 * induction circuit's shift the other way round.
 */
#include "score/engine/diagonal.h"

static double value(const struct ind_score_input *input)
{
    const int n = input->period;
    return ind_score_diagonal(input, n + 1, n + 1, 2 * n - 1);
}

const struct ind_score ind_score_anti_induction = {
    .name = "anti_induction",
    .formula = "mean of A[i,i-n-1], i = n+1..2n-1",
    .description = "attention to what came before the earlier copy of the current token",
    .order = 110,
    .optional = true,
    .value = value,
};
