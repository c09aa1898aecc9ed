/*
 * Scores of every head while training: the columns that --log-scores adds to metrics.tsv.
 *
 * They are induct-score's, with its defaults (64 sequences of the middle trained period, seed 0):
 * the same numbers, byte for byte, as it prints of the same checkpoint.
 */
#ifndef INDUCT_TRAIN_SCORED_H
#define INDUCT_TRAIN_SCORED_H

#include <induct/recipe/recipe.h>
#include <induct/score/score.h>

/* Owner. */
struct scored {
    bool on;
    int32_t *tokens; /* [sequences, context] */
    double *values;  /* [layers * heads, scores] of the last scored_measure() */
    struct ind_score_choices choices;
    struct ind_scorer scorer;
};

/* Nothing is allocated unless the recipe asks for scores. */
IND_CHECKED int scored_init(struct scored *scored, const struct ind_recipe *recipe,
                            struct ind_error *err);
void scored_release(struct scored *scored);

void scored_measure(struct scored *scored, const struct ind_params *params);

#endif
