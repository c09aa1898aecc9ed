/* Many sequences: what the model gets right under the interventions, and where its heads look. */
#include "lab/work.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/eval/margin.h>
#include <induct/model/pass.h>

/* ---- Passes ---------------------------------------------------------------------------------- */

/* What is done with the sequences first..first+cache->batch-1 once they have been run. */
typedef void consumer(void *context, const struct ind_cache *cache, int first);

/* All sequences of the data through the stage, a few at a time. */
static int pass_all(struct ind_lab *lab, int set, const struct ind_params *params,
                    const struct ind_eval_data *data, consumer *consume, void *context)
{
    struct ind_lab_stage *stage = &lab->many;
    if (lab->evaluator.logits == NULL &&
        ind_evaluator_init(&lab->evaluator, &lab->layout.config, data->context - 1, &lab->error))
        return IND_FAILED;
    if (ind_lab_stage_prepare(lab, stage, lab->evaluator.batch, data->context - 1, 0))
        return IND_FAILED;
    struct ind_pass pass = {0};
    while (ind_pass_next(&pass, stage->batch, data->sequences)) {
        stage->cache.batch = pass.count;
        if (ind_lab_stage_run(lab, stage, set, params,
                              data->tokens + (size_t)pass.first * data->context, data->context))
            return IND_FAILED;
        consume(context, &stage->cache, pass.first);
    }
    return IND_OK;
}

/* The page's tokens as evaluation data. Owner. */
static int copy_data(struct ind_lab *lab, const int32_t *tokens, int sequences, int period,
                     struct ind_eval_data *data)
{
    const int context = lab->layout.config.context;
    if (ind_eval_data_blank(data, context, period, sequences, &lab->error))
        return IND_FAILED;
    if (!ind_lab_has_tokens(lab, tokens, (size_t)sequences * (size_t)context)) {
        ind_eval_data_release(data);
        return IND_FAILED;
    }
    memcpy(data->tokens, tokens, (size_t)sequences * (size_t)context * sizeof *tokens);
    ind_eval_data_mark(data);
    return IND_OK;
}

/* ---- Accuracy and margin --------------------------------------------------------------------- */

struct evaluation {
    struct ind_evaluator *evaluator;
    const struct ind_params *params;
    const struct ind_eval_data *data;
    struct ind_trained trained;    /* lo 0: not asked for */
    struct ind_eval_count *counts; /* [sequences] */
    int32_t *candidates;           /* [hi - lo + 1] */
    double margins;                /* sum */
    long with_candidates, pseudo;
};

static void add_margin(struct evaluation *e, const int32_t *tokens, int i, const float *logits)
{
    const int vocab = e->evaluator->cache.config.vocab;
    const int count = ind_margin_candidates(tokens, i, e->trained, e->candidates);
    if (count == 0)
        return;
    const int32_t prediction = ind_margin_prediction(logits, vocab);
    e->margins += ind_margin(logits, tokens[i + 1], e->candidates, count);
    e->with_candidates++;
    for (int o = 0; o < count; o++)
        e->pseudo += e->candidates[o] == prediction;
}

static void add_margins(struct evaluation *e, const struct ind_cache *cache, int first)
{
    const int length = cache->length, most = e->evaluator->logits_rows;
    const size_t vocab = (size_t)cache->config.vocab;
    for (int b = 0; b < cache->batch; b++) {
        const int32_t *tokens = e->data->tokens + (size_t)(first + b) * e->data->context;
        for (int i = e->data->period; i < length; i += most) {
            const int rows = length - i < most ? length - i : most;
            ind_logits(e->params, cache, b * length + i, rows, e->evaluator->logits);
            for (int r = 0; r < rows; r++)
                add_margin(e, tokens, i + r, e->evaluator->logits + (size_t)r * vocab);
        }
    }
}

