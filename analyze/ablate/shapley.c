/*
 * --shapley: what each head contributes, averaged over all orders, and what pairs do together.
 */
#include "parts.h"

#include <math.h>
#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/patch/shapley.h>

/* One term of a row: its name and kind. */
struct term {
    char *heads;
    const char *kind;
};

/* Read-only during the walk. Owner. */
struct game {
    struct ablating ablating;
    enum ind_ablation_mode mode;
    struct term *terms;
    int term_count;
};

/* One thread's own. */
struct worker {
    struct ind_shapley shapley;
    double *correct, *loss;         /* [sequences, terms] */
    struct ind_resampled resampled; /* correct, loss, predictions; unless resamples is 0 */
};

struct row {
    long epoch;
    const char *heads, *kind, *mode;
    int period;
    struct ind_estimate accuracy, loss;
    long predictions;
};

static const struct ind_field fields[] = {
    IND_FIELD(struct row, epoch, "optimizer steps"),
    IND_FIELD(struct row, heads, "L0H2, or L0H1+L1H0 of two"),
    IND_FIELD(struct row, kind,
              "none, all: with none of the heads, and with all. value: a head's Shapley value, its "
              "gain averaged over all orders in which the heads may come; values sum to all minus "
              "none. interaction: the Shapley interaction index of two heads (Grabisch and Roubens "
              "1999), negative for accuracy if one stands in for the other"),
    IND_FIELD(struct row, mode, "how the heads that are not in a subset are ablated"),
    IND_FIELD(struct row, period, "of the sequences"),
    IND_FIELD(struct row, accuracy, "of that, with its 95 % interval: bootstrap over sequences"),
    IND_FIELD(struct row, loss, "nats a prediction"),
    IND_FIELD(struct row, predictions, "how many there are"),
    {0}};

/* ---- One checkpoint ------------------------------------------------------------------------- */

static int start(void *memory, const struct ind_study *study, struct ind_error *err)
{
    struct worker *worker = memory;
    const struct game *game = study->shared;
    const struct ind_config *config = study->config;
    const size_t sequences = (size_t)study->sample.sequences;
    const size_t row = (size_t)game->term_count * sizeof(double);
    if (ind_shapley_init(&worker->shapley, config, config->context - 1, game->mode,
                         study->heads.items, study->heads.count, err) ||
        ind_alloc_into(&worker->correct, sequences, row, err) ||
        ind_alloc_into(&worker->loss, sequences, row, err))
        return IND_FAILED;
    worker->shapley.ablator.references = IND_ABLATION_REFERENCES;
    return study->sample.resamples == 0
               ? IND_OK
               : ind_resampled_init(&worker->resampled, &study->sample.bootstrap,
                                    2 * game->term_count + 1, err);
}

static void end(void *memory)
{
    struct worker *worker = memory;
    ind_shapley_release(&worker->shapley);
    ind_resampled_release(&worker->resampled);
    free(worker->correct);
    free(worker->loss);
}

static void resample(struct worker *worker, int sequences, int predictions, int terms)
{
    double *row = worker->resampled.values;
    for (int s = 0; s < sequences; s++) {
        for (int t = 0; t < terms; t++) {
            *row++ = worker->correct[(size_t)s * terms + t];
        }
        for (int t = 0; t < terms; t++)
            *row++ = worker->loss[(size_t)s * terms + t];
        *row++ = predictions;
    }
    ind_resampled_run(&worker->resampled);
}

/* A term a prediction, from its values [sequences, terms] or from the resampled column. */
static struct ind_estimate estimate(const struct worker *worker, const double *values,
                                    int sequences, int terms, int column, int predictions)
{
    struct ind_estimate e = {0.0, (double)NAN, (double)NAN};
    if (worker->resampled.bootstrap != NULL)
        return ind_resampled_ratio(&worker->resampled, column, 2 * terms);
    for (int s = 0; s < sequences; s++)
        e.value += values[(size_t)s * terms + column % terms];
    e.value /= (double)sequences * predictions;
    return e;
}

static int visit(void *memory, const struct ind_study *study, const struct ind_visit *at,
                 struct ind_error *err)
{
    (void)err;
    struct worker *worker = memory;
    const struct game *game = study->shared;
    const struct ind_eval_data *data = at->data;
    const int terms = game->term_count, n = data->sequences;
    const int predictions = ind_eval_predictions(data->context, data->period);
    ind_shapley_run(&worker->shapley, at->params, data,
                    ablating_reference(&game->ablating, at->part), worker->correct, worker->loss);
    if (worker->resampled.bootstrap != NULL)
        resample(worker, n, predictions, terms);
    for (int t = 0; t < terms; t++)
        ind_put(at, &(struct row){
                        .epoch = at->epoch,
                        .heads = game->terms[t].heads,
                        .kind = game->terms[t].kind,
                        .mode = ablating_modes[game->mode],
                        .period = data->period,
                        .accuracy = estimate(worker, worker->correct, n, terms, t, predictions),
                        .loss = estimate(worker, worker->loss, n, terms, terms + t, predictions),
                        .predictions = (long)n * predictions});
    return IND_OK;
}

/* ---- Before the walk ------------------------------------------------------------------------ */

static int add_term(struct game *game, const struct ind_head *heads, int count, const char *kind,
                    struct ind_error *err)
{
    char *name = ablating_set_name(heads, count);
    if (name == NULL)
        return ind_fail(err, "out of memory");
    game->terms[game->term_count++] = (struct term){name, kind};
    return IND_OK;
}

/* In the library's order of terms. */
static int name_terms(struct game *game, const struct ind_heads *heads, struct ind_error *err)
{
    const int count = heads->count;
    if (count > IND_SHAPLEY_PLAYERS)
        return ind_fail(err, "--shapley: %d heads have too many subsets: at most %d", count,
                        IND_SHAPLEY_PLAYERS);
    if (ind_alloc_into(&game->terms, (size_t)ind_shapley_count(count), sizeof *game->terms, err) ||
        add_term(game, heads->items, 0, "none", err) ||
        add_term(game, heads->items, count, "all", err))
        return IND_FAILED;
    for (int i = 0; i < count; i++) {
        if (add_term(game, &heads->items[i], 1, "value", err))
            return IND_FAILED;
    }
    for (int i = 0; i < count; i++) {
        for (int j = i + 1; j < count; j++) {
            const struct ind_head pair[] = {heads->items[i], heads->items[j]};
            if (add_term(game, pair, 2, "interaction", err))
                return IND_FAILED;
        }
    }
    return IND_OK;
}

static int prepare(void *memory, struct ind_study *study, struct ind_error *err)
{
    struct game *game = memory;
    if (ablating_init(&game->ablating, study, err))
        return IND_FAILED;
    game->mode = (enum ind_ablation_mode)((const struct settings *)study->settings)->modes.items[0];
    return name_terms(game, &study->heads, err);
}

static void release(void *memory)
{
    struct game *game = memory;
    for (int t = 0; t < game->term_count; t++)
        free(game->terms[t].heads);
    free(game->terms);
    ablating_release(&game->ablating);
}

const struct ind_analysis ablation_by_shapley = {
    .option = "shapley",
    .fields = fields,
    .details = "Over all subsets of the heads of --heads, by default all; at most 12.",
    .takes = {.heads = IND_HEADS_ALL,
              .periods = IND_PERIODS_TRAINED,
              .sequences = true,
              .resamples = true},
    .parts = ind_parts_periods,
    IND_SHARED(struct game, prepare, release),
    .visit = visit,
    IND_WORKER(struct worker, start, end)};
