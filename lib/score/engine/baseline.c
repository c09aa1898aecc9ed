/* Chance: a score of the uniform causal pattern. */
#include <math.h>
#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/score/score.h>

int ind_score_baseline(const struct ind_score_choice *choice, int length, int period, int vocab,
                       enum ind_score_compat compat, double *value, struct ind_error *err)
{
    float *pattern;
    *value = (double)NAN;
    if (!choice->score->value)
        return IND_OK;
    if (ind_alloc_into(&pattern, (size_t)length * (size_t)length, sizeof *pattern, err))
        return IND_FAILED;
    for (int i = 0; i < length; i++)
        for (int j = 0; j <= i; j++)
            pattern[(size_t)i * (size_t)length + (size_t)j] = 1.0F / (float)(i + 1);
    const struct ind_score_input input = {.pattern = pattern,
                                          .length = length,
                                          .period = period,
                                          .repeat = vocab > 1 ? 1.0 / (vocab - 1) : 0.0,
                                          .argument = choice->argument,
                                          .compat = compat};
    *value = choice->score->value(&input);
    free(pattern);
    return IND_OK;
}
