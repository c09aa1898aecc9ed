/*
 * first: mean of A[i,0] over i = 1..T-1: the resting place of an idle head.
 */
#include <math.h>

#include <induct/score/score.h>

static double value(const struct ind_score_input *input)
{
    double sum = 0.0;
    if (input->length < 2)
        return (double)NAN;
    for (int i = 1; i < input->length; i++)
        sum += (double)input->pattern[(size_t)i * (size_t)input->length];
    return sum / (input->length - 1);
}

const struct ind_score ind_score_first = {
    .name = "first",
    .formula = "mean of A[i,0], i = 1..T-1",
    .description = "attention to the first token, where idle heads rest",
    .order = 70,
    .value = value,
};
