/*
 * ind_evaluate() by several threads: for one model on many sequences, where there are threads that
 * have no model of their own. The passes are those of one thread, shared out, and every sequence has
 * counts of its own: the numbers are the same bit for bit.
 */
#ifndef INDUCT_EVAL_TOGETHER_H
#define INDUCT_EVAL_TOGETHER_H

#include <induct/base/team.h>
#include <induct/eval/accuracy.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the other threads evaluate with. Owner; used by one thread at a time. */
struct ind_evaluators {
    int threads; /* the caller's own included: as many as were asked for that find a pass to do */
    struct ind_evaluator *others; /* [threads - 1] */
    struct ind_team team;
};

IND_CHECKED int ind_evaluators_init(struct ind_evaluators *evaluators, int threads,
                                    const struct ind_config *config, int length, int sequences,
                                    struct ind_error *err);
void ind_evaluators_release(struct ind_evaluators *evaluators);

/* counts [data->sequences], as of ind_evaluate without patches; `own` is the caller's evaluator. */
void ind_evaluate_together(struct ind_evaluators *evaluators, struct ind_evaluator *own,
                           const struct ind_params *params, const struct ind_eval_data *data,
                           struct ind_eval_count *counts);

#ifdef __cplusplus
}
#endif
#endif
