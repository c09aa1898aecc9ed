/*
 * copy_index: share of rows i = n..T-1 whose strongest key j is one that followed the current token
 * before, x_{j-1} = x_i, j >= 1.
 *
 * Where a head looks most, whatever the strength: a head may follow content and still spread itself
 * thin. Rows with several strongest keys count by the share of those that are copies, so that
 * uniform attention scores what a key drawn at random would.
 */
#include <math.h>

#include <induct/score/score.h>

/* How likely key j, 1 <= j <= i, follows an occurrence of the token at i. */
static double is_copy(const struct ind_score_input *input, int i, int j)
{
    if (input->tokens)
        return input->tokens[j - 1] == input->tokens[i];
    return (i - j + 1) % input->period == 0 ? 1.0 : input->repeat;
}

static double row_share(const struct ind_score_input *input, int i)
{
    const float *row = input->pattern + (size_t)i * (size_t)input->length;
    float strongest = row[0];
    int ties = 0;
    double copies = 0.0;
    for (int j = 1; j <= i; j++)
        strongest = row[j] > strongest ? row[j] : strongest;
    for (int j = 0; j <= i; j++) {
        if (row[j] == strongest) {
            ties++;
            copies += j >= 1 ? is_copy(input, i, j) : 0.0;
        }
    }
    return ties > 0 ? copies / ties : (double)NAN;
}

static double value(const struct ind_score_input *input)
{
    const int n = input->period, rows = input->length - n;
    double sum = 0.0;
    if (rows < 1)
        return (double)NAN;
    for (int i = n; i < input->length; i++)
        sum += row_share(input, i);
    return sum / rows;
}

const struct ind_score ind_score_copy_index = {
    .name = "copy_index",
    .formula = "share of rows i = n..T-1 whose strongest key j has x_{j-1} = x_i",
    .description = "looks most at what followed the current token before",
    .order = 100,
    .optional = true,
    .value = value,
};
