/*
 * induct-lens: what a model would say after every layer, and what each component adds to its
 * answer.
 *
 * One row a checkpoint, period and layer; with --attribution one a checkpoint, period and
 * component.
 */
#include <math.h>
#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/eval/lens.h>
#include <induct/tool/analysis.h>

#include "lens/parts.h"

struct settings {
    bool attribution;
};

/* ---- By layer -------------------------------------------------------------------------------- */

struct looking {
    struct ind_arms arms;
    struct ind_eval_count *counts; /* [layers + 1, sequences] */
};

static int start_looking(void *memory, const struct ind_study *study, struct ind_error *err)
{
    struct looking *looking = memory;
    const size_t stages = (size_t)study->config->layers + 1;
    return ind_arms_init(&looking->arms, &study->sample, study->config, err) ||
                   ind_alloc_into(&looking->counts, stages * (size_t)study->sample.sequences,
                                  sizeof *looking->counts, err)
               ? IND_FAILED
               : IND_OK;
}

static void end_looking(void *memory)
{
    struct looking *looking = memory;
    ind_arms_release(&looking->arms);
    free(looking->counts);
}

struct layer_row {
    long epoch;
    int period, layer;
    struct ind_accuracy is;
    double accuracy_chance, loss_chance;
};

static const struct ind_field layer_fields[] = {
    IND_FIELD(struct layer_row, epoch, "optimizer steps"),
    IND_FIELD(struct layer_row, period, "of the sequences"),
    IND_FIELD(struct layer_row, layer, "layers passed: 0 is the embedding, the last the model"),
    IND_FIELD_AS("accuracy", struct layer_row, is.accuracy,
                 "share of predictions at inputs i >= period that are right when the residual "
                 "stream is unembedded here, after the final norm if there is one; with its 95 % "
                 "interval: bootstrap over sequences"),
    IND_FIELD(struct layer_row, accuracy_chance, "1/(vocab - 1)"),
    IND_FIELD_AS("loss", struct layer_row, is.loss, "of the same predictions, in nats"),
    IND_FIELD(struct layer_row, loss_chance, "of a uniform guess, ln(vocab - 1)"),
    IND_FIELD_AS("predictions", struct layer_row, is.predictions, "how many there are"),
    {0}};

static int visit_layers(void *memory, const struct ind_study *study, const struct ind_visit *at,
                        struct ind_error *err)
{
    (void)err;
    struct looking *looking = memory;
    ind_lens(&looking->arms.evaluator, at->params, at->data, looking->counts);
    for (int layer = 0; layer <= study->config->layers; layer++) {
        struct layer_row row = {.epoch = at->epoch,
                                .period = at->data->period,
                                .layer = layer,
                                .accuracy_chance = 1.0 / (study->config->vocab - 1),
                                .loss_chance = log(study->config->vocab - 1)};
        ind_arms_summarise(&looking->arms, looking->counts + (size_t)layer * at->data->sequences,
                           &row.is);
        ind_put(at, &row);
    }
    return IND_OK;
}

static const struct ind_analysis layers = {
    .fields = layer_fields,
    .takes = {.periods = IND_PERIODS_MEASURED, .sequences = 64, .resamples = true},
    .parts = ind_parts_periods,
    .worker_size = sizeof(struct looking),
    .start = start_looking,
    .visit = visit_layers,
    .end = end_looking};

static const struct ind_option options[] = {
    {IND_OPTION("attribution", struct settings, attribution),
     .help = "direct logit attribution instead: what each component adds to the right answer"},
    {0}};

static const struct ind_program program = {
    .about = {.name = "induct-lens",
              .summary = "what a model says after every layer, and what each component adds",
              .examples = "induct-lens runs/2L-varied-seed67 --epochs ::1000\n"
                          "induct-lens --attribution --periods 25,40 --epochs last"},
    .options = options,
    .analyses = {&layers, &lens_attribution}};

int main(int argc, char **argv)
{
    struct settings s = {0};
    return ind_program_run(&program, &s, argc, argv);
}
