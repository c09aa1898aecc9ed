/*
 * Accuracy at periods outside training, measured while training (DEFINITIONS, sections 3 and 4).
 *
 * The sequences are those of evaluation seed 0: a function of (period, index), the same for every
 * epoch, run and program, so that the columns of metrics.tsv are paired over time and agree with
 * induct-eval --seed 0 on as many sequences.
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
