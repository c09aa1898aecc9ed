/*
 * prefix_match: mean over rows i = n..T-1 of the attention summed over every source
 * j = i - kn + 1 >= 1, k >= 1.
 *
 * Olsson et al. 2022's prefix matching score in row-sum form: with several earlier copies in sight,
 * the mean of the single entries could reach no more than 1/copies.
 */
#include <math.h>

#include <induct/score/score.h>

static double value(const struct ind_score_input *input)
{
    int n = input->period, rows = input->length - n;
    double sum = 0.0;
    if (rows < 1)
        return (double)NAN;
    for (int i = n; i < input->length; i++) {
        const float *row = input->pattern + (size_t)i * (size_t)input->length;
        for (int j = i - n + 1; j >= 1; j -= n)
            sum += (double)row[j];
    }
    return sum / rows;
}

const struct ind_score ind_score_prefix_match = {
    .name = "prefix_match",
    .formula = "mean over i = n..T-1 of the sum of A[i,i-kn+1] over k >= 1, i-kn+1 >= 1",
    .description = "attention to what followed the current token in any earlier period",
    .order = 50,
    .value = value,
};
