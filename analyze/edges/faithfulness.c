/* --faithfulness: what is left of the answer when the strongest edges alone are kept. */
#include "parts.h"

#include <math.h>
#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/math/stats.h>

static const char *const way_names[EDGES_WAYS] = {"effect", "attribution", "attribution_ig"};

struct row {
    long epoch;
    int period;
    const char *chosen_by;
    int kept, edges;
    struct ind_estimate faithfulness, random;
    double clean, cut;
    long predictions;
};

static const struct ind_field fields[] = {
    IND_FIELD(struct row, epoch, "optimizer steps"),
    IND_FIELD(struct row, period, "of the sequences"),
    IND_FIELD(struct row, chosen_by,
              "the edges kept are those in which this is largest in size: effect, attribution or "
              "attribution_ig, on these very sequences"),
    IND_FIELD(struct row, kept, "how many edges are kept: 1, 2, 4 and so on, and all"),
    IND_FIELD(struct row, edges, "how many there are, less those that carry nothing by nature"),
    IND_FIELD(struct row, faithfulness,
              "share of the answer that is left: (m - cut) / (clean - cut), m being the logit of "
              "the token that comes next less the mean logit when all other edges bring their "
              "sources' other values; with its 95 % interval: bootstrap over sequences. Nothing "
              "where clean and cut hardly differ"),
    IND_FIELD(struct row, random,
              "the same of as many edges drawn at random: mean over --random orders, and the range "
              "of the middle 95 % of them"),
    IND_FIELD(struct row, clean, "m of the model"),
    IND_FIELD(struct row, cut, "m with no edge kept"),
    IND_FIELD(struct row, predictions, "that these are means over"),
    {0}};

struct worker {
    struct edges_worker edges;
    struct ind_edge_circuits circuits;
    struct edges_sets sets;
    double *metrics; /* [sets, sequences] */
    double *ratios;  /* [random] */
};

/* ---- Rows ------------------------------------------------------------------------------------ */

static double total(const struct worker *worker, int set, int sequences)
{
    double sum = 0.0;
    for (int s = 0; s < sequences; s++)
        sum += worker->metrics[(size_t)set * sequences + s];
    return sum;
}

static double share(const struct worker *worker, int set, int sequences)
{
    const double cut = total(worker, 0, sequences);
    return (total(worker, set, sequences) - cut) / (total(worker, 1, sequences) - cut);
}

/* All chosen sets over all resamples; the last column is what all edges give over none. */
static void resample(struct worker *worker, int sets, int sequences)
{
    struct ind_resampled *resampled = &worker->edges.resampled;
    if (resampled->bootstrap == NULL)
        return;
    for (int s = 0; s < sequences; s++) {
        double *values = resampled->values + (size_t)s * (size_t)(sets + 1);
        const double cut = worker->metrics[s];
        for (int n = 0; n < sets; n++)
            values[n] = worker->metrics[(size_t)(2 + n) * sequences + s] - cut;
        values[sets] = worker->metrics[sequences + s] - cut;
    }
    ind_resampled_run(resampled);
}

/* Of the random sets of the n-th size. */
static struct ind_estimate at_random(struct worker *worker, int n, int random, int sequences)
{
    double sum = 0.0;
    for (int number = 0; number < random; number++) {
        const int set = edges_set_of(&worker->sets, EDGES_WAYS + number, n);
        worker->ratios[number] = share(worker, set, sequences);
        sum += worker->ratios[number];
    }
    struct ind_estimate estimate = {sum / random, (double)NAN, (double)NAN};
    if (random < 2 || isnan(estimate.value))
        return estimate;
    estimate.lo = ind_quantile(worker->ratios, (size_t)random, 0.025);
    estimate.hi = ind_quantile(worker->ratios, (size_t)random, 0.975);
    return estimate;
}

static struct ind_estimate chosen(struct worker *worker, int set, int sequences)
{
    const struct ind_resampled *resampled = &worker->edges.resampled;
    if (resampled->bootstrap != NULL)
        return ind_resampled_ratio(resampled, set - 2, resampled->columns - 1);
    return (struct ind_estimate){share(worker, set, sequences), (double)NAN, (double)NAN};
}

static void put_rows(struct worker *worker, const struct ind_study *study,
                     const struct ind_visit *at)
{
    const struct settings *settings = study->settings;
    const struct edges_sets *sets = &worker->sets;
    const int sequences = at->data->sequences;
    struct row row = {.epoch = at->epoch, .period = at->data->period, .edges = sets->able};
    for (int s = 0; s < sequences; s++)
        row.predictions += worker->edges.clean[s].count.predictions;
    row.cut = total(worker, 0, sequences) / (double)row.predictions;
    row.clean = total(worker, 1, sequences) / (double)row.predictions;
    resample(worker, EDGES_WAYS * sets->sizes, sequences);
    for (int way = 0; way < (settings->steps > 0 ? EDGES_WAYS : EDGES_BY_INTEGRATED); way++) {
        row.chosen_by = way_names[way];
        for (int n = 0; n < sets->sizes; n++) {
            row.kept = edges_set_size(sets, n);
            row.faithfulness = chosen(worker, edges_set_of(sets, way, n), sequences);
            row.random = at_random(worker, n, settings->random, sequences);
            ind_put(at, &row);
        }
    }
}

static int visit(void *memory, const struct ind_study *study, const struct ind_visit *at,
                 struct ind_error *err)
{
    struct worker *worker = memory;
    const struct ind_edge_task task = edges_task(study, at);
    if (edges_measure(&worker->edges, study, at, err))
        return IND_FAILED;
    edges_sets_choose(&worker->sets, &worker->edges, study);
    if (ind_run_circuits(&worker->circuits, &task, worker->sets.kept, worker->sets.count,
                         worker->metrics, err))
        return IND_FAILED;
    put_rows(worker, study, at);
    return IND_OK;
}

/* ---- One thread ------------------------------------------------------------------------------ */

static int start(void *memory, const struct ind_study *study, struct ind_error *err)
{
    struct worker *worker = memory;
    const struct edges_shared *shared = study->shared;
    const struct settings *settings = study->settings;
    const size_t sequences = (size_t)study->sample.sequences;
    if (edges_sets_init(&worker->sets, study, err) ||
        edges_start(&worker->edges, study, EDGES_WAYS * worker->sets.sizes + 1, err) ||
        ind_alloc_into(&worker->metrics, (size_t)worker->sets.count,
                       sequences * sizeof *worker->metrics, err) ||
        ind_alloc_into(&worker->ratios, (size_t)settings->random, sizeof *worker->ratios, err))
        return IND_FAILED;
    return ind_edge_circuits_init(&worker->circuits, &worker->edges.patcher, &shared->edges, err);
}

static void end(void *memory)
{
    struct worker *worker = memory;
    ind_edge_circuits_release(&worker->circuits);
    edges_end(&worker->edges);
    edges_sets_release(&worker->sets);
    free(worker->metrics);
    free(worker->ratios);
}

const struct ind_analysis edges_faithfulness = {
    .option = "faithfulness",
    .details = "A kept edge carries what the kept ones before it made of its source. Random sets\n"
               "are the same at every checkpoint.",
    .fields = fields,
    .takes = {.periods = IND_PERIOD, .sequences = true, .resamples = true},
    .parts = ind_parts_periods,
    IND_SHARED(struct edges_shared, edges_prepare, edges_release),
    .visit = visit,
    IND_WORKER(struct worker, start, end)};
