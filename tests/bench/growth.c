/*
 * How the cost of an epoch grows: one size at a time is varied around the two-layer preset. A point
 * is a process of its own, so that its peak memory is its own.
 */
#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/measure.h"
#include "bench/work.h"

struct axis {
    const char *name;
    int values[6]; /* ascending, 0 past the last */
};

static const struct axis AXES[] = {
    {"d_model", {32, 64, 128, 256, 512}}, {"context", {80, 160, 320, 640, 1024}},
    {"vocab", {64, 256, 1024, 4096}},     {"layers", {1, 2, 4, 8}},
    {"batch", {8, 16, 32, 64, 128}},      {"threads", {1, 2, 4, 8, 16}},
};
enum { AXIS_COUNT = sizeof AXES / sizeof *AXES, VALUES = 6 };

struct point {
    const char *axis;
    int value, threads;
    struct ind_recipe recipe;
    struct samples epoch, limit; /* seconds; multiply-adds a second and thread */
    long peak;                   /* KiB */
};

/* What a point's process reports. */
struct outcome {
    double epoch, limit;
    long peak;
};

static int set(struct point *point, const char *axis, int value, struct ind_error *err)
{
    struct ind_config *model = &point->recipe.model;
    if (strcmp(axis, "d_model") == 0) {
        model->d_model = value;
        model->d_head = value / model->heads;
    } else if (strcmp(axis, "context") == 0) {
        model->context = value;
    } else if (strcmp(axis, "vocab") == 0) {
        model->vocab = value;
    } else if (strcmp(axis, "layers") == 0) {
        model->layers = value;
    } else if (strcmp(axis, "batch") == 0) {
        point->recipe.batch = value;
    } else {
        point->threads = value;
    }
    point->axis = axis;
    point->value = value;
    return ind_recipe_check(&point->recipe, err);
}

static int add_axis(const struct axis *axis, int processors, struct point *points, int *count,
                    struct ind_error *err)
{
    for (int i = 0; i < VALUES && axis->values[i]; i++) {
        if (strcmp(axis->name, "threads") == 0 && (axis->values[i] > processors || processors == 1))
            return IND_OK;
        struct point *point = &points[*count];
        *point = (struct point){.threads = processors};
        if (step_recipe(2, &point->recipe, err) || set(point, axis->name, axis->values[i], err))
            return IND_FAILED;
        ++*count;
    }
    return IND_OK;
}

/* Half the time before, half after the multiply-adds that it is held against. */
static int measure(const struct point *point, double seconds, bool of_processors,
                   struct outcome *outcome, struct ind_error *err)
{
    static struct ind_trainer trainer;
    struct ind_team alone;
    struct limit limit = {.team = &alone};
    struct rusage used;
    struct turn before, after, between;
    if (ind_team_init(&alone, 1, err) ||
        ind_trainer_init(&trainer, &point->recipe, point->threads, err) ||
        step_run(&trainer, err) || measure_fully(step_run, &trainer, seconds / 2, &before, err) ||
        measure_fully(limit_run, &limit, seconds / 4, &between, err) ||
        measure_fully(step_run, &trainer, seconds / 2, &after, err))
        return IND_FAILED;
    getrusage(RUSAGE_SELF, &used);
    outcome->peak = used.ru_maxrss;
    outcome->epoch = of_processors ? (before.processor + after.processor) / 2
                                   : (before.median + after.median) / 2;
    outcome->limit = limit.operations / (of_processors ? between.processor : between.median);
    return IND_OK;
}

static void report(const struct point *point, double seconds, bool of_processors, int to)
{
    struct ind_error err;
    struct outcome outcome = {0};
    const int status = measure(point, seconds, of_processors, &outcome, &err);
    if (status)
        fprintf(stderr, "induct-bench: %s %d: %s\n", point->axis, point->value, err.text);
    _exit(status || write(to, &outcome, sizeof outcome) != sizeof outcome);
}

static int run_point(struct point *point, double seconds, bool of_processors, struct ind_error *err)
{
    int ends[2], status;
    struct outcome outcome;
    if (pipe(ends))
        return ind_fail_errno(err, "pipe");
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0)
        report(point, seconds, of_processors, ends[1]);
    close(ends[1]);
    const ssize_t got = child > 0 ? read(ends[0], &outcome, sizeof outcome) : -1;
    close(ends[0]);
    if (child < 0 || waitpid(child, &status, 0) != child)
        return ind_fail_errno(err, "%s %d", point->axis, point->value);
    if (status != 0 || got != sizeof outcome)
        return ind_fail(err, "%s %d: the measuring process failed", point->axis, point->value);
    point->peak = outcome.peak > point->peak ? outcome.peak : point->peak;
    if (samples_add(&point->epoch, outcome.epoch, err))
        return IND_FAILED;
    return samples_add(&point->limit, outcome.limit, err);
}

static void print_points(const struct point *points, int count)
{
    puts("axis\tvalue\tthreads\tmilliseconds\tlo\thi\tepochs_per_second\tgflop\tgflops"
         "\tlimit_gflops\tbound_milliseconds\tpeak_mib");
    for (int i = 0; i < count; i++) {
        const struct point *point = &points[i];
        const double epoch = samples_median(&point->epoch), flop = step_flop(&point->recipe);
        const double limit = samples_median(&point->limit);
        printf("%s\t%d\t%d\t%.4f\t%.4f\t%.4f\t%.2f\t%.4f\t%.1f\t%.1f\t%.4f\t%.1f\n", point->axis,
               point->value, point->threads, 1e3 * epoch,
               1e3 * samples_quantile(&point->epoch, 0.25),
               1e3 * samples_quantile(&point->epoch, 0.75), 1 / epoch, 1e-9 * flop,
               1e-9 * flop / epoch, 1e-9 * limit, 1e3 * flop / (limit * point->threads),
               (double)point->peak / 1024);
    }
}

int bench_growth(int passes, double seconds, bool of_processors, struct ind_error *err)
{
    static struct point points[AXIS_COUNT * VALUES];
    const long processors = of_processors ? 1 : sysconf(_SC_NPROCESSORS_ONLN);
    int count = 0, status = IND_OK;
    for (int a = 0; a < AXIS_COUNT && status == IND_OK; a++)
        status = add_axis(&AXES[a], processors > 0 ? (int)processors : 1, points, &count, err);
    for (int pass = 0; pass < passes && status == IND_OK; pass++)
        for (int i = 0; i < count && status == IND_OK; i++)
            status = run_point(&points[i], seconds, of_processors, err);
    if (status == IND_OK)
        print_points(points, count);
    for (int i = 0; i < count; i++) {
        samples_release(&points[i].epoch);
        samples_release(&points[i].limit);
    }
    return status;
}
