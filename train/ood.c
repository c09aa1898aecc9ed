#include "ood.h"

#include <math.h>
#include <stdlib.h>

#include <induct/base/memory.h>

enum { EVALUATION_SEED = 0 };

static int make_data(struct ind_eval_data *data, const struct ind_recipe *recipe, int period,
                     struct ind_error *err)
{
    const struct ind_config *config = &recipe->model;
    if (ind_eval_data_blank(data, config->context, period, recipe->ood_sequences, err))
        return IND_FAILED;
    ind_task_eval(config->vocab, config->context, EVALUATION_SEED, period, recipe->ood_first,
                  recipe->ood_sequences, data->tokens);
    ind_eval_data_mark(data);
    return IND_OK;
}

int ood_init(struct ood *ood, const struct ind_recipe *recipe, struct ind_error *err)
{
    const struct ind_config *config = &recipe->model;
    *ood = (struct ood){.sequences = recipe->ood_sequences};
    if (recipe->ood_count == 0)
        return IND_OK;
    if (ind_alloc_into(&ood->counts, (size_t)ood->sequences, sizeof *ood->counts, err) ||
        ind_evaluator_init(&ood->evaluator, config, config->context - 1, err))
        return IND_FAILED;
    ood->ready = true;
    for (; ood->count < recipe->ood_count; ood->count++)
        if (make_data(&ood->data[ood->count], recipe, recipe->ood[ood->count], err))
            return IND_FAILED;
    return IND_OK;
}

void ood_release(struct ood *ood)
{
    for (int i = 0; i < ood->count; i++)
        ind_eval_data_release(&ood->data[i]);
    if (ood->ready)
        ind_evaluator_release(&ood->evaluator);
    free(ood->counts);
    *ood = (struct ood){0};
}

static double share_correct(const struct ind_eval_count *counts, int sequences)
{
    long predictions = 0, correct = 0;
    for (int s = 0; s < sequences; s++) {
        predictions += counts[s].predictions;
        correct += counts[s].correct;
    }
    return predictions ? (double)correct / (double)predictions : (double)NAN;
}

void ood_measure(struct ood *ood, const struct ind_params *params, double *accuracy)
{
    for (int i = 0; i < ood->count; i++) {
        ind_evaluate(&ood->evaluator, params, &ood->data[i], NULL, 0, ood->counts);
        accuracy[i] = share_correct(ood->counts, ood->sequences);
    }
}
