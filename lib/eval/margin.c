/* What a rule of trained offsets would answer, and how far the model is from it. */
#include <induct/eval/margin.h>

#include <math.h>
#include <stdbool.h>

static bool is_among(const int32_t *tokens, int count, int32_t token)
{
    for (int i = 0; i < count; i++) {
        if (tokens[i] == token)
            return true;
    }
    return false;
}

int ind_margin_candidates(const int32_t *tokens, int i, struct ind_trained trained, int32_t *out)
{
    int count = 0;
    for (int n = trained.lo; n <= trained.hi && i - n + 1 >= 0; n++) {
        const int32_t token = tokens[i - n + 1];
        if (token != tokens[i + 1] && !is_among(out, count, token))
            out[count++] = token;
    }
    return count;
}

double ind_margin(const float *logits, int32_t right, const int32_t *candidates, int count)
{
    if (count == 0)
        return (double)NAN;
    float best = logits[candidates[0]];
    for (int o = 1; o < count; o++)
        best = logits[candidates[o]] > best ? logits[candidates[o]] : best;
    return (double)logits[right] - (double)best;
}

int32_t ind_margin_prediction(const float *logits, int vocab)
{
    int32_t best = 1;
    for (int32_t token = 2; token < vocab; token++) {
        if (logits[token] > logits[best])
            best = token;
    }
    return best;
}
