/*
 * The conflict probe (DEFINITIONS, section 9): sequences in which content and a trained offset
 * disagree, because the period changes half-way.
 *
 * The first half of the context repeats p random tokens, p a trained period; the second half
 * repeats p' others. Once the second block has come round, at inputs i >= context/2 + p', content
 * says what followed the token before, and the rule of the trained offset says x_{i-p+1}. Positions
 * where both say the same are left out. A model that reads gives the first answer, one that counts
 * the second.
 */
#ifndef INDUCT_EVAL_CONFLICT_H
#define INDUCT_EVAL_CONFLICT_H

#include <induct/eval/accuracy.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Owner; shared by threads. */
struct ind_conflict_data {
    int before, after; /* p and p' */
    int sequences, context;
    int32_t *tokens; /* [sequences, context] */
};

/* Are there predictions: context/2 + after <= context - 2 and before <= context/2? */
bool ind_conflict_fits(int context, int before, int after);

/* A function of (seed, before, after, index). ind_conflict_fits must hold. */
IND_CHECKED int ind_conflict_data_init(struct ind_conflict_data *data, int vocab, int context,
                                       uint64_t seed, int before, int after, int sequences,
                                       struct ind_error *err);
void ind_conflict_data_release(struct ind_conflict_data *data);

/* What one sequence gave; the rest of the predictions follow neither. */
struct ind_conflict_count {
    int predictions, content, offset;
};

/* counts [data->sequences] */
void ind_conflict_run(struct ind_evaluator *evaluator, const struct ind_params *params,
                      const struct ind_conflict_data *data, struct ind_conflict_count *counts);

#ifdef __cplusplus
}
#endif
#endif
