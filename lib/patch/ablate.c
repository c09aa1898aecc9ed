/*
 * Ablation arm by arm. An arm enters after attention in the layer of its first head: everything
 * before is the clean run's.
 */
#include <induct/patch/ablate.h>

#include <assert.h>

#include "patch/work.h"

/* What is needed of the reference sequences: the last layer whose z an arm of this mode takes, -1
 * if there is none. */
static int last_layer(const struct ind_ablation *arms, int count, enum ind_ablation_mode mode)
{
    int last = -1;
    for (int a = 0; a < count; a++) {
        for (int h = 0; h < arms[a].count && arms[a].mode == mode; h++)
            last = arms[a].heads[h].layer > last ? arms[a].heads[h].layer : last;
    }
    return last;
}

/* Replaces the arm's heads of one layer, the first of which is heads[next]; returns the index of
 * the first of a later layer. */
static int replace_layer(struct ind_ablator *ablator, const struct ind_ablation *arm, int layer,
                         int next, const struct ind_cache *values)
{
    while (next < arm->count && arm->heads[next].layer == layer)
        ind_ablator_replace(ablator, arm->mode, arm->heads[next++], values);
    return next;
}

static void run_arm(struct ind_ablator *ablator, const struct ind_params *params,
                    const struct ind_ablation *arm)
{
    const int layers = ablator->arm.config.layers;
    const int entry = arm->count > 0 ? arm->heads[0].layer : layers;
    int next = 0;
    ind_ablator_enter(ablator, entry);
    for (int layer = entry; layer < layers; layer++) {
        if (layer > entry)
            ind_ablator_attend(ablator, params, arm->mode, layer);
        next = replace_layer(ablator, arm, layer, next,
                             layer > entry ? &ablator->arm : &ablator->evaluator.cache);
        ind_forward_output(params, layer, &ablator->arm);
    }
    assert(next == arm->count);
}

void ind_ablate(struct ind_ablator *ablator, const struct ind_params *params,
                const struct ind_eval_data *data, const int32_t *reference,
                const struct ind_ablation *arms, int arm_count, struct ind_eval_count *clean,
                struct ind_eval_count *counts)
{
    const int mean_last = last_layer(arms, arm_count, IND_ABLATION_MEAN);
    const int donor_last = last_layer(arms, arm_count, IND_ABLATION_RESAMPLE);
    assert((mean_last < 0 && donor_last < 0) ||
           ((ablator->needs & IND_ABLATOR_REFERS) && reference != NULL));
    if (mean_last >= 0)
        ind_ablator_average(ablator, params, data, reference, mean_last);
    struct ind_pass pass = {0};
    while (ind_pass_next(&pass, ablator->evaluator.batch, data->sequences)) {
        const int first = pass.first;
        ind_ablator_begin(ablator, params, data, &pass, donor_last >= 0 ? reference : NULL,
                          donor_last);
        ind_evaluate_cache(&ablator->evaluator, params, &ablator->evaluator.cache, data, first,
                           clean + first);
        for (int a = 0; a < arm_count; a++) {
            run_arm(ablator, params, &arms[a]);
            ind_ablator_count(ablator, params, data, first,
                              counts + (size_t)a * data->sequences + first);
        }
    }
}
