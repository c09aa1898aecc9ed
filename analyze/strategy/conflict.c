/* --conflict: whose answer a model gives where content and a trained offset disagree. */
#include <math.h>
#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/eval/conflict.h>

#include "parts.h"

/* What all threads share: the periods after the change that fit half a context. */
struct prepared {
    struct ind_conflict_data *data; /* [count] */
    int count, room;
};

static int add(struct prepared *prepared, const struct ind_study *study, int before, int after,
               struct ind_error *err)
{
    const struct ind_config *config = study->config;
    if (before == after) /* nothing disagrees */
        return IND_OK;
    if (!ind_conflict_fits(config->context, before, after)) {
        ind_tool_warn(study->tool,
                      "period %d after %d does not repeat within half a context of %d: left out",
                      after, before, config->context);
        return IND_OK;
    }
    if (ind_conflict_data_init(&prepared->data[prepared->count], config->vocab, config->context,
                               study->tool->seed, before, after, study->sample.sequences, err))
        return IND_FAILED;
    prepared->count++;
    return IND_OK;
}

static int prepare(void *memory, struct ind_study *study, struct ind_error *err)
{
    struct prepared *prepared = memory;
    struct ind_trained trained;
    if (strategy_trained(study, &trained, err) ||
        ind_alloc_into(&prepared->data, (size_t)study->sample.count, sizeof *prepared->data, err))
        return IND_FAILED;
    for (int p = 0; p < study->sample.count; p++) {
        if (add(prepared, study, (trained.lo + trained.hi) / 2, study->sample.data[p].period, err))
            return IND_FAILED;
    }
    return prepared->count > 0 ? IND_OK : ind_fail(err, "no period fits half a context");
}

static void release(void *memory)
{
    struct prepared *prepared = memory;
    for (int p = 0; p < prepared->count; p++)
        ind_conflict_data_release(&prepared->data[p]);
    free(prepared->data);
}

static int parts(const struct ind_study *study)
{
    return ((const struct prepared *)study->shared)->count;
}

struct worker {
    struct ind_evaluator evaluator;
    struct ind_conflict_count *counts; /* [sequences] */
    struct ind_resampled resampled;
};

enum { PREDICTIONS, CONTENT, OFFSET, NEITHER, COLUMNS };

static int start(void *memory, const struct ind_study *study, struct ind_error *err)
{
    struct worker *worker = memory;
    if (ind_evaluator_init(&worker->evaluator, study->config, study->config->context - 1, err) ||
        ind_alloc_into(&worker->counts, (size_t)study->sample.sequences, sizeof *worker->counts,
                       err))
        return IND_FAILED;
    return study->sample.resamples == 0
               ? IND_OK
               : ind_resampled_init(&worker->resampled, &study->sample.bootstrap, COLUMNS, err);
}

static void end(void *memory)
{
    struct worker *worker = memory;
    ind_evaluator_release(&worker->evaluator);
    ind_resampled_release(&worker->resampled);
    free(worker->counts);
}

struct row {
    long epoch;
    int period, period_after;
    struct ind_estimate content, offset, neither;
    long predictions;
};

static const struct ind_field fields[] = {
    IND_FIELD(struct row, epoch, "optimizer steps"),
    IND_FIELD(struct row, period, "of the first half: the middle of the trained ones"),
    IND_FIELD(struct row, period_after, "of the second half, of other tokens"),
    IND_FIELD(struct row, content,
              "share of predictions that are what followed this token before, at inputs of the "
              "second half from period_after on at which the trained offset says something else; "
              "with its 95 % interval"),
    IND_FIELD(struct row, offset, "share that are what lies the first half's period back"),
    IND_FIELD(struct row, neither, "the rest"),
    IND_FIELD(struct row, predictions, "how many there are"),
    {0}};

static struct ind_estimate share(const struct worker *worker, const double *totals, int column)
{
    if (worker->resampled.bootstrap != NULL)
        return ind_resampled_ratio(&worker->resampled, column, PREDICTIONS);
    return (struct ind_estimate){totals[column] / totals[PREDICTIONS], (double)NAN, (double)NAN};
}

static void summarise(struct worker *worker, int sequences, struct row *row)
{
    double totals[COLUMNS] = {0};
    for (int s = 0; s < sequences; s++) {
        const struct ind_conflict_count *c = &worker->counts[s];
        const double values[COLUMNS] = {[PREDICTIONS] = c->predictions,
                                        [CONTENT] = c->content,
                                        [OFFSET] = c->offset,
                                        [NEITHER] = c->predictions - c->content - c->offset};
        for (int k = 0; k < COLUMNS; k++) {
            totals[k] += values[k];
            if (worker->resampled.bootstrap != NULL)
                worker->resampled.values[s * COLUMNS + k] = values[k];
        }
    }
    if (worker->resampled.bootstrap != NULL)
        ind_resampled_run(&worker->resampled);
    row->content = share(worker, totals, CONTENT);
    row->offset = share(worker, totals, OFFSET);
    row->neither = share(worker, totals, NEITHER);
    row->predictions = (long)totals[PREDICTIONS];
}

static int visit(void *memory, const struct ind_study *study, const struct ind_visit *at,
                 struct ind_error *err)
{
    (void)err;
    struct worker *worker = memory;
    const struct ind_conflict_data *data =
        &((const struct prepared *)study->shared)->data[at->part];
    struct row row = {.epoch = at->epoch, .period = data->before, .period_after = data->after};
    ind_conflict_run(&worker->evaluator, at->params, data, worker->counts);
    summarise(worker, study->sample.sequences, &row);
    ind_put(at, &row);
    return IND_OK;
}

const struct ind_analysis strategy_conflict = {
    .option = "conflict",
    .fields = fields,
    .takes = {.periods = IND_PERIODS_MEASURED, .sequences = true, .resamples = true},
    .parts = parts,
    IND_SHARED(struct prepared, prepare, release),
    .visit = visit,
    IND_WORKER(struct worker, start, end)};
