/*
 * From logits to distances: every prediction's probability is summed by class, and KL(p || q) =
 * -H(p) - sum over classes of mass ln q. The predictors' logarithms are taken once a checkpoint,
 * not once a prediction.
 */
#include <induct/eval/strategy.h>

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/math/causal.h>
#include <induct/math/mixture.h>
#include <induct/model/pass.h>

int ind_strategist_init(struct ind_strategist *strategist, const struct ind_config *config,
                        int length, uint32_t class_room, int offsets, struct ind_error *err)
{
    *strategist = (struct ind_strategist){.class_room = class_room, .candidate_room = offsets};
    if (ind_evaluator_init(&strategist->evaluator, config, length, err))
        return IND_FAILED;
    const size_t rows = (size_t)strategist->evaluator.logits_rows;
    if (ind_alloc_into(&strategist->targets, rows, sizeof(int32_t), err) == IND_OK &&
        ind_alloc_into(&strategist->mass, class_room, sizeof(double), err) == IND_OK &&
        ind_alloc_into(&strategist->candidates, (size_t)offsets, sizeof(int32_t), err) == IND_OK)
        return IND_OK;
    ind_strategist_release(strategist);
    return IND_FAILED;
}

void ind_strategist_release(struct ind_strategist *strategist)
{
    ind_evaluator_release(&strategist->evaluator);
    free(strategist->targets);
    free(strategist->mass);
    free(strategist->candidates);
    *strategist = (struct ind_strategist){0};
}

/* ---- One prediction -------------------------------------------------------------------------- */

static bool is_control(const int32_t *controls, int width, int32_t token)
{
    for (int k = 0; k < width && controls[k] >= 0; k++) {
        if (controls[k] == token)
            return true;
    }
    return false;
}

/* Content against the trained offsets, from logits. */
static void contest(struct ind_strategist *strategist, const struct ind_strategy_data *strategy,
                    const int32_t *tokens, int i, const float *logits, const int32_t *controls,
                    struct ind_strategy_count *count)
{
    const int width = strategy->trained.hi - strategy->trained.lo + 1;
    const int candidates =
        ind_margin_candidates(tokens, i, strategy->trained, strategist->candidates);
    if (candidates == 0)
        return;
    const int32_t said = ind_margin_prediction(logits, strategy->vocab);
    count->contested++;
    count->margin += ind_margin(logits, tokens[i + 1], strategist->candidates, candidates);
    count->pseudo += is_control(strategist->candidates, candidates, said);
    count->pseudo_chance += is_control(controls, width, said);
}

/* p [vocab - 1] of tokens 1, 2, ...: adds its entropy and its mass by class. */
static void distribute(struct ind_strategist *strategist, const int32_t *distinct,
                       const uint32_t *classes, const struct ind_strategy_data *strategy,
                       const float *p, struct ind_strategy_count *count)
{
    double rest = 1.0;
    for (int t = 0; t < strategy->distinct_most && distinct[t] >= 0; t++) {
        strategist->mass[classes[1 + t]] += (double)p[distinct[t] - 1];
        rest -= (double)p[distinct[t] - 1];
    }
    strategist->mass[classes[0]] += rest > 0.0 ? rest : 0.0;
    count->entropy += ind_entropy(strategy->vocab - 1, p);
}

/* ---- Sequences ------------------------------------------------------------------------------- */

