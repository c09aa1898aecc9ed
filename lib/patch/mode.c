/* The words for what is done to a head, and the sequences that some of it refers to. */
#include <induct/patch/ablate.h>

#include <string.h>

#include <induct/data/task.h>

/* Evaluation sequences are numbered from 0, and no program measures on so many. */
enum { FIRST_REFERENCE = 1 << 24 };

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

void ind_ablation_reference(int vocab, int context, uint64_t seed, int period, int sequences,
                            int32_t *tokens)
{
    ind_task_eval(vocab, context, seed, period, FIRST_REFERENCE, sequences, tokens);
}
