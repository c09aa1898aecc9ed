/*
 * induct-strategy: which rule a model follows at every checkpoint: content, the trained offsets, or
 * less.
 *
 * One row a checkpoint and period; with --conflict one a checkpoint and pair of periods.
 */
#include <math.h>
#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/eval/strategy.h>
#include <induct/tool/analysis.h>

#include "strategy/parts.h"

/* ---- Strategies ------------------------------------------------------------------------------ */

/* What all threads share: a period each. */
struct prepared {
    struct ind_strategy_data *data;
    int count;
    uint32_t classes; /* of the one that has most */
    int offsets;
};

static int prepare(void *memory, struct ind_study *study, struct ind_error *err)
{
    struct prepared *prepared = memory;
    const struct ind_sample *sample = &study->sample;
    struct ind_trained trained;
    if (strategy_trained(study, &trained, err) ||
        ind_alloc_into(&prepared->data, (size_t)sample->count, sizeof *prepared->data, err))
        return IND_FAILED;
    prepared->offsets = trained.hi - trained.lo + 1;
    for (; prepared->count < sample->count; prepared->count++) {
        struct ind_strategy_data *data = &prepared->data[prepared->count];
        if (ind_strategy_data_init(data, &sample->data[prepared->count], study->config->vocab,
                                   trained, study->tool->seed, err))
            return IND_FAILED;
        if (data->class_count > prepared->classes)
            prepared->classes = data->class_count;
    }
    return IND_OK;
}

static void release(void *memory)
{
    struct prepared *prepared = memory;
    for (int p = 0; p < prepared->count; p++)
        ind_strategy_data_release(&prepared->data[p]);
    free(prepared->data);
}

struct worker {
    struct ind_strategist strategist;
    struct ind_strategy strategy; /* its counts are this worker's */
    struct ind_resampled resampled;
};

enum { MARGIN, CONTESTED, COLUMNS };

static int start(void *memory, const struct ind_study *study, struct ind_error *err)
{
    struct worker *worker = memory;
    const struct prepared *prepared = study->shared;
    if (ind_strategist_init(&worker->strategist, study->config, study->config->context - 1,
                            prepared->classes, prepared->offsets, err) ||
        ind_alloc_into(&worker->strategy.counts, (size_t)study->sample.sequences,
                       sizeof *worker->strategy.counts, err))
        return IND_FAILED;
    return study->sample.resamples == 0
               ? IND_OK
               : ind_resampled_init(&worker->resampled, &study->sample.bootstrap, COLUMNS, err);
}

static void end(void *memory)
{
    struct worker *worker = memory;
    ind_strategist_release(&worker->strategist);
    ind_resampled_release(&worker->resampled);
    free(worker->strategy.counts);
}

struct row {
    long epoch;
    int period;
    struct ind_estimate margin;
    double pseudo_offset, pseudo_offset_chance;
    double kl[IND_PREDICTORS], weights[IND_PREDICTORS], kl_mixture;
    long predictions;
};

static const struct ind_field fields[] = {
    IND_FIELD(struct row, epoch, "optimizer steps"),
    IND_FIELD(struct row, period, "of the sequences"),
    IND_FIELD(struct row, margin,
              "log probability of the right answer less that of the best answer that a trained "
              "offset gives, in nats: above 0 content wins, below 0 the positional rule; with its "
              "95 % interval: bootstrap over sequences"),
    IND_FIELD(struct row, pseudo_offset,
              "share of predictions that are another answer of a trained offset"),
    IND_FIELD(struct row, pseudo_offset_chance,
              "the same for as many earlier tokens other than the right one, drawn at random"),
    IND_FIELD_AS("kl_uniform", struct row, kl[IND_PREDICT_UNIFORM],
                 "mean KL of the model's prediction from a predictor's, in nats: all tokens alike"),
    IND_FIELD_AS("kl_unigram", struct row, kl[IND_PREDICT_UNIGRAM], "counts of tokens so far"),
    IND_FIELD_AS("kl_bigram", struct row, kl[IND_PREDICT_BIGRAM],
                 "counts of what followed this token so far, plus one each"),
    IND_FIELD_AS("kl_offset", struct row, kl[IND_PREDICT_OFFSET],
                 "even over what lies the trained offsets back"),
    IND_FIELD_AS("kl_content", struct row, kl[IND_PREDICT_CONTENT],
                 "even over what followed this token before"),
    IND_FIELD_AS("kl_content2", struct row, kl[IND_PREDICT_CONTENT2],
                 "even over what followed this pair of tokens before"),
    IND_FIELD_AS("w_uniform", struct row, weights[IND_PREDICT_UNIFORM],
                 "weights, summing to 1, of the mixture of the six that is nearest to the model"),
    IND_FIELD_AS("w_unigram", struct row, weights[IND_PREDICT_UNIGRAM], "likewise"),
    IND_FIELD_AS("w_bigram", struct row, weights[IND_PREDICT_BIGRAM], "likewise"),
    IND_FIELD_AS("w_offset", struct row, weights[IND_PREDICT_OFFSET], "likewise"),
    IND_FIELD_AS("w_content", struct row, weights[IND_PREDICT_CONTENT], "likewise"),
    IND_FIELD_AS("w_content2", struct row, weights[IND_PREDICT_CONTENT2], "likewise"),
    IND_FIELD(struct row, kl_mixture, "KL of the model from that mixture"),
    IND_FIELD(struct row, predictions, "how many there are"),
    {0}};

