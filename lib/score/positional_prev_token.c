/*
 * positional_prev_token: prev_token of the pattern computed from positions alone,
 * softmax(pos QK pos^T / scale): without the biases of queries and keys, which are not positions.
 *
 * Beside prev_token it says how much of a previous-token head is position and how much content. NaN
 * for models without a position table, and with LayerNorm, through which positions do not pass
 * alone.
 */
#include "score/engine/diagonal.h"

static double value(const struct ind_score_input *input)
{
    return ind_score_diagonal(input, 1, 1, input->length - 1);
}

const struct ind_score ind_score_positional_prev_token = {
    .name = "positional_prev_token",
    .formula = "mean of P[i,i-1], i = 1..T-1, P = softmax(pos QK pos^T / scale)",
    .description = "prev_token of the pattern that positions alone would give, without biases",
    .order = 90,
    .optional = true,
    .positional = true,
    .value = value,
};
