/*
 * Accuracy at periods outside training, measured while training (DEFINITIONS, sections 3 and 4).
 *
 * The sequences are a function of (period, index), the same for every epoch and run, so that the
 * columns of metrics.tsv are paired over time and between runs. No evaluation takes them
 * (IND_FIRST_MONITORED), so that an epoch may be chosen by these columns and reported by
 * induct-eval; those of runs begun before that, and of branches of such, are the first of
 * induct-eval --seed 0.
 */
#ifndef INDUCT_TRAIN_OOD_H
#define INDUCT_TRAIN_OOD_H

#include <induct/eval/accuracy.h>
#include <induct/recipe/recipe.h>

/* Owner. */
struct ood {
    struct ind_evaluator evaluator;
    struct ind_eval_data data[IND_OOD_MAX]; /* [count] */
    struct ind_eval_count *counts;          /* [sequences] scratch */
    int count, sequences;
    bool ready;
};

IND_CHECKED int ood_init(struct ood *ood, const struct ind_recipe *recipe, struct ind_error *err);
void ood_release(struct ood *ood);

/* accuracy [ood->count]: the share of correct predictions at input positions i >= period. */
void ood_measure(struct ood *ood, const struct ind_params *params, double *accuracy);

#endif
