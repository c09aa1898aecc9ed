/* Means of the terms by offset, and the positional bump. */
#include "parts.h"

#include <math.h>

/* The walk's context: the offsets that count as trained. */
struct trained {
    const struct split *split;
    int first, last;
};

struct worker {
    struct ind_cache cache;
    struct ind_splitter splitter;
    struct ind_split_offsets offsets;
};

static const struct ind_column mean_columns[] = {
    {"epoch", IND_COLUMN_INT, 0}, {"head", IND_COLUMN_TEXT, 0},  {"offset", IND_COLUMN_INT, 0},
    {"cc", IND_COLUMN_REAL, 0},   {"cp", IND_COLUMN_REAL, 0},    {"pc", IND_COLUMN_REAL, 0},
    {"pp", IND_COLUMN_REAL, 0},   {"total", IND_COLUMN_REAL, 0}, {"pairs", IND_COLUMN_INT, 0},
};

static const struct ind_column bump_columns[] = {
    {"epoch", IND_COLUMN_INT, 0},   {"head", IND_COLUMN_TEXT, 0},   {"bump", IND_COLUMN_REAL, 0},
    {"within", IND_COLUMN_REAL, 0}, {"inside", IND_COLUMN_REAL, 0}, {"beyond", IND_COLUMN_REAL, 0},
    {"before", IND_COLUMN_REAL, 0},
};

/* ---- One checkpoint -------------------------------------------------------------------------- */

static int worker_init(void *memory, const struct ind_series *series, void *context,
                       struct ind_error *err)
{
    struct worker *worker = memory;
    const struct trained *trained = context;
    const struct split *split = trained->split;
    const struct ind_config *config = &series->layout.config;
    const int length = config->context - 1;
    if (split_cache_init(&worker->cache, split, err) ||
        ind_splitter_init(&worker->splitter, config, SPLIT_BATCH, length, err))
        return IND_FAILED;
    return ind_split_offsets_init(&worker->offsets, &split->heads, length, trained->first,
                                  trained->last, err);
}

static void worker_release(void *memory)
{
    struct worker *worker = memory;
    ind_cache_release(&worker->cache);
    ind_splitter_release(&worker->splitter);
    ind_split_offsets_release(&worker->offsets);
}

static void add_sequences(struct worker *worker, const struct split *split,
                          const struct ind_params *params)
{
    ind_split_offsets_clear(&worker->offsets);
    for (int first = 0; first < split->choices->sequences; first += SPLIT_BATCH) {
        split_pass(split, params, first, &worker->cache);
        ind_split_offsets_add(&worker->offsets, &worker->splitter, params, &worker->cache);
    }
}

static int visit_means(void *memory, void *context, const struct ind_visit *visit,
                       struct ind_error *err)
{
    (void)err;
    struct worker *worker = memory;
    const struct split *split = ((const struct trained *)context)->split;
    const struct ind_split_offsets *offsets = &worker->offsets;
    add_sequences(worker, split, visit->params);
    for (int h = 0; h < split->heads.count; h++) {
        for (int o = 0; o < offsets->length; o++) {
            char name[16];
            ind_rows_int(visit->rows, visit->epoch);
            ind_rows_text(visit->rows, ind_head_name(split->heads.items[h], name));
            ind_rows_int(visit->rows, o);
            for (int term = 0; term < IND_SPLIT_MEANS; term++)
                ind_rows_real(visit->rows, ind_split_offsets_mean(offsets, h, term, o));
            ind_rows_int(visit->rows, offsets->sequences * (offsets->length - o));
        }
    }
    return IND_OK;
}

static int visit_bump(void *memory, void *context, const struct ind_visit *visit,
                      struct ind_error *err)
{
    (void)err;
    struct worker *worker = memory;
    const struct split *split = ((const struct trained *)context)->split;
    add_sequences(worker, split, visit->params);
    for (int h = 0; h < split->heads.count; h++) {
        const struct ind_split_bump bump = ind_split_offsets_bump(&worker->offsets, h);
        char name[16];
        ind_rows_int(visit->rows, visit->epoch);
        ind_rows_text(visit->rows, ind_head_name(split->heads.items[h], name));
        ind_rows_real(visit->rows, bump.bump);
        ind_rows_real(visit->rows, bump.within);
        ind_rows_real(visit->rows, bump.inside);
        ind_rows_real(visit->rows, bump.beyond);
        ind_rows_real(visit->rows, bump.before);
    }
    return IND_OK;
}

/* ---- The walk -------------------------------------------------------------------------------- */

static int choose_trained(struct trained *trained, const struct ind_ints *given,
                          struct ind_error *err)
{
    const struct ind_recipe *recipe = &trained->split->series->recipe;
    trained->first = recipe->period_lo - 1;
    trained->last = recipe->period_hi - 1;
    if (given->count == 0)
        return IND_OK;
    for (int i = 1; i < given->count; i++) {
        if (given->items[i] != given->items[0] + i)
            return ind_fail(err, "--offsets: one range A:B of offsets, ascending");
    }
    trained->first = given->items[0];
    trained->last = given->items[given->count - 1];
    return IND_OK;
}

static int check_trained(const struct trained *trained, const struct ind_config *config,
                         struct ind_error *err)
{
    if (trained->last + 1 < config->context - 1)
        return IND_OK;
    return ind_fail(err,
                    "trained offsets up to %d leave none beyond them in a context of %d: say "
                    "--offsets A:B",
                    trained->last, config->context);
}

int split_offsets(struct split *split, bool bump, const struct ind_ints *offsets)
{
    struct trained trained = {.split = split};
    struct ind_error *err = &split->tool->error;
    struct ind_table table;
    if (choose_trained(&trained, offsets, err) ||
        (bump && check_trained(&trained, &split->series->layout.config, err)))
        return IND_FAILED;
    const struct ind_column *columns = bump ? bump_columns : mean_columns;
    const size_t size = bump ? sizeof bump_columns : sizeof mean_columns;
    if (ind_tool_table(split->tool, &table, columns, (int)(size / sizeof *columns)))
        return IND_FAILED;
    const struct ind_walk walk = {.noun = "checkpoints",
                                  .context = &trained,
                                  .worker_size = sizeof(struct worker),
                                  .worker_init = worker_init,
                                  .worker_release = worker_release,
                                  .visit = bump ? visit_bump : visit_means};
    return ind_walk_run(split->tool, split->series, &walk, &table);
}
