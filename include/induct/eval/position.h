/*
 * Loss and accuracy by position: where in the context what a model knows of it begins to show. The
 * difference of the loss late and early in the context is the in-context learning score of Olsson
 * et al. 2022 (In-context Learning and Induction Heads).
 */
#ifndef INDUCT_EVAL_POSITION_H
#define INDUCT_EVAL_POSITION_H

#include <induct/eval/accuracy.h>

#ifdef __cplusplus
extern "C" {
#endif

/* counts [data->context - 1], one an input position, over all sequences of the data; of each but
 * predictions, correct and loss nothing is counted. */
void ind_evaluate_positions(struct ind_evaluator *evaluator, const struct ind_params *params,
                            const struct ind_eval_data *data, struct ind_eval_count *counts);

#ifdef __cplusplus
}
#endif
#endif
