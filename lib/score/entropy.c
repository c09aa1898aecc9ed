/*
 * entropy: mean over i = 1..T-1 of H(A[i,:]) / ln(i+1).
 *
 * 1 = spread evenly over everything that row i can see, 0 = all on one source. Row 0 has no choice
 * and is left out.
 */
#include <math.h>

#include <induct/math/causal.h>
#include <induct/score/score.h>

static double value(const struct ind_score_input *input)
{
    double sum = 0.0;
    if (input->length < 2)
        return (double)NAN;
    for (int i = 1; i < input->length; i++) {
        const float *row = input->pattern + (size_t)i * (size_t)input->length;
        sum += ind_entropy(i + 1, row) / log(i + 1.0);
    }
    return sum / (input->length - 1);
}

const struct ind_score ind_score_entropy = {
    .name = "entropy",
    .formula = "mean of H(A[i,:]) / ln(i+1), i = 1..T-1",
    .description = "how evenly attention is spread: 1 = uniform, 0 = on one source",
    .order = 60,
    .value = value,
};
