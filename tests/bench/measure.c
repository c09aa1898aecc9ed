#include "bench/measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <induct/base/memory.h>
#include <induct/tool/progress.h>

int samples_add(struct samples *samples, double value, struct ind_error *err)
{
    if (ind_grow(&samples->values, &samples->room, samples->count + 1, sizeof value, err))
        return IND_FAILED;
    samples->values[samples->count++] = value;
    return IND_OK;
}

void samples_clear(struct samples *samples)
{
    samples->count = 0;
}

void samples_release(struct samples *samples)
{
    free(samples->values);
    *samples = (struct samples){0};
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(double *values, size_t count, double q)
{
    if (count == 0)
        return (double)NAN;
    qsort(values, count, sizeof *values, compare);
    const double at = q * (double)(count - 1);
    const size_t below = (size_t)at;
    const size_t above = below + 1 < count ? below + 1 : below;
    return values[below] + (at - (double)below) * (values[above] - values[below]);
}

double samples_quantile(const struct samples *samples, double q)
{
    double *copy = ind_alloc(samples->count, sizeof *copy);
    if (!copy)
        return (double)NAN;
    if (samples->count > 0)
        memcpy(copy, samples->values, samples->count * sizeof *copy);
    const double value = quantile(copy, samples->count, q);
    free(copy);
    return value;
}

double samples_median(const struct samples *samples)
{
    return samples_quantile(samples, 0.5);
}

double samples_ratio(const struct samples *over, const struct samples *under)
{
    const size_t count = over->count < under->count ? over->count : under->count;
    double *ratios = ind_alloc(count, sizeof *ratios);
    if (!ratios)
        return (double)NAN;
    for (size_t i = 0; i < count; i++)
        ratios[i] = over->values[i] / under->values[i];
    const double median = quantile(ratios, count, 0.5);
    free(ratios);
    return median;
}

double processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int measure_fully(int (*run)(void *context, struct ind_error *err), void *context, double seconds,
                  struct turn *turn, struct ind_error *err)
{
    struct samples calls = {0};
    const double began = ind_seconds(), worked = processor_seconds();
    double before = began;
    int status = IND_OK;
    while (status == IND_OK && (calls.count < 3 || before - began < seconds)) {
        status = run(context, err);
        const double now = ind_seconds();
        if (status == IND_OK)
            status = samples_add(&calls, now - before, err);
        before = now;
    }
    *turn = (struct turn){samples_median(&calls), samples_quantile(&calls, 0),
                          (processor_seconds() - worked) / (double)calls.count};
    samples_release(&calls);
    return status;
}

int measure_turn(int (*run)(void *context, struct ind_error *err), void *context, double seconds,
                 double *median, struct ind_error *err)
{
    struct turn turn;
    const int status = measure_fully(run, context, seconds, &turn, err);
    *median = turn.median;
    return status;
}
