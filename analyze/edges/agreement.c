/* --agreement: one number of how far attributions are from effects, over all edges at once. */
#include "parts.h"

#include <math.h>
#include <stdlib.h>

#include <induct/math/stats.h>

/* What is resampled of each edge. */
enum { EFFECT, ATTRIBUTION, INTEGRATED, VALUES };

struct row {
    long epoch;
    int period, edges;
    double effect;
    struct ind_estimate error;
    double correlation;
    struct ind_estimate error_ig;
    double correlation_ig;
    long predictions;
};

static const struct ind_field fields[] = {
    IND_FIELD(struct row, epoch, "optimizer steps"),
    IND_FIELD(struct row, period, "of the sequences"),
    IND_FIELD(struct row, edges, "how many there are, less those that carry nothing by nature"),
    IND_FIELD(struct row, effect, "mean over edges of the size of the exact effect, in logits"),
    IND_FIELD(struct row, error,
              "of attributions: sum over edges of |attribution - effect|, over the sum of "
              "|effect|; with its 95 % interval: bootstrap over sequences. 0 is exact, 1 no better "
              "than to say that no edge has any effect"),
    IND_FIELD(struct row, correlation, "of attribution and effect, over edges"),
    IND_FIELD(struct row, error_ig, "the same of integrated gradients"),
    IND_FIELD(struct row, correlation_ig, "likewise"),
    IND_FIELD(struct row, predictions, "that each effect is a mean over"),
    {0}};

static int start(void *memory, const struct ind_study *study, struct ind_error *err)
{
    const struct edges_shared *shared = study->shared;
    return edges_start(memory, study, VALUES * shared->edges.count, err);
}

static void end(void *memory)
{
    edges_end(memory);
}

static double value_of(const struct ind_edge_sum *sum, int value)
{
    return value == EFFECT        ? sum->metric
           : value == ATTRIBUTION ? sum->attribution
                                  : sum->integrated;
}

/* sums [edges, VALUES] */
static double error_of(const double *sums, int edges, int value)
{
    double error = 0.0, size = 0.0;
    for (int e = 0; e < edges; e++, sums += VALUES) {
        error += fabs(sums[value] - sums[EFFECT]);
        size += fabs(sums[EFFECT]);
    }
    return error / size;
}

/* Of those that have an effect by their nature. */
static double correlation_of(const double *sums, const struct ind_edges *edges, int value,
                             enum ind_edge_mode mode)
{
    double n = 0.0, x = 0.0, y = 0.0, xx = 0.0, xy = 0.0, yy = 0.0;
    for (int e = 0; e < edges->count; e++, sums += VALUES) {
        if (ind_edge_is_still(edges, e, mode))
            continue;
        n += 1.0;
        x += sums[EFFECT];
        y += sums[value];
        xx += sums[EFFECT] * sums[EFFECT];
        xy += sums[EFFECT] * sums[value];
        yy += sums[value] * sums[value];
    }
    return (xy - x * y / n) / sqrt((xx - x * x / n) * (yy - y * y / n));
}

static struct ind_estimate estimate(struct ind_resampled *resampled, const double *totals,
                                    int edges, int value)
{
    struct ind_estimate estimate = {error_of(totals, edges, value), (double)NAN, (double)NAN};
    if (resampled->bootstrap == NULL || resampled->bootstrap->units < 2 || isnan(estimate.value))
        return estimate;
    const size_t count = (size_t)resampled->bootstrap->resamples;
    for (size_t r = 0; r < count; r++)
        resampled->scratch[r] =
            error_of(resampled->sums + r * (size_t)resampled->columns, edges, value);
    estimate.lo = ind_quantile(resampled->scratch, count, 0.025);
    estimate.hi = ind_quantile(resampled->scratch, count, 0.975);
    return estimate;
}

/* Every edge's sums over all sequences, and with intervals over every resample. */
static void add_up(struct edges_worker *worker, int edges, int sequences, double *totals)
{
    for (int e = 0; e < edges; e++)
        for (int v = 0; v < VALUES; v++) {
            double *total = &totals[e * VALUES + v];
            *total = 0.0;
            for (int s = 0; s < sequences; s++) {
                const double value = value_of(&worker->sums[(size_t)e * sequences + s], v);
                *total += value;
                if (worker->resampled.bootstrap != NULL)
                    worker->resampled
                        .values[(size_t)s * worker->resampled.columns + e * VALUES + v] = value;
            }
        }
    if (worker->resampled.bootstrap != NULL)
        ind_resampled_run(&worker->resampled);
}

static int visit(void *memory, const struct ind_study *study, const struct ind_visit *at,
                 struct ind_error *err)
{
    struct edges_worker *worker = memory;
    const struct edges_shared *shared = study->shared;
    const enum ind_edge_mode mode =
        (enum ind_edge_mode)((const struct settings *)study->settings)->mode;
    const int sequences = at->data->sequences, edges = shared->edges.count;
    double *totals = malloc((size_t)edges * VALUES * sizeof *totals);
    struct row row = {.epoch = at->epoch, .period = at->data->period};
    if (totals == NULL || edges_measure(worker, study, at, err)) {
        free(totals);
        return totals == NULL ? ind_fail(err, "out of memory") : IND_FAILED;
    }
    add_up(worker, edges, sequences, totals);
    for (int s = 0; s < sequences; s++)
        row.predictions += worker->clean[s].count.predictions;
    for (int e = 0; e < edges; e++) {
        row.edges += !ind_edge_is_still(&shared->edges, e, mode);
        row.effect += fabs(totals[e * VALUES + EFFECT]);
    }
    row.effect /= (double)row.edges * (double)row.predictions;
    row.error = estimate(&worker->resampled, totals, edges, ATTRIBUTION);
    row.error_ig = estimate(&worker->resampled, totals, edges, INTEGRATED);
    row.correlation = correlation_of(totals, &shared->edges, ATTRIBUTION, mode);
    row.correlation_ig = correlation_of(totals, &shared->edges, INTEGRATED, mode);
    free(totals);
    ind_put(at, &row);
    return IND_OK;
}

const struct ind_analysis edges_agreement = {
    .option = "agreement",
    .fields = fields,
    .takes = {.periods = IND_PERIOD, .sequences = true, .resamples = true},
    .parts = ind_parts_periods,
    IND_SHARED(struct edges_shared, edges_prepare, edges_release),
    .visit = visit,
    IND_WORKER(struct edges_worker, start, end)};
