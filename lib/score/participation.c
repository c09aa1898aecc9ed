/*
 * participation: (sum l)^2 / sum l^2, l the eigenvalues of the covariance of the head's output z W_O
 * over all sequences, rows i = n..T-1: in how many directions it varies, 1 to d_head.
 *
 * They are those of C G, C the covariance of z and G = W_O W_O^T, both d_head x d_head: the sum is
 * tr(C G), the sum of squares tr(C G C G). Nothing of the head's inner basis is left in it. A head
 * that always says the same has none: NaN.
 */
#include <math.h>

#include <induct/score/score.h>

/* (C G)[i][j] */
static double product(const struct ind_score_output *output, int i, int j)
{
    double sum = 0.0;
    for (int e = 0; e < output->d_head; e++)
        sum += output->covariance[i * output->d_head + e] * output->gram[e * output->d_head + j];
    return sum;
}

static double of_output(const struct ind_score_output *output)
{
    double trace = 0.0, square = 0.0;
    for (int i = 0; i < output->d_head; i++) {
        trace += product(output, i, i);
        for (int j = 0; j < output->d_head; j++)
            square += product(output, i, j) * product(output, j, i);
    }
    return square > 0.0 ? trace * trace / square : (double)NAN;
}

const struct ind_score ind_score_participation = {
    .name = "participation",
    .formula = "(sum l)^2 / sum l^2, l the eigenvalues of Cov(z W_O), i = n..T-1",
    .description = "in how many directions the head's output varies over data",
    .order = 130,
    .optional = true,
    .of_output = of_output,
};
