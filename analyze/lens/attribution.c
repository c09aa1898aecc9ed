/* --attribution: what each component adds to the logit of the right answer. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/eval/attribution.h>
#include <induct/model/pass.h>

#include "parts.h"

struct attributing {
    struct ind_evaluator evaluator;
    struct ind_attribution attribution;
    int components;
    double *parts;  /* [components] at one row */
    double *sums;   /* [sequences, components + 1], the model's own last */
    double largest; /* of the model's logits, in size */
    double remainder;
    struct ind_resampled resampled;
};

static int start_attributing(void *memory, const struct ind_study *study, struct ind_error *err)
{
    struct attributing *worker = memory;
    const struct ind_sample *sample = &study->sample;
    worker->components = ind_attribution_count(study->config);
    const size_t columns = (size_t)worker->components + 1;
    if (ind_evaluator_init(&worker->evaluator, study->config, study->config->context - 1, err) ||
        ind_attribution_init(&worker->attribution, study->config, err) ||
        ind_alloc_into(&worker->parts, columns, sizeof(double), err) ||
        ind_alloc_into(&worker->sums, (size_t)sample->sequences * columns, sizeof(double), err))
        return IND_FAILED;
    return sample->resamples == 0 ? IND_OK
                                  : ind_resampled_init(&worker->resampled, &sample->bootstrap,
                                                       worker->components + 2, err);
}

static void end_attributing(void *memory)
{
    struct attributing *worker = memory;
    ind_evaluator_release(&worker->evaluator);
    ind_attribution_release(&worker->attribution);
    ind_resampled_release(&worker->resampled);
    free(worker->parts);
    free(worker->sums);
}

struct component_row {
    long epoch;
    int period;
    char component[16];
    struct ind_estimate logit;
    double share, remainder;
    long predictions;
};

static const struct ind_field component_fields[] = {
    IND_FIELD(struct component_row, epoch, "optimizer steps"),
    IND_FIELD(struct component_row, period, "of the sequences"),
    IND_FIELD(struct component_row, component,
              "token, position, L0H0, ..., bias (all that does not depend on the input), or model"),
    IND_FIELD(struct component_row, logit,
              "what it adds to the logit of the token that comes next, over what it adds to the "
              "mean logit, mean over predictions at inputs i >= period; with its 95 % interval: "
              "bootstrap over sequences. 0 is chance"),
    IND_FIELD(struct component_row, share, "the same over the model's"),
    IND_FIELD_DIGITS("remainder", struct component_row, remainder, 2,
                     "largest difference of the sum of all components from the model's, of any "
                     "prediction, over the largest of the model's"),
    IND_FIELD(struct component_row, predictions, "how many there are"),
    {0}};

/* The model's own: logit(token) less the mean logit, from the row of logits. */
static double centred(const float *logits, int vocab, int32_t token)
{
    double mean = 0.0;
    for (int v = 0; v < vocab; v++)
        mean += (double)logits[v];
    return (double)logits[token] - mean / vocab;
}

static void attribute_row(struct attributing *worker, const struct ind_params *params,
                          const int32_t *tokens, int row, int i, const float *logits, double *sums)
{
    const struct ind_cache *cache = &worker->evaluator.cache;
    const double model = centred(logits, cache->config.vocab, tokens[i + 1]);
    ind_attribution_aim(&worker->attribution, params, cache, row, tokens[i + 1]);
    ind_attribution_components(&worker->attribution, params, cache, row, tokens[i], worker->parts);
    double sum = 0.0;
    for (int c = 0; c < worker->components; c++) {
        sums[c] += worker->parts[c];
        sum += worker->parts[c];
    }
    sums[worker->components] += model;
    worker->largest = fmax(worker->largest, fabs(model));
    worker->remainder = fmax(worker->remainder, fabs(sum - model));
}