static struct ind_estimate margin_of(struct worker *worker, const struct ind_sample *sample)
{
    const struct ind_strategy_count *counts = worker->strategy.counts;
    double margin = 0.0, contested = 0.0;
    for (int s = 0; s < sample->sequences; s++) {
        margin += counts[s].margin;
        contested += counts[s].contested;
        if (sample->resamples == 0)
            continue;
        worker->resampled.values[s * COLUMNS + MARGIN] = counts[s].margin;
        worker->resampled.values[s * COLUMNS + CONTESTED] = counts[s].contested;
    }
    if (sample->resamples == 0)
        return (struct ind_estimate){margin / contested, (double)NAN, (double)NAN};
    ind_resampled_run(&worker->resampled);
    return ind_resampled_ratio(&worker->resampled, MARGIN, CONTESTED);
}

static int visit(void *memory, const struct ind_study *study, const struct ind_visit *at,
                 struct ind_error *err)
{
    (void)err;
    struct worker *worker = memory;
    const struct prepared *prepared = study->shared;
    const struct ind_strategy *strategy = &worker->strategy;
    struct row row = {.epoch = at->epoch, .period = at->data->period};
    ind_strategise(&worker->strategist, at->params, &prepared->data[at->data - study->sample.data],
                   &worker->strategy);
    double contested = 0.0, pseudo = 0.0, chance = 0.0;
    for (int s = 0; s < study->sample.sequences; s++) {
        contested += strategy->counts[s].contested;
        pseudo += strategy->counts[s].pseudo;
        chance += strategy->counts[s].pseudo_chance;
        row.predictions += strategy->counts[s].predictions;
    }
    row.margin = margin_of(worker, &study->sample);
    row.pseudo_offset = pseudo / contested;
    row.pseudo_offset_chance = chance / contested;
    for (int a = 0; a < IND_PREDICTORS; a++) {
        row.kl[a] = strategy->kl[a];
        row.weights[a] = strategy->weights[a];
    }
    row.kl_mixture = strategy->kl_mixture;
    ind_put(at, &row);
    return IND_OK;
}

static const struct ind_analysis strategies = {
    .details = "Looked at are inputs i >= period, where an earlier copy shows what comes next,\n"
               "and the model's distribution over the tokens that occur, 1..vocab-1. The\n"
               "predictors see tokens 0..i; each is smoothed by .001 of the uniform one.\n"
               "Inputs at which no trained offset says anything but the right answer are left\n"
               "out of margin and pseudo_offset, which are nan where there are no others.",
    .fields = fields,
    .takes = {.periods = IND_PERIODS_MEASURED, .sequences = true, .resamples = true},
    .parts = ind_parts_periods,
    IND_SHARED(struct prepared, prepare, release),
    .visit = visit,
    IND_WORKER(struct worker, start, end)};

static const struct ind_option options[] = {
    {IND_OPTION("conflict", struct strategy_settings, conflict),
     .help = "whose answer is given in sequences whose period changes half-way, instead"},
    {IND_OPTION("trained", struct strategy_settings, trained), .arg = "LO:HI",
     .help = "the trained periods (default: the run's own)", .minimum = 1, .maximum = 65536},
    {0}};

static const struct ind_program program = {
    .about = {.name = "induct-strategy",
              .summary = "which rule a model follows at every checkpoint: content or position",
              .examples = "induct-strategy runs/2L-varied-60k-seed67 --epochs ::2000\n"
                          "induct-strategy --periods 25,40 --epochs last\n"
                          "induct-strategy --conflict --periods 10:30:5 --epochs first,last"},
    .options = options,
    .analyses = {&strategies, &strategy_conflict}};

int main(int argc, char **argv)
{
    struct strategy_settings s = {0};
    return ind_program_run(&program, &s, argc, argv);
}
