/*
 * prev_token: mean of A[i,i-1] over i = 1..T-1.
 *
 * Olsson et al. 2022, "In-context learning and induction heads"; TransformerLens. A head that
 * copies the previous token's identity forward is the first half of an induction circuit.
 */
#include "score/engine/detect.h"
#include "score/engine/diagonal.h"

static double value(const struct ind_score_input *input)
{
    if (input->compat == IND_COMPAT_TL_DETECT)
        return ind_score_detect(input, IND_DETECT_PREV_TOKEN);
    return ind_score_diagonal(input, 1, 1, input->length - 1);
}

const struct ind_score ind_score_prev_token = {
    .name = "prev_token",
    .formula = "mean of A[i,i-1], i = 1..T-1",
    .description = "attention to the previous token",
    .order = 10,
    .value = value,
};
