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

struct row {
    long epoch;
    char row[16];
    struct ind_weight_norm is;
    double relative, decay;
};

static const struct ind_field fields[] = {
    IND_FIELD(struct row, epoch, "optimizer steps"),
    IND_FIELD_AS(
        "matrix", struct row, is.matrix,
        "W_E, W_pos, W_U, or of a head: L0H2.W_Q. (b_K, where a model has it, acts only with "
        "rotary positions; without them its gradient is rounding, its value a walk)"),
    IND_FIELD(struct row, row,
              "all, 1: (every token but 0, which never occurs in the study's data) or a number"),
    IND_FIELD_AS("norm", struct row, is.norm, "Frobenius, or of the row"),
    IND_FIELD_AS("row_mean", struct row, is.row_mean, "mean norm of its rows"),
    IND_FIELD_AS("row_min", struct row, is.row_min, "smallest"),
    IND_FIELD_AS("row_max", struct row, is.row_max, "largest"),
    IND_FIELD(struct row, relative, "norm over that at the first checkpoint of the run"),
    IND_FIELD(
        struct row, decay,
        "what weight decay alone would have left of it, in exact arithmetic: token 0's curve, "
        "which float32 factors bend, by 3e-4 of it at 20,000 epochs and 8e-4 at 60,000"),
    {0}};

static int bench_init(struct bench *bench, const struct ind_study *study, size_t count,
                      struct ind_error *err)
{
    if (ind_alloc_into(&bench->scratch, ind_norms_scratch(&study->series->layout),
                       sizeof *bench->scratch, err))
        return IND_FAILED;
    return ind_alloc_into(&bench->norms, count, sizeof *bench->norms, err);
}

static int start(void *memory, const struct ind_study *study, struct ind_error *err)
{
    const struct norming *norming = study->shared;
    return bench_init(memory, study, norming->count, err);
}

static void end(void *memory)
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

static int visit(void *memory, const struct ind_study *study, const struct ind_visit *at,
                 struct ind_error *err)
{
    (void)err;
    struct bench *bench = memory;
    const struct norming *norming = study->shared;
    ind_norms_run(at->params, norming->each, bench->scratch, bench->norms);
    for (size_t i = 0; i < norming->count; i++) {
        struct row row = {.epoch = at->epoch, .is = bench->norms[i]};
        const double first = norming->first.norms[i].norm;
        snprintf(row.row, sizeof row.row, "%d", row.is.row);
        if (row.is.row == IND_ROWS_ALL || row.is.row == IND_ROWS_FROM_1)
            snprintf(row.row, sizeof row.row, "%s", row.is.row == IND_ROWS_ALL ? "all" : "1:");
        row.relative = first > 0.0 ? row.is.norm / first : (double)NAN;
        row.decay = decay_of(at->series, row.is.decays, at->epoch);
        ind_put(at, &row);
    }
    return IND_OK;
}

static int prepare(void *memory, struct ind_study *study, struct ind_error *err)
{
    struct norming *norming = memory;
    const struct ind_series *series = study->series;
    struct ind_params params = {0};
    norming->each = ((const struct settings *)study->settings)->each;
    norming->count = ind_norms_count(&series->layout, norming->each);
    int status = bench_init(&norming->first, study, norming->count, err);
    if (status == IND_OK)
        status = ind_params_init(&params, &series->layout, err);
    if (status == IND_OK)
        status = ind_series_read(series, 0, &params, err);
    if (status == IND_OK)
        ind_norms_run(&params, norming->each, norming->first.scratch, norming->first.norms);
    ind_params_release(&params);
    return status;
}

static void release(void *memory)
{
    struct norming *norming = memory;
    end(&norming->first);
}

const struct ind_analysis circuit_norms = {.option = "norms",
                                           .fields = fields,
                                           IND_SHARED(struct norming, prepare, release),
                                           .visit = visit,
                                           IND_WORKER(struct bench, start, end)};
