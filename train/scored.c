#include "scored.h"

#include <stdlib.h>

#include <induct/base/memory.h>

enum { SEQUENCES = 64, EVALUATION_SEED = 0 };

/* Runs begun by versions that rounded it up keep theirs; they are known by the other sequences that
 * they were measured on. */
static int middle_period(const struct ind_recipe *recipe)
{
    return recipe->ood_first == 0 ? (recipe->period_lo + recipe->period_hi + 1) / 2
                                  : ind_recipe_middle_period(recipe);
}

int scored_init(struct scored *scored, const struct ind_recipe *recipe, struct ind_error *err)
{
    const struct ind_config *config = &recipe->model;
    const int period = middle_period(recipe);
    const size_t heads = (size_t)config->layers * (size_t)config->heads;
    *scored = (struct scored){0};
    if (recipe->log_scores[0] == '\0')
        return IND_OK;
    if (ind_score_choices_init(&scored->choices, recipe->log_scores, err) ||
        ind_alloc_into(&scored->tokens, SEQUENCES * (size_t)config->context, sizeof *scored->tokens,
                       err) ||
        ind_alloc_into(&scored->values, heads * (size_t)scored->choices.count,
                       sizeof *scored->values, err))
        return IND_FAILED;
    ind_task_eval(config->vocab, config->context, EVALUATION_SEED, period, 0, SEQUENCES,
                  scored->tokens);
    if (ind_scorer_init(&scored->scorer, config, scored->tokens, SEQUENCES, period, IND_COMPAT_NONE,
                        err))
        return IND_FAILED;
    scored->on = true;
    return IND_OK;
}

void scored_release(struct scored *scored)
{
    if (scored->on)
        ind_scorer_release(&scored->scorer);
    ind_score_choices_release(&scored->choices);
    free(scored->tokens);
    free(scored->values);
    *scored = (struct scored){0};
}

void scored_measure(struct scored *scored, const struct ind_params *params)
{
    if (scored->on)
        ind_scorer_run(&scored->scorer, params, &scored->choices, scored->values);
}
