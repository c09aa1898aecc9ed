/*
 * duplicate: mean of A[i,i-n] over i = n..T-1.
 *
 * Duplicate-token heads, as in TransformerLens's demos: the same token one period earlier.
 */
#include "score/engine/detect.h"
#include "score/engine/diagonal.h"

static double value(const struct ind_score_input *input)
{
    if (input->compat == IND_COMPAT_TL_DETECT)
        return ind_score_detect(input, IND_DETECT_DUPLICATE);
    return ind_score_diagonal(input, input->period, input->period, input->length - 1);
}

const struct ind_score ind_score_duplicate = {
    .name = "duplicate",
    .formula = "mean of A[i,i-n], i = n..T-1",
    .description = "attention to the current token's copy one period earlier",
    .order = 30,
    .value = value,
};
