#include "bench/bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/data/task.h>
#include <induct/run/series.h>
#include <induct/tool/progress.h>

#include "bench/measure.h"

/* Seconds of every read, over the whole series. */
static int read_all(const struct ind_series *series, struct ind_params *params,
                    struct samples *samples, struct ind_error *err)
{
    for (int i = 0; i < series->count; i++) {
        const double before = ind_seconds();
        if (ind_series_read(series, i, params, err) ||
            samples_add(samples, ind_seconds() - before, err))
            return IND_FAILED;
    }
    return IND_OK;
}

int bench_read(const char *run, int rounds, struct ind_error *err)
{
    struct ind_series series;
    struct ind_params params;
    struct samples samples = {0};
    if (ind_series_open(&series, run, err))
        return IND_FAILED;
    int status = ind_params_init(&params, &series.layout, err);
    for (int r = 0; r < rounds && status == IND_OK; r++)
        status = read_all(&series, &params, &samples, err);
    if (status == IND_OK)
        printf("  reading a checkpoint of %zu KiB: %.1f us (quartiles %.1f - %.1f), checked "
               "against its checksum\n",
               series.layout.total * sizeof(float) / 1024, 1e6 * samples_median(&samples),
               1e6 * samples_quantile(&samples, 0.25), 1e6 * samples_quantile(&samples, 0.75));
    samples_release(&samples);
    ind_params_release(&params);
    ind_series_close(&series);
    return status;
}

int bench_tokens(const char *run, int period, int count, struct ind_error *err)
{
    struct ind_series series;
    int32_t *tokens = NULL;
    if (ind_series_open(&series, run, err))
        return IND_FAILED;
    const struct ind_config *model = &series.recipe.model;
    const int status =
        ind_alloc_into(&tokens, (size_t)count * (size_t)model->context, sizeof *tokens, err);
    if (status == IND_OK)
        ind_task_eval(model->vocab, model->context, 0, period, 0, count, tokens);
    for (int i = 0; status == IND_OK && i < count * model->context; i++)
        printf("%d%c", (int)tokens[i], (i + 1) % model->context ? ' ' : '\n');
    free(tokens);
    ind_series_close(&series);
    return status;
}
