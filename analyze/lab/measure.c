/* One checkpoint measured: every number by the library's own evaluators. */
#include "plan.h"

#include <math.h>
#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/patch/split.h>
#include <induct/score/pattern.h>

/* Sequences of one pass of the split, and how many it rests on: its means are over thousands of
 * pairs each. */
enum { SPLIT_BATCH = 8, SPLIT_SEQUENCES = 8 };

struct meter {
    const struct plan *plan;
    struct ind_params params;
    struct ind_arms arms; /* evaluator, counts, bootstrap sums */
    struct ind_scorer scorer;
    struct ind_pattern_mean many, one;
    double *scores;   /* [heads, scores] */
    double *patterns; /* [heads, length, length] */
    struct ind_cache cache;
    struct ind_splitter splitter;
    struct ind_split_offsets offsets;
};

static int split_sequences(const struct plan *plan)
{
    return plan->sequences < SPLIT_SEQUENCES ? plan->sequences : SPLIT_SEQUENCES;
}

static int open_split(struct meter *meter, struct ind_error *err)
{
    const struct plan *plan = meter->plan;
    const struct ind_config *config = &plan->layout.config;
    const int length = config->context - 1;
    const int batch = split_sequences(plan) < SPLIT_BATCH ? split_sequences(plan) : SPLIT_BATCH;
    if (plan->split.count == 0)
        return IND_OK;
    return ind_cache_init(&meter->cache, config, batch, length, 0, err) ||
                   ind_splitter_init(&meter->splitter, config, batch, length, err) ||
                   ind_split_offsets_init(&meter->offsets, &plan->split, length,
                                          plan->recipe.period_lo - 1, plan->recipe.period_hi - 1,
                                          err)
               ? IND_FAILED
               : IND_OK;
}

static int open_parts(struct meter *meter, struct ind_error *err)
{
    const struct plan *plan = meter->plan;
    const struct ind_config *config = &plan->layout.config;
    const size_t heads = (size_t)plan->heads.count, length = (size_t)plan->length;
    return ind_params_init(&meter->params, &plan->layout, err) ||
                   ind_arms_init(&meter->arms, &plan->data, config, err) ||
                   ind_scorer_init(&meter->scorer, config, plan->tokens, plan->sequences,
                                   plan->period, IND_COMPAT_NONE, err) ||
                   ind_pattern_mean_init(&meter->many, config, plan->tokens, plan->sequences,
                                         config->context, plan->length, err) ||
                   ind_pattern_mean_init(&meter->one, config, plan->sample, 1, config->context,
                                         plan->length, err) ||
                   ind_alloc_into(&meter->scores, heads * (size_t)plan->scores.count,
                                  sizeof(double), err) ||
                   ind_alloc_into(&meter->patterns, heads * length * length, sizeof(double), err) ||
                   open_split(meter, err)
               ? IND_FAILED
               : IND_OK;
}

int meter_open(struct meter **out, const struct plan *plan, struct ind_error *err)
{
    *out = NULL;
    if (ind_alloc_into(out, 1, sizeof **out, err) != IND_OK)
        return IND_FAILED;
    (*out)->plan = plan;
    if (open_parts(*out, err) == IND_OK)
        return IND_OK;
    meter_close(*out);
    *out = NULL;
    return IND_FAILED;
}

void meter_close(struct meter *meter)
{
    if (!meter)
        return;
    ind_params_release(&meter->params);
    ind_arms_release(&meter->arms);
    ind_scorer_release(&meter->scorer);
    ind_pattern_mean_release(&meter->many);
    ind_pattern_mean_release(&meter->one);
    ind_cache_release(&meter->cache);
    ind_splitter_release(&meter->splitter);
    ind_split_offsets_release(&meter->offsets);
    free(meter->scores);
    free(meter->patterns);
    free(meter);
}

/* ---- Scalars --------------------------------------------------------------------------------- */

static float *put_accuracies(struct meter *meter, float *out)
{
    const struct ind_sample *data = &meter->plan->data;
    struct ind_arms *arms = &meter->arms;
    for (int p = 0; p < data->count; p++) {
        struct ind_accuracy accuracy;
        ind_evaluate(&arms->evaluator, &meter->params, &data->data[p], NULL, 0, arms->clean);
        ind_arms_summarise(arms, arms->clean, &accuracy);
        *out++ = (float)accuracy.accuracy.value;
        *out++ = (float)accuracy.accuracy.lo;
        *out++ = (float)accuracy.accuracy.hi;
        *out++ = (float)accuracy.loss.value;
    }
    return out;
}

static void add_split(struct meter *meter)
{
    const struct plan *plan = meter->plan;
    const size_t context = (size_t)plan->layout.config.context;
    ind_split_offsets_clear(&meter->offsets);
    for (int first = 0; first + meter->cache.batch <= split_sequences(plan);
         first += meter->cache.batch) {
        ind_forward(&meter->params, plan->tokens + (size_t)first * context, (int)context, NULL, 0,
                    &meter->cache);
        ind_split_offsets_add(&meter->offsets, &meter->splitter, &meter->params, &meter->cache);
    }
}

static void put_scores(struct meter *meter, float *out)
{
    const struct plan *plan = meter->plan;
    const int scores = plan->scores.count, before = plan->heads.count - plan->split.count;
    ind_scorer_run(&meter->scorer, &meter->params, &plan->scores, meter->scores);
    if (plan->split.count > 0)
        add_split(meter);
    for (int h = 0; h < plan->heads.count; h++) {
        for (int s = 0; s < scores; s++)
            *out++ = (float)meter->scores[h * scores + s];
        *out++ = plan->split.count == 0 || h < before
                     ? NAN
                     : (float)ind_split_offsets_bump(&meter->offsets, h - before).bump;
    }
}

/* ---- Patterns -------------------------------------------------------------------------------- */

static void put_map(const struct plan *plan, const double *patterns, double levels, uint8_t *out)
{
    const int length = plan->length;
    for (int h = 0; h < plan->heads.count; h++)
        for (int i = 0; i < length; i++) {
            const double *row =
                patterns + ((size_t)h * (size_t)length + (size_t)i) * (size_t)length;
            for (int j = 0; j <= i; j++)
                *out++ = (uint8_t)lrint(levels * row[j]);
        }
}

static void put_profile(const struct plan *plan, const double *patterns, uint16_t *out)
{
    const size_t length = (size_t)plan->length;
    for (size_t h = 0; h < (size_t)plan->heads.count; h++, patterns += length * length)
        for (size_t o = 0; o < length; o++) {
            double sum = 0;
            for (size_t i = o; i < length; i++)
                sum += patterns[i * length + i - o];
            *out++ = half_from_float((float)(sum / (double)(length - o)));
        }
}

int meter_measure(struct meter *meter, long epoch, struct record *record, struct ind_error *err)
{
    const struct plan *plan = meter->plan;
    if (plan_read(plan, epoch, &meter->params, err) != IND_OK)
        return IND_FAILED;
    put_scores(meter, put_accuracies(meter, record->scalars));
    ind_pattern_mean_run(&meter->one, &meter->params, &plan->heads, meter->patterns);
    put_map(plan, meter->patterns, SAMPLE_LEVELS, record->sample);
    ind_pattern_mean_run(&meter->many, &meter->params, &plan->heads, meter->patterns);
    put_map(plan, meter->patterns, MEAN_LEVELS, record->mean);
    put_profile(plan, meter->patterns, record->profile);
    return IND_OK;
}
