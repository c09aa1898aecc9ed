#include "score/engine/detect.h"

#include <stdbool.h>

/* Do positions i and j hold the same token? */
static bool same_token(const struct ind_score_input *input, int i, int j)
{
    return input->tokens ? input->tokens[i] == input->tokens[j] : (i - j) % input->period == 0;
}

static bool in_mask(const struct ind_score_input *input, enum ind_detect_mask mask, int i, int j)
{
    switch (mask) {
    case IND_DETECT_PREV_TOKEN:
        return j == i - 1;
    case IND_DETECT_DUPLICATE:
        return j < i && same_token(input, i, j);
    case IND_DETECT_INDUCTION:
        return j >= 1 && same_token(input, i, j - 1);
    }
    return false;
}

double ind_score_detect(const struct ind_score_input *input, enum ind_detect_mask mask)
{
    double inside = 0.0, all = 0.0;
    for (int i = 0; i < input->length; i++) {
        const float *row = input->pattern + (size_t)i * (size_t)input->length;
        for (int j = 0; j <= i; j++) {
            all += (double)row[j];
            if (in_mask(input, mask, i, j))
                inside += (double)row[j];
        }
    }
    return inside / all;
}
