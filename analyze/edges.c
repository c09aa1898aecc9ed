/*
 * induct-edges: through which edges a model answers, at every checkpoint: what it loses when one
 * reader alone sees another value of one source, exactly, to first order and by integrated
 * gradients; how far the estimates agree with the effects; and what the strongest edges do alone.
 *
 * One row a checkpoint, period and edge.
 */
#include <math.h>

#include "edges/parts.h"

enum { STEPS = 5, RANDOM = 10 };

static const char *const modes[] = {"corrupt", "zero", "mean", NULL};

/* ---- Rows ------------------------------------------------------------------------------------ */

struct row {
    long epoch;
    int period;
    char source[24], reader[24];
    struct ind_estimate effect;
    double loss_delta, accuracy_delta, attribution, error, attribution_ig, error_ig;
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
    IND_FIELD(struct row, attribution_ig,
              "the same by integrated gradients: the mean gradient over runs whose embeddings lie "
              "between the clean and the other ones, --ig of them"),
    IND_FIELD(struct row, error_ig, "attribution_ig - effect"),
    IND_FIELD(struct row, predictions, "how many there are"),
    {0}};

static int start(void *memory, const struct ind_study *study, struct ind_error *err)
{
    const struct edges_shared *shared = study->shared;
    return edges_start(memory, study, shared->edges.count + 1, err);
}

static void end(void *memory)
{
    edges_end(memory);
}

/* Effects of all edges over all resamples at once; the last column is the predictions. */
static void resample(struct edges_worker *worker, int edges, int sequences)
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

static int visit(void *memory, const struct ind_study *study, const struct ind_visit *at,
                 struct ind_error *err)
{
    struct edges_worker *worker = memory;
    const struct edges_shared *shared = study->shared;
    const int sequences = at->data->sequences, edges = shared->edges.count;
    if (edges_measure(worker, study, at, err))
        return IND_FAILED;
    resample(worker, edges, sequences);
    for (int e = 0; e < edges; e++) {
        const struct ind_edge *edge = &shared->edges.items[e];
        const struct edges_mean mean = edges_mean_of(worker, e, sequences);
        struct row row = {.epoch = at->epoch,
                          .period = at->data->period,
                          .effect = {mean.effect, (double)NAN, (double)NAN},
                          .loss_delta = mean.loss_delta,
                          .accuracy_delta = mean.accuracy_delta,
                          .attribution = mean.attribution,
                          .error = mean.attribution - mean.effect,
                          .attribution_ig = mean.integrated,
                          .error_ig = mean.integrated - mean.effect,
                          .predictions = mean.predictions};
        ind_edge_source_name(study->config, edge->source, row.source);
        ind_edge_reader_name(edge, row.reader);
        if (worker->resampled.bootstrap != NULL)
            row.effect = ind_resampled_ratio(&worker->resampled, e, edges);
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
    IND_SHARED(struct edges_shared, edges_prepare, edges_release),
    .visit = visit,
    IND_WORKER(struct edges_worker, start, end)};

/* ---- The program ----------------------------------------------------------------------------- */

static const struct ind_option options[] = {
    {IND_OPTION("mode", struct settings, mode), .arg = "MODE",
     .help = "the source's other value: corrupt (default), on another sequence of the same "
             "period; zero; or mean, over 1,024 such sequences by position",
     .choices = modes},
    {IND_OPTION("ig", struct settings, steps), .arg = "N", .minimum = 0, .maximum = 1000,
     .help = "steps of integrated gradients (default 5; 0 = none)"},
    {IND_OPTION("agreement", struct settings, agreement),
     .help =
         "how far the attributions agree with the effects, over all edges: one row a checkpoint "
         "and period"},
    {IND_OPTION("faithfulness", struct settings, faithfulness),
     .help = "how much of the answer is left when only the strongest edges are kept, beside random "
             "ones"},
    {IND_OPTION("random", struct settings, random), .arg = "N", .minimum = 1, .maximum = 1000,
     .help = "random orders of all edges (default 10)", .with = "faithfulness"},
    {0}};

static const struct ind_program program = {
    .about = {.name = "induct-edges",
              .summary = "through which edges a model answers, exactly and by attribution",
              .examples = "induct-edges runs/2L-varied-60k-seed67 --epochs ::2000\n"
                          "induct-edges --mode zero --period 40 --epochs first,last\n"
                          "induct-edges --faithfulness --epochs last"},
    .options = options,
    .analyses = {&edges, &edges_agreement, &edges_faithfulness}};

int main(int argc, char **argv)
{
    struct settings s = {.mode = IND_EDGE_CORRUPT, .steps = STEPS, .random = RANDOM};
    return ind_program_run(&program, &s, argc, argv);
}
