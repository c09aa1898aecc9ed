/*
 * entropy: mean over i = 1..T-1 of H(A[i,:]) / ln(i+1).
 *
 * 1 = spread evenly over everything that row i can see, 0 = all on one source. Row 0 has no choice
 * and is left out.
 */
#include <math.h>

#include <induct/math/causal.h>
#include <induct/score/score.h>

/* Rows taken at once. */
enum { BLOCK = 64 };

static double widest(const struct ind_score_input *input, int row)
{
    return input->widest ? input->widest[row] : log(row + 1.0);
}

static double value(const struct ind_score_input *input)
{
    double sum = 0.0, entropies[BLOCK];
    if (input->length < 2)
        return (double)NAN;
    for (int first = 0; first < input->length; first += BLOCK) {
        const int rows = input->length - first < BLOCK ? input->length - first : BLOCK;
        const double *of_rows = input->entropies ? input->entropies + first : entropies;
        if (!input->entropies)
            ind_causal_entropy(first, rows, input->pattern, (size_t)input->length, entropies);
        for (int r = first == 0; r < rows; r++)
            sum += of_rows[r] / widest(input, first + r);
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
