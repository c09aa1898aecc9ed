/*
 * induction: mean of A[i,i-n+1] over i = n..2n-1, the second copy.
 *
 * The source is the token that followed the current one last time. Only the second copy counts:
 * from the third on, an induction head may look at any of several earlier copies (prefix_match sums
 * over them). The diagonal as it is widely copied from TransformerLens's demos starts a row
 * earlier, at i = n-1 (--compat tl-demo): there the current token has not occurred before.
 */
#include "score/engine/detect.h"
#include "score/engine/diagonal.h"

static double value(const struct ind_score_input *input)
{
    int n = input->period;
    if (input->compat == IND_COMPAT_TL_DETECT)
        return ind_score_detect(input, IND_DETECT_INDUCTION);
    int first = input->compat == IND_COMPAT_TL_DEMO ? n - 1 : n;
    return ind_score_diagonal(input, n - 1, first, 2 * n - 1);
}

const struct ind_score ind_score_induction = {
    .name = "induction",
    .formula = "mean of A[i,i-n+1], i = n..2n-1",
    .description = "attention to what followed the current token one period earlier",
    .order = 40,
    .value = value,
};
