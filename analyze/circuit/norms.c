/*
 * --norms: the norm of everything at every checkpoint, over that at the first and beside what
 * weight decay alone would have left.
 */
#include "parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/circuit/norms.h>
#include <induct/tool/walk.h>

/* One thread's own, and the first checkpoint's. */
struct bench {
    double *scratch;
    struct ind_weight_norm *norms; /* [count] */
};

/* What all workers share; read-only during the walk. */
struct norming {
    bool each;
    size_t count;
    struct bench first; /* of the first checkpoint of the run */
};

static const struct ind_column columns[] = {
    {"epoch", IND_COLUMN_INT, 0},     {"matrix", IND_COLUMN_TEXT, 0},
    {"row", IND_COLUMN_TEXT, 0},      {"norm", IND_COLUMN_REAL, 0},
    {"row_mean", IND_COLUMN_REAL, 0}, {"row_min", IND_COLUMN_REAL, 0},
    {"row_max", IND_COLUMN_REAL, 0},  {"relative", IND_COLUMN_REAL, 0},
    {"decay", IND_COLUMN_REAL, 0},
};

static int bench_init(struct bench *bench, const struct ind_series *series,
                      const struct norming *norming, struct ind_error *err)
{
    if (ind_alloc_into(&bench->scratch, ind_norms_scratch(&series->layout), sizeof *bench->scratch,
                       err))
        return IND_FAILED;
    return ind_alloc_into(&bench->norms, norming->count, sizeof *bench->norms, err);
}

static int worker_init(void *memory, const struct ind_series *series, void *context,
                       struct ind_error *err)
{
    return bench_init(memory, series, context, err);
}

static void worker_release(void *memory)
{
    struct bench *bench = memory;
    free(bench->scratch);
    free(bench->norms);
}

/* Of a run trained elsewhere nobody knows the rates. */
static double decay_of(const struct ind_series *series, int decays, long epoch)
{
    const struct ind_recipe *recipe = &series->recipe;
    if (decays == 0)
        return 1.0;
    if (series->imported)
        return (double)NAN;
    return ind_pure_decay(recipe->lr, recipe->weight_decay, decays,
                          (double)(epoch - series->epochs[0]));
}

static void put_row_name(struct ind_rows *rows, int row)
{
    char text[16];
    snprintf(text, sizeof text, "%d", row);
    ind_rows_text(rows, row == IND_ROWS_ALL ? "all" : row == IND_ROWS_FROM_1 ? "1:" : text);
}

static int visit(void *memory, void *context, const struct ind_visit *visit, struct ind_error *err)
{
    (void)err;
    struct bench *bench = memory;
    const struct norming *norming = context;
    ind_norms_run(visit->params, norming->each, bench->scratch, bench->norms);
    for (size_t i = 0; i < norming->count; i++) {
        const struct ind_weight_norm *norm = &bench->norms[i];
        const double first = norming->first.norms[i].norm;
        ind_rows_int(visit->rows, visit->epoch);
        ind_rows_text(visit->rows, norm->matrix);
        put_row_name(visit->rows, norm->row);
        ind_rows_real(visit->rows, norm->norm);
        ind_rows_real(visit->rows, norm->row_mean);
        ind_rows_real(visit->rows, norm->row_min);
        ind_rows_real(visit->rows, norm->row_max);
        ind_rows_real(visit->rows, first > 0.0 ? norm->norm / first : (double)NAN);
        ind_rows_real(visit->rows, decay_of(visit->series, norm->decays, visit->epoch));
    }
    return IND_OK;
}

static int measure_first(struct norming *norming, const struct ind_series *series,
                         struct ind_error *err)
{
    struct ind_params params = {0};
    int status = bench_init(&norming->first, series, norming, err);
    if (status == IND_OK)
        status = ind_params_init(&params, &series->layout, err);
    if (status == IND_OK)
        status = ind_series_read(series, 0, &params, err);
    if (status == IND_OK)
        ind_norms_run(&params, norming->each, norming->first.scratch, norming->first.norms);
    ind_params_release(&params);
    return status;
}

int norms_of_series(struct ind_tool *tool, const struct settings *settings,
                    const struct ind_series *series)
{
    struct norming norming = {.each = settings->each,
                              .count = ind_norms_count(&series->layout, settings->each)};
    struct ind_table table;
    const struct ind_walk walk = {.noun = "checkpoints",
                                  .context = &norming,
                                  .worker_size = sizeof(struct bench),
                                  .worker_init = worker_init,
                                  .worker_release = worker_release,
                                  .visit = visit};
    int status = measure_first(&norming, series, &tool->error);
    if (status == IND_OK)
        status = ind_tool_table(tool, &table, columns, sizeof columns / sizeof *columns);
    if (status == IND_OK)
        status = ind_walk_run(tool, series, &walk, &table);
    worker_release(&norming.first);
    return status;
}
