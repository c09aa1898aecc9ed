/*
 * The logit lens (nostalgebraist 2020; DEFINITIONS, section 9): what the model would predict if it
 * ended after layer l, unembed(norm(residual[l])), l = 0 (the embedding) to layers (the model
 * itself).
 */
#ifndef INDUCT_EVAL_LENS_H
#define INDUCT_EVAL_LENS_H

#include <induct/eval/accuracy.h>

#ifdef __cplusplus
extern "C" {
#endif

/* counts [layers + 1, data->sequences]; those of the last layer are what ind_evaluate gives. */
void ind_lens(struct ind_evaluator *evaluator, const struct ind_params *params,
              const struct ind_eval_data *data, struct ind_eval_count *counts);

#ifdef __cplusplus
}
#endif
#endif
