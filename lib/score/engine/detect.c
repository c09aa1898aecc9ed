#include "score/engine/detect.h"

/* How likely positions i and j hold the same token: 0 or 1 where the tokens are known. */
static double same_token(const struct ind_score_input *input, int i, int j)
{
    if (input->tokens)
        return input->tokens[i] == input->tokens[j];
    return (i - j) % input->period == 0 ? 1.0 : input->repeat;
}

static double mask_at(const struct ind_score_input *input, enum ind_detect_mask mask, int i, int j)
{
    switch (mask) {
    case IND_DETECT_PREV_TOKEN:
        return j == i - 1;
    case IND_DETECT_DUPLICATE:
        return j < i ? same_token(input, i, j) : 0.0;
    case IND_DETECT_INDUCTION:
        return j >= 1 ? same_token(input, i, j - 1) : 0.0;
    }
    return 0.0;
}

double ind_score_detect(const struct ind_score_input *input, enum ind_detect_mask mask)
{
    double inside = 0.0, all = 0.0;
    for (int i = 0; i < input->length; i++) {
        const float *row = input->pattern + (size_t)i * (size_t)input->length;
        for (int j = 0; j <= i; j++) {
            all += (double)row[j];
            inside += mask_at(input, mask, i, j) * (double)row[j];
        }
    }
    return inside / all;
}
