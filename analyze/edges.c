/*
 * induct-edges: through which edges a model answers, at every checkpoint: what it loses when one
 * reader alone sees another value of one source, exactly and to first order.
 *
 * One row a checkpoint, period and edge.
 */
#include <math.h>
#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/patch/ablate.h>
#include <induct/patch/edges.h>
#include <induct/tool/analysis.h>

struct settings {
    int mode;
};

static const char *const modes[] = {"corrupt", "zero", "mean", NULL};

/* ---- What all threads share ------------------------------------------------------------------ */

struct prepared {
    struct ind_layout layout;
    struct ind_edges edges;
    int32_t **reference;  /* [count] of [sequences, context] each */
    int count, sequences; /* sequences: of each reference */
};

static int prepare(void *memory, struct ind_study *study, struct ind_error *err)
{
    struct prepared *prepared = memory;
    const struct ind_config *c = study->config;
    const struct ind_sample *sample = &study->sample;
    prepared->sequences = sample->sequences;
    if (((const struct settings *)study->settings)->mode == IND_EDGE_MEAN &&
        prepared->sequences < IND_ABLATION_REFERENCES)
        prepared->sequences = IND_ABLATION_REFERENCES;
    const size_t tokens = (size_t)prepared->sequences * (size_t)c->context;
    if (ind_layout_init(&prepared->layout, c, err) || ind_edges_init(&prepared->edges, c, err) ||
        ind_alloc_into(&prepared->reference, (size_t)sample->count, sizeof *prepared->reference,
                       err))
        return IND_FAILED;
    for (; prepared->count < sample->count; prepared->count++) {
        int32_t **reference = &prepared->reference[prepared->count];
        if (ind_alloc_into(reference, tokens, sizeof **reference, err))
            return IND_FAILED;
        ind_ablation_reference(c->vocab, c->context, study->tool->seed,
                               sample->data[prepared->count].period, prepared->sequences,
                               *reference);
    }
    return IND_OK;
}

static void release(void *memory)
{
    struct prepared *prepared = memory;
    for (int p = 0; p < prepared->count; p++)
        free(prepared->reference[p]);
    free(prepared->reference);
    ind_edges_release(&prepared->edges);
    ind_layout_release(&prepared->layout);
}

/* ---- One thread ------------------------------------------------------------------------------ */

struct worker {
    struct ind_edge_patcher patcher;
    struct ind_edge_sum *clean; /* [sequences] */
    struct ind_edge_sum *sums;  /* [edges, sequences] */
    struct ind_resampled resampled;
};

static int start(void *memory, const struct ind_study *study, struct ind_error *err)
{
    struct worker *worker = memory;
    const struct prepared *prepared = study->shared;
    const size_t sequences = (size_t)study->sample.sequences;
    if (ind_edge_patcher_init(&worker->patcher, &prepared->layout, study->config->context - 1,
                              err) ||
        ind_alloc_into(&worker->clean, sequences, sizeof *worker->clean, err) ||
        ind_alloc_into(&worker->sums, sequences * (size_t)prepared->edges.count,
                       sizeof *worker->sums, err))
        return IND_FAILED;
    worker->patcher.references = prepared->sequences;
    return study->sample.resamples == 0
               ? IND_OK
               : ind_resampled_init(&worker->resampled, &study->sample.bootstrap,
                                    prepared->edges.count + 1, err);
}

static void end(void *memory)
{
    struct worker *worker = memory;
    ind_edge_patcher_release(&worker->patcher);
    ind_resampled_release(&worker->resampled);
    free(worker->clean);
    free(worker->sums);
}

/* ---- Rows ------------------------------------------------------------------------------------ */

struct row {
    long epoch;
    int period;
    char source[24], reader[24];
    struct ind_estimate effect;
    double loss_delta, accuracy_delta, attribution, error;
    long predictions;
};

static const struct ind_field fields[] = {
    IND_FIELD(struct row, epoch, "optimizer steps"),
    IND_FIELD(struct row, period, "of the sequences"),
    IND_FIELD(struct row, source, "token, position, or a head"),
    IND_FIELD(struct row, reader, "Q, K or V of a head, or the logits"),
    IND_FIELD(struct row, effect,
              "change of the logit of the token that comes next, less that of the mean logit, when "
              "this reader alone sees the other value of the source; mean over predictions at "
              "inputs i >= period, with its 95 % interval: bootstrap over sequences. 0 is an edge "
              "that carries nothing"),
    IND_FIELD(struct row, loss_delta, "change of the loss of the same predictions, in nats"),
    IND_FIELD(struct row, accuracy_delta, "change of the share that is right"),
    IND_FIELD(struct row, attribution,
              "the effect to first order: the gradient by what the reader reads, times the "
              "difference of the source's values"),
    IND_FIELD(struct row, error, "attribution - effect"),
    IND_FIELD(struct row, predictions, "how many there are"),
    {0}};