/* The predictions of the sequence whose rows of the cache begin at `row`. */
static void attribute_sequence(struct attributing *worker, const struct ind_params *params,
                               const struct ind_eval_data *data, const int32_t *tokens, int row,
                               double *sums)
{
    struct ind_evaluator *evaluator = &worker->evaluator;
    const int length = evaluator->cache.length, most = evaluator->logits_rows;
    for (int i = data->period; i < length; i += most) {
        const int rows = length - i < most ? length - i : most;
        ind_logits(params, &evaluator->cache, row + i, rows, evaluator->logits);
        for (int r = 0; r < rows; r++)
            attribute_row(worker, params, tokens, row + i + r, i + r,
                          evaluator->logits + (size_t)r * (size_t)evaluator->cache.config.vocab,
                          sums);
    }
}

static void attribute(struct attributing *worker, const struct ind_params *params,
                      const struct ind_eval_data *data)
{
    struct ind_cache *cache = &worker->evaluator.cache;
    const size_t columns = (size_t)worker->components + 1;
    memset(worker->sums, 0, (size_t)data->sequences * columns * sizeof *worker->sums);
    worker->largest = worker->remainder = 0.0;
    ind_attribution_start(&worker->attribution, params);
    struct ind_pass pass = {0};
    while (ind_pass_next(&pass, worker->evaluator.batch, data->sequences)) {
        cache->batch = pass.count;
        ind_forward(params, data->tokens + (size_t)pass.first * data->context, data->context, NULL,
                    0, cache);
        for (int b = 0; b < pass.count; b++)
            attribute_sequence(
                worker, params, data, data->tokens + (size_t)(pass.first + b) * data->context,
                b * cache->length, worker->sums + (size_t)(pass.first + b) * columns);
    }
}

static struct ind_estimate mean_of(const struct attributing *worker, int column, int sequences,
                                   int predictions)
{
    if (worker->resampled.bootstrap != NULL)
        return ind_resampled_ratio(&worker->resampled, column, worker->components + 1);
    double sum = 0.0;
    for (int s = 0; s < sequences; s++)
        sum += worker->sums[s * (worker->components + 1) + column];
    return (struct ind_estimate){sum / sequences / predictions, (double)NAN, (double)NAN};
}

static void resample(struct attributing *worker, int sequences, int predictions)
{
    const int columns = worker->components + 1;
    if (worker->resampled.bootstrap == NULL)
        return;
    for (int s = 0; s < sequences; s++) {
        double *values = worker->resampled.values + (size_t)s * (size_t)(columns + 1);
        memcpy(values, worker->sums + (size_t)s * columns, (size_t)columns * sizeof *values);
        values[columns] = predictions;
    }
    ind_resampled_run(&worker->resampled);
}

static int visit_components(void *memory, const struct ind_study *study, const struct ind_visit *at,
                            struct ind_error *err)
{
    (void)err;
    struct attributing *worker = memory;
    const int sequences = at->data->sequences;
    const int predictions = ind_eval_predictions(at->data->context, at->data->period);
    attribute(worker, at->params, at->data);
    resample(worker, sequences, predictions);
    const double model = mean_of(worker, worker->components, sequences, predictions).value;
    for (int c = 0; c <= worker->components; c++) {
        struct component_row row = {.epoch = at->epoch,
                                    .period = at->data->period,
                                    .component = "model",
                                    .logit = mean_of(worker, c, sequences, predictions),
                                    .remainder = worker->remainder / worker->largest,
                                    .predictions = (long)sequences * predictions};
        if (c < worker->components)
            ind_attribution_name(study->config, c, row.component);
        row.share = row.logit.value / model;
        ind_put(at, &row);
    }
    return IND_OK;
}

const struct ind_analysis lens_attribution = {
    .option = "attribution",
    .details = "With a final LayerNorm the row's own scale is held: the sum is exact, and says\n"
               "nothing of what would change that scale.",
    .fields = component_fields,
    .takes = {.periods = IND_PERIODS_MEASURED, .sequences = 64, .resamples = true},
    .parts = ind_parts_periods,
    .worker_size = sizeof(struct attributing),
    .start = start_attributing,
    .visit = visit_components,
    .end = end_attributing};
