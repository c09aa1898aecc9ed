/* The words for what is done to a head. */
#include <induct/patch/ablate.h>

#include <string.h>

static const char *const names[] = {
    [IND_ABLATION_ZERO] = "zero",
    [IND_ABLATION_MEAN] = "mean",
    [IND_ABLATION_RESAMPLE] = "resample",
    [IND_ABLATION_FROZEN] = "frozen",
    [IND_ABLATION_PATTERN_UNIFORM] = "pattern-uniform",
    [IND_ABLATION_PATTERN_PREV] = "pattern-prev",
};
enum { NAMES = sizeof names / sizeof *names };

const char *ind_ablation_mode_name(enum ind_ablation_mode mode)
{
    return (unsigned)mode < NAMES ? names[mode] : NULL;
}

int ind_ablation_mode_parse(const char *word, enum ind_ablation_mode *out, struct ind_error *err)
{
    for (int mode = 0; mode < NAMES; mode++) {
        if (strcmp(word, names[mode]) == 0) {
            *out = (enum ind_ablation_mode)mode;
            return IND_OK;
        }
    }
    return ind_fail(err,
                    "'%s' is no ablation: zero, mean, resample, frozen, pattern-uniform, "
                    "pattern-prev",
                    word);
}

bool ind_ablation_mode_refers(enum ind_ablation_mode mode)
{
    return mode == IND_ABLATION_MEAN || mode == IND_ABLATION_RESAMPLE;
}

unsigned ind_ablation_mode_needs(enum ind_ablation_mode mode)
{
    return (ind_ablation_mode_refers(mode) ? IND_ABLATOR_REFERS : 0U) |
           (mode == IND_ABLATION_FROZEN ? IND_ABLATOR_FREEZES : 0U);
}