/* Effects of all edges over all resamples at once; the last column is the predictions. */
static void resample(struct worker *worker, int edges, int sequences)
{
    if (worker->resampled.bootstrap == NULL)
        return;
    for (int s = 0; s < sequences; s++) {
        double *values = worker->resampled.values + (size_t)s * (size_t)(edges + 1);
        for (int e = 0; e < edges; e++)
            values[e] = worker->sums[(size_t)e * sequences + s].metric;
        values[edges] = worker->clean[s].count.predictions;
    }
    ind_resampled_run(&worker->resampled);
}

/* Sums over sequences of what an edge changes, into the row. */
static void fill(const struct worker *worker, const struct ind_edge_sum *sums, int sequences,
                 struct row *row)
{
    for (int s = 0; s < sequences; s++) {
        const struct ind_eval_count *is = &sums[s].count, *was = &worker->clean[s].count;
        row->effect.value += sums[s].metric;
        row->attribution += sums[s].attribution;
        row->loss_delta += is->loss - was->loss;
        row->accuracy_delta += is->correct - was->correct;
        row->predictions += was->predictions;
    }
    row->effect.value /= (double)row->predictions;
    row->attribution /= (double)row->predictions;
    row->loss_delta /= (double)row->predictions;
    row->accuracy_delta /= (double)row->predictions;
}

static int visit(void *memory, const struct ind_study *study, const struct ind_visit *at,
                 struct ind_error *err)
{
    struct worker *worker = memory;
    const struct prepared *prepared = study->shared;
    const struct settings *settings = study->settings;
    const int sequences = at->data->sequences, edges = prepared->edges.count;
    if (ind_patch_edges(&worker->patcher, at->params, &prepared->edges, at->data,
                        (enum ind_edge_mode)settings->mode,
                        prepared->reference[at->data - study->sample.data], worker->clean,
                        worker->sums, err))
        return IND_FAILED;
    resample(worker, edges, sequences);
    for (int e = 0; e < edges; e++) {
        const struct ind_edge *edge = &prepared->edges.items[e];
        struct row row = {.epoch = at->epoch,
                          .period = at->data->period,
                          .effect = {0.0, (double)NAN, (double)NAN}};
        ind_edge_source_name(study->config, edge->source, row.source);
        ind_edge_reader_name(edge, row.reader);
        fill(worker, worker->sums + (size_t)e * sequences, sequences, &row);
        if (worker->resampled.bootstrap != NULL)
            row.effect = ind_resampled_ratio(&worker->resampled, e, edges);
        row.error = row.attribution - row.effect.value;
        ind_put(at, &row);
    }
    return IND_OK;
}

static const struct ind_analysis edges = {
    .details = "Everything behind the reader is computed again; LayerNorm, rotation and softmax\n"
               "are exact. The attribution's gradient is that of the clean run. Of corrupt and\n"
               "mean the position's row is what it was: its edges have no effect.",
    .fields = fields,
    .takes = {.periods = IND_PERIOD, .sequences = true, .resamples = true},
    .parts = ind_parts_periods,
    IND_SHARED(struct prepared, prepare, release),
    .visit = visit,
    IND_WORKER(struct worker, start, end)};

static const struct ind_option options[] = {
    {IND_OPTION("mode", struct settings, mode), .arg = "MODE",
     .help = "the source's other value: corrupt (default), on another sequence of the same "
             "period; zero; or mean, over 1,024 such sequences by position",
     .choices = modes},
    {0}};

static const struct ind_program program = {
    .about = {.name = "induct-edges",
              .summary = "through which edges a model answers, exactly and by attribution",
              .examples = "induct-edges runs/2L-varied-60k-seed67 --epochs ::2000\n"
                          "induct-edges --mode zero --period 40 --epochs first,last"},
    .options = options,
    .analyses = {&edges}};

int main(int argc, char **argv)
{
    struct settings s = {.mode = IND_EDGE_CORRUPT};
    return ind_program_run(&program, &s, argc, argv);
}
