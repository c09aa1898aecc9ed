/*
 * Ablation of sets of heads (DEFINITIONS, section 7): the model's counts of right predictions and
 * its loss when some heads no longer say what they said.
 *
 *   z_h [i] = sum_j pattern_h [i,j] v_h [j]     what a head says, before W_O
 *
 *   zero             z := 0
 *   mean             z := mean of z over reference sequences, position by position
 *   resample         z := z on another sequence, the reference sequence of the same number
 *   frozen           z := 0, and every head of a later layer keeps the pattern that it had in the
 *                    clean run: the direct effect, which does not go through patterns
 *   pattern-uniform  pattern[i,j] := 1/(i+1) for j <= i; values are what they are
 *   pattern-prev     pattern[i,i-1] := 1, pattern[0,0] := 1
 *
 * The values of a reference sequence are those of the clean model on it. In a set that spans
 * layers, later heads of the set are replaced too, whatever the earlier ones have changed before
 * them. The total effect (zero) is the direct one (frozen) and the indirect one, through the
 * patterns of later heads (`mediated` in induct-ablate): what `zero` differs by from `frozen`.
 *
 * What arms share is done once: the clean run of a batch, and in each arm everything before the
 * first ablated layer's output, attention in that layer included. A row's logits are made only if
 * it counts.
 */
#ifndef INDUCT_PATCH_ABLATE_H
#define INDUCT_PATCH_ABLATE_H

#include <stdbool.h>
#include <stdint.h>

#include <induct/base/error.h>
#include <induct/eval/accuracy.h>
#include <induct/model/heads.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ind_ablation_mode {
    IND_ABLATION_ZERO,
    IND_ABLATION_MEAN,
    IND_ABLATION_RESAMPLE,
    IND_ABLATION_FROZEN,
    IND_ABLATION_PATTERN_UNIFORM,
    IND_ABLATION_PATTERN_PREV
};

/* "zero", "pattern-prev", ...; NULL for a number that is no mode, which ends a loop over all. */
const char *ind_ablation_mode_name(enum ind_ablation_mode mode);
IND_CHECKED int ind_ablation_mode_parse(const char *word, enum ind_ablation_mode *out,
                                        struct ind_error *err);

/* Does this mode take its values from reference sequences? */
bool ind_ablation_mode_refers(enum ind_ablation_mode mode);

/* What an ablator is made for, as a set: reference sequences, the patterns of the clean run. */
enum { IND_ABLATOR_REFERS = 1, IND_ABLATOR_FREEZES = 2 };
unsigned ind_ablation_mode_needs(enum ind_ablation_mode mode);

/* One arm of a comparison; plain data, nothing to free. */
struct ind_ablation {
    const struct ind_head *heads; /* [count], of the model, in layer-then-head order */
    int count;                    /* 0: the clean model */
    enum ind_ablation_mode mode;
};

/* How many reference sequences a mean should rest on: their sampling noise is a perturbation of its
 * own, which over 64 of them makes the damage look a fifth larger than over 1,024. */
enum { IND_ABLATION_REFERENCES = 1024 };

/* Reference sequences of `period`, tokens [sequences, context]: evaluation sequences from number
 * 2^24 on, which no figure is measured on. A function of (seed, period, index). */
void ind_ablation_reference(int vocab, int context, uint64_t seed, int period, int sequences,
                            int32_t *tokens);

/* One a thread; owner. */
struct ind_ablator {
    struct ind_evaluator evaluator; /* its cache holds the clean run of a batch */
    struct ind_cache arm;           /* the ablated run */
    struct ind_cache donors;        /* the clean run on reference sequences; only if needed */
    unsigned needs;
    int references; /* sequences that means are over; 0 (after init) = as many as are measured */
    float *means;   /* [layers, length, heads, d_head] over the reference sequences */
    double *sums;   /* the same shape */
    float *uniform, *previous; /* [length, length] patterns */
    struct ind_patch
        *frozen; /* [layers * heads]: every head's pattern in the clean run; NULL if not
                                  needed */
};

/* `length`: inputs of a sequence. `needs`: of all modes to come (ind_ablation_mode_needs). */
IND_CHECKED int ind_ablator_init(struct ind_ablator *ablator, const struct ind_config *config,
                                 int length, unsigned needs, struct ind_error *err);
void ind_ablator_release(struct ind_ablator *ablator);

/*
 * Counts of every sequence, clean and in each arm:
 *
 *   clean [data->sequences], counts [arm_count, data->sequences]
 *   reference [references, data->context], at least data->sequences of them: from
 *   ind_ablation_reference; may be NULL if no arm refers to it
 *
 * An arm's counts are bit for bit what a whole forward pass with the same values patched in gives.
 */
void ind_ablate(struct ind_ablator *ablator, const struct ind_params *params,
                const struct ind_eval_data *data, const int32_t *reference,
                const struct ind_ablation *arms, int arm_count, struct ind_eval_count *clean,
                struct ind_eval_count *counts);

#ifdef __cplusplus
}
#endif
#endif