/* Rows k..k+rows-1 of the predictions of sequence s, whose logits are in place. */
static void take_rows(struct ind_strategist *strategist, const struct ind_strategy_data *strategy,
                      int s, int k, int rows, struct ind_strategy_count *count)
{
    const struct ind_eval_data *data = strategy->data;
    const int32_t *tokens = data->tokens + (size_t)s * data->context;
    const size_t vocab = (size_t)strategy->vocab;
    const size_t first = (size_t)s * (size_t)strategy->predictions + (size_t)k;
    const size_t width = (size_t)(strategy->trained.hi - strategy->trained.lo + 1);
    float *logits = strategist->evaluator.logits;
    for (int r = 0; r < rows; r++) {
        const int i = data->period + k + r;
        contest(strategist, strategy, tokens, i, logits + (size_t)r * vocab,
                strategy->controls + (first + (size_t)r) * width, count);
        strategist->targets[r] = tokens[i + 1] - 1;
    }
    /* softmax less one at the target, over the tokens that occur */
    ind_cross_entropy(rows, strategy->vocab - 1, logits + 1, vocab, strategist->targets, 1.0F,
                      strategist->evaluator.losses, strategist->evaluator.correct);
    for (int r = 0; r < rows; r++) {
        float *p = logits + (size_t)r * vocab + 1;
        p[strategist->targets[r]] = (float)exp(-strategist->evaluator.losses[r]);
        distribute(strategist, strategy->distinct + (size_t)s * strategy->distinct_most,
                   strategy->classes + (first + (size_t)r) * (1 + (size_t)strategy->distinct_most),
                   strategy, p, count);
    }
    count->predictions += rows;
}

static void take_sequence(struct ind_strategist *strategist, const struct ind_params *params,
                          const struct ind_strategy_data *strategy, int s, int row,
                          struct ind_strategy_count *count)
{
    const int most = strategist->evaluator.logits_rows;
    *count = (struct ind_strategy_count){0};
    for (int k = 0; k < strategy->predictions; k += most) {
        const int left = strategy->predictions - k, rows = left < most ? left : most;
        ind_logits(params, &strategist->evaluator.cache, row + strategy->data->period + k, rows,
                   strategist->evaluator.logits);
        take_rows(strategist, strategy, s, k, rows, count);
    }
}

/* ---- All ------------------------------------------------------------------------------------- */

static void take_all(struct ind_strategist *strategist, const struct ind_params *params,
                     const struct ind_strategy_data *strategy, struct ind_strategy_count *counts)
{
    const struct ind_eval_data *data = strategy->data;
    struct ind_cache *cache = &strategist->evaluator.cache;
    struct ind_pass pass = {0};
    while (ind_pass_next(&pass, strategist->evaluator.batch, data->sequences)) {
        cache->batch = pass.count;
        ind_forward(params, data->tokens + (size_t)pass.first * data->context, data->context, NULL,
                    0, cache);
        for (int b = 0; b < cache->batch; b++)
            take_sequence(strategist, params, strategy, pass.first + b, b * cache->length,
                          &counts[pass.first + b]);
    }
}

/* Mean over predictions of KL(model || predictor a). */
static double distance(const struct ind_strategist *strategist,
                       const struct ind_strategy_data *strategy, int a, double entropy,
                       double predictions)
{
    double cross = 0.0;
    for (uint32_t c = 0; c < strategy->class_count; c++)
        cross -= strategist->mass[c] * log(strategy->probabilities[c * IND_PREDICTORS + (size_t)a]);
    return (cross - entropy) / predictions;
}

void ind_strategise(struct ind_strategist *strategist, const struct ind_params *params,
                    const struct ind_strategy_data *strategy, struct ind_strategy *out)
{
    assert(strategy->class_count <= strategist->class_room);
    assert(strategy->trained.hi - strategy->trained.lo < strategist->candidate_room);
    assert(strategist->evaluator.cache.length == strategy->data->context - 1);
    memset(strategist->mass, 0, strategist->class_room * sizeof *strategist->mass);
    take_all(strategist, params, strategy, out->counts);
    double entropy = 0.0, predictions = 0.0;
    for (int s = 0; s < strategy->data->sequences; s++) {
        entropy += out->counts[s].entropy;
        predictions += out->counts[s].predictions;
    }
    for (int a = 0; a < IND_PREDICTORS; a++)
        out->kl[a] = distance(strategist, strategy, a, entropy, predictions);
    const double fitted = ind_mixture_fit(strategy->class_count, IND_PREDICTORS, strategist->mass,
                                          strategy->probabilities, out->weights);
    out->kl_mixture = (-fitted - entropy) / predictions;
}
