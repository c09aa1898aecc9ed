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
    struct ablating *ablating;
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

static const struct ind_column columns[] = {
    {"epoch", IND_COLUMN_INT, 0},        {"heads", IND_COLUMN_TEXT, 0},
    {"kind", IND_COLUMN_TEXT, 0},        {"mode", IND_COLUMN_TEXT, 0},
    {"period", IND_COLUMN_INT, 0},       {"accuracy", IND_COLUMN_REAL, 0},
    {"accuracy_lo", IND_COLUMN_REAL, 0}, {"accuracy_hi", IND_COLUMN_REAL, 0},
    {"loss", IND_COLUMN_REAL, 0},        {"loss_lo", IND_COLUMN_REAL, 0},
    {"loss_hi", IND_COLUMN_REAL, 0},     {"predictions", IND_COLUMN_INT, 0},
};

/* ---- One checkpoint ------------------------------------------------------------------------- */

static int worker_init(void *memory, const struct ind_series *series, void *context,
                       struct ind_error *err)
{
    struct worker *worker = memory;
    const struct game *game = context;
    const struct ind_contrast *contrast = &game->ablating->contrast;
    const struct ind_heads *heads = &game->ablating->heads;
    const struct ind_config *config = &series->layout.config;
    const size_t sequences = (size_t)contrast->choices->sequences;
    const size_t row = (size_t)game->term_count * sizeof(double);
    if (ind_shapley_init(&worker->shapley, config, config->context - 1, game->mode, heads->items,
                         heads->count, err) ||
        ind_alloc_into(&worker->correct, sequences, row, err) ||
        ind_alloc_into(&worker->loss, sequences, row, err))
        return IND_FAILED;
    return contrast->choices->resamples == 0
               ? IND_OK
               : ind_resampled_init(&worker->resampled, &contrast->bootstrap,
                                    2 * game->term_count + 1, err);
}

static void worker_release(void *memory)
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
static void put_estimate(const struct worker *worker, const double *values, int sequences,
                         int terms, int column, int predictions, struct ind_rows *rows)
{
    struct ind_estimate e = {0.0, (double)NAN, (double)NAN};
    if (worker->resampled.bootstrap != NULL) {
        e = ind_resampled_ratio(&worker->resampled, column, 2 * terms);
    } else {
        for (int s = 0; s < sequences; s++)
            e.value += values[(size_t)s * terms + column % terms];
        e.value /= (double)sequences * predictions;
    }
    ind_rows_real(rows, e.value);
    ind_rows_real(rows, e.lo);
    ind_rows_real(rows, e.hi);
}

static void visit_period(struct worker *worker, const struct game *game,
                         const struct ind_visit *visit, int period)
{
    const struct ind_eval_data *data = &game->ablating->contrast.data[period];
    const int terms = game->term_count, sequences = data->sequences;
    const int predictions = ind_eval_predictions(data->context, data->period);
    ind_shapley_run(&worker->shapley, visit->params, data,
                    ablating_reference(game->ablating, period), worker->correct, worker->loss);
    if (worker->resampled.bootstrap != NULL)
        resample(worker, sequences, predictions, terms);
    for (int t = 0; t < terms; t++) {
        ind_rows_int(visit->rows, visit->epoch);
        ind_rows_text(visit->rows, game->terms[t].heads);
        ind_rows_text(visit->rows, game->terms[t].kind);
        ind_rows_text(visit->rows, ablating_mode_name((int)game->mode));
        ind_rows_int(visit->rows, data->period);
        put_estimate(worker, worker->correct, sequences, terms, t, predictions, visit->rows);
        put_estimate(worker, worker->loss, sequences, terms, terms + t, predictions, visit->rows);
        ind_rows_int(visit->rows, (long long)sequences * predictions);
    }
}

static int visit(void *memory, void *context, const struct ind_visit *visit, struct ind_error *err)
{
    (void)err;
    const struct game *game = context;
    for (int p = 0; p < game->ablating->contrast.choices->periods.count; p++)
        visit_period(memory, game, visit, p);
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
static int name_terms(struct game *game, struct ind_error *err)
{
    const struct ind_heads *heads = &game->ablating->heads;
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

static void game_release(struct game *game)
{
    for (int t = 0; t < game->term_count; t++)
        free(game->terms[t].heads);
    free(game->terms);
}

int shapley_run(struct ind_tool *tool, const struct ind_series *series, struct ablating *ablating)
{
    struct game game = {.ablating = ablating, .mode = (enum ind_ablation_mode)ablating->modes[0]};
    struct ind_table table;
    const struct ind_walk walk = {.noun = "checkpoints",
                                  .context = &game,
                                  .worker_size = sizeof(struct worker),
                                  .worker_init = worker_init,
                                  .worker_release = worker_release,
                                  .visit = visit};
    int status = name_terms(&game, &tool->error);
    if (status == IND_OK)
        status = ind_tool_table(tool, &table, columns, sizeof columns / sizeof *columns);
    if (status == IND_OK)
        status = ind_walk_run(tool, series, &walk, &table);
    game_release(&game);
    return status;
}