static void count_pass(void *context, const struct ind_cache *cache, int first)
{
    struct evaluation *e = context;
    ind_evaluate_cache(e->evaluator, e->params, cache, e->data, first, e->counts + first);
    if (e->trained.lo > 0)
        add_margins(e, cache, first);
}

static void sum_up(const struct evaluation *e, double *out)
{
    double predictions = 0.0, correct = 0.0, loss = 0.0;
    for (int s = 0; s < e->data->sequences; s++) {
        predictions += e->counts[s].predictions;
        correct += e->counts[s].correct;
        loss += e->counts[s].loss;
    }
    out[IND_LAB_PREDICTIONS] = predictions;
    out[IND_LAB_ACCURACY] = correct / predictions; /* 0 / 0 is NaN */
    out[IND_LAB_LOSS] = loss / predictions;
    out[IND_LAB_MARGIN] = e->margins / (double)e->with_candidates;
    out[IND_LAB_PSEUDO] = (double)e->pseudo / (double)e->with_candidates;
    out[IND_LAB_CANDIDATES] = (double)e->with_candidates;
}

int ind_lab_evaluate(struct ind_lab *lab, int set, const int32_t *tokens, int sequences, int period,
                     int trained_lo, int trained_hi, double *out)
{
    const struct ind_params *params = ind_lab_effective(lab, set, &lab->many_grafted);
    struct ind_eval_data data;
    if (trained_lo < 0 || trained_hi < trained_lo || (trained_lo == 0 && trained_hi > 0))
        return ind_fail(&lab->error, "trained periods %d to %d", trained_lo, trained_hi);
    if (params == NULL || copy_data(lab, tokens, sequences, period, &data))
        return IND_FAILED;
    struct evaluation e = {.evaluator = &lab->evaluator,
                           .params = params,
                           .data = &data,
                           .trained = {trained_lo, trained_hi}};
    int status = IND_FAILED;
    if (ind_alloc_into(&e.counts, (size_t)sequences, sizeof *e.counts, &lab->error) == IND_OK &&
        ind_alloc_into(&e.candidates, (size_t)(trained_hi - trained_lo + 1), sizeof *e.candidates,
                       &lab->error) == IND_OK)
        status = pass_all(lab, set, params, &data, count_pass, &e);
    if (status == IND_OK)
        sum_up(&e, out);
    free(e.counts);
    free(e.candidates);
    ind_eval_data_release(&data);
    return status;
}

/* ---- Mean patterns --------------------------------------------------------------------------- */

static void add_patterns(void *context, const struct ind_cache *cache, int first)
{
    double *sums = context;
    const size_t square = (size_t)cache->length * (size_t)cache->length;
    const size_t layer_size = (size_t)cache->config.heads * square;
    (void)first;
    for (int layer = 0; layer < cache->config.layers; layer++, sums += layer_size) {
        const float *patterns = cache->layers[layer].pattern;
        for (int b = 0; b < cache->batch; b++, patterns += layer_size) {
            for (size_t e = 0; e < layer_size; e++)
                sums[e] += (double)patterns[e];
        }
    }
}

int ind_lab_mean_patterns(struct ind_lab *lab, int set, const int32_t *tokens, int sequences,
                          float *out)
{
    const struct ind_config *c = &lab->layout.config;
    const struct ind_params *params = ind_lab_effective(lab, set, &lab->many_grafted);
    const size_t square = (size_t)(c->context - 1) * (size_t)(c->context - 1);
    const size_t count = (size_t)c->layers * (size_t)c->heads * square;
    struct ind_eval_data data;
    double *sums;
    if (params == NULL || copy_data(lab, tokens, sequences, c->context, &data))
        return IND_FAILED;
    int status = ind_alloc_into(&sums, count, sizeof *sums, &lab->error);
    if (status == IND_OK) {
        status = pass_all(lab, set, params, &data, add_patterns, sums);
        for (size_t e = 0; e < count && status == IND_OK; e++)
            out[e] = (float)(sums[e] / sequences);
        free(sums);
    }
    ind_eval_data_release(&data);
    return status;
}
