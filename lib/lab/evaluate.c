/* Many sequences: what the model gets right under the interventions. */
#include "lab/work.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

static int prepare(struct ind_lab *lab, int length)
{
    const struct ind_config *c = &lab->layout.config;
    if (lab->evaluator.logits == NULL &&
        ind_evaluator_init(&lab->evaluator, c, length, &lab->error))
        return IND_FAILED;
    return ind_lab_stage_prepare(lab, &lab->many, lab->evaluator.batch, length, 0);
}

static int count(struct ind_lab *lab, int set, const struct ind_params *params,
                 const struct ind_eval_data *data, struct ind_eval_count *counts)
{
    struct ind_lab_stage *stage = &lab->many;
    for (int first = 0; first < data->sequences; first += stage->batch) {
        const int left = data->sequences - first;
        stage->cache.batch = left < stage->batch ? left : stage->batch;
        if (ind_lab_stage_run(lab, stage, set, params, data->tokens + (size_t)first * data->context,
                              data->context))
            return IND_FAILED;
        ind_evaluate_cache(&lab->evaluator, params, &stage->cache, data, first, counts + first);
    }
    return IND_OK;
}

static void sum_up(const struct ind_eval_count *counts, int sequences, double *out)
{
    double predictions = 0.0, correct = 0.0, loss = 0.0;
    for (int s = 0; s < sequences; s++) {
        predictions += counts[s].predictions;
        correct += counts[s].correct;
        loss += counts[s].loss;
    }
    out[IND_LAB_PREDICTIONS] = predictions;
    out[IND_LAB_ACCURACY] = correct / predictions; /* 0 / 0 is NaN */
    out[IND_LAB_LOSS] = loss / predictions;
}

int ind_lab_evaluate(struct ind_lab *lab, int set, const int32_t *tokens, int sequences, int period,
                     double *out)
{
    const int context = lab->layout.config.context;
    const struct ind_params *params = ind_lab_effective(lab, set, &lab->many_grafted);
    struct ind_eval_data data;
    struct ind_eval_count *counts = NULL;
    if (params == NULL || prepare(lab, context - 1) ||
        ind_eval_data_blank(&data, context, period, sequences, &lab->error))
        return IND_FAILED;
    const size_t size = (size_t)sequences * (size_t)context;
    int status = ind_lab_has_tokens(lab, tokens, size) ? IND_OK : IND_FAILED;
    if (status == IND_OK)
        status = ind_alloc_into(&counts, (size_t)sequences, sizeof *counts, &lab->error);
    if (status == IND_OK) {
        memcpy(data.tokens, tokens, size * sizeof *tokens);
        ind_eval_data_mark(&data);
        status = count(lab, set, params, &data, counts);
    }
    if (status == IND_OK)
        sum_up(counts, sequences, out);
    free(counts);
    ind_eval_data_release(&data);
    return status;
}
