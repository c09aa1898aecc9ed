#include "bench/bench.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include <induct/math/simd.h>
#include <induct/tool/progress.h>

#include "bench/measure.h"
#include "bench/work.h"

enum { THREADS_MAX = 2, LAYERS_MAX = 2 };

/* Everything that takes turns; index [threads - 1]. */
struct bench {
    int threads; /* 1 on a machine with one processor */
    struct gemms gemms[THREADS_MAX];
    struct limit limits[THREADS_MAX];
    struct ind_recipe recipes[LAYERS_MAX];
    struct ind_trainer trainers[THREADS_MAX][LAYERS_MAX];
    struct samples limit[THREADS_MAX], gemm[THREADS_MAX], barrier[THREADS_MAX]; /* seconds */
    struct samples epoch[THREADS_MAX][LAYERS_MAX];
};

static int init(struct bench *bench, struct ind_error *err)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    bench->threads = processors >= THREADS_MAX ? THREADS_MAX : 1;
    for (int t = 0; t < bench->threads; t++) {
        if (gemms_init(&bench->gemms[t], t + 1, err))
            return IND_FAILED;
        bench->limits[t].team = &bench->gemms[t].team;
        for (int l = 0; l < LAYERS_MAX; l++)
            if (step_recipe(l + 1, &bench->recipes[l], err) ||
                ind_trainer_init(&bench->trainers[t][l], &bench->recipes[l], t + 1, err))
                return IND_FAILED;
    }
    return IND_OK;
}

static void release(struct bench *bench)
{
    for (int t = 0; t < bench->threads; t++) {
        gemms_release(&bench->gemms[t]);
        samples_release(&bench->limit[t]);
        samples_release(&bench->gemm[t]);
        samples_release(&bench->barrier[t]);
        for (int l = 0; l < LAYERS_MAX; l++) {
            ind_trainer_release(&bench->trainers[t][l]);
            samples_release(&bench->epoch[t][l]);
        }
    }
}

static int add_turn(int (*run)(void *context, struct ind_error *err), void *context, double seconds,
                    struct samples *samples, struct ind_error *err)
{
    double median = 0;
    if (measure_turn(run, context, seconds, &median, err))
        return IND_FAILED;
    return samples_add(samples, median, err);
}

static int run_round(struct bench *bench, double turn, struct ind_error *err)
{
    for (int t = 0; t < bench->threads; t++) {
        if (add_turn(limit_run, &bench->limits[t], turn / 2, &bench->limit[t], err) ||
            add_turn(gemms_run, &bench->gemms[t], turn, &bench->gemm[t], err) ||
            add_turn(barriers_run, &bench->gemms[t].team, 0, &bench->barrier[t], err))
            return IND_FAILED;
        for (int l = 0; l < LAYERS_MAX; l++)
            if (add_turn(step_run, &bench->trainers[t][l], turn, &bench->epoch[t][l], err))
                return IND_FAILED;
    }
    return IND_OK;
}

/* ---- The table ------------------------------------------------------------------------------- */

static void print_limit(const struct bench *bench, int t)
{
    const double flop = bench->limits[t].operations;
    const struct samples *samples = &bench->limit[t];
    printf("  %-22s %8s     %6s   %-6s  %6s   %7.1f    best %.1f\n",
           t ? "limit, 2 threads" : "limit, 1 thread", "", "", "", "",
           1e-9 * flop / samples_median(samples), 1e-9 * flop / samples_quantile(samples, 0));
}

/* How many times what the multiply-adds alone would take. */
static double times_limit(const struct bench *bench, int t, int l, double epoch_per_limit)
{
    return epoch_per_limit * bench->limits[t].operations / step_flop(&bench->recipes[l]);
}

static void print_gemm(const struct bench *bench, int t)
{
    const struct samples *samples = &bench->gemm[t];
    const double flop = gemms_flop(&bench->gemms[t]) * 1e-9;
    printf("  %-22s %8.2f ms  %6.2f - %-6.2f  %6.2f   %7.1f\n",
           t ? "2 products at a time" : "product 1024^3", 1e3 * samples_median(samples),
           1e3 * samples_quantile(samples, 0.25), 1e3 * samples_quantile(samples, 0.75),
           1e3 * samples_quantile(samples, 0), flop / samples_median(samples));
}

static void print_epoch(const struct bench *bench, int t, int l)
{
    const struct samples *samples = &bench->epoch[t][l];
    const double flop = step_flop(&bench->recipes[l]);
    const double share =
        samples_ratio(&bench->gemm[t], samples) * flop / gemms_flop(&bench->gemms[t]);
    printf("  %dL, %d thread%-11s %8.2f ms  %6.2f - %-6.2f  %6.2f   %7.1f    %8.2f  %5.1f %%",
           l + 1, t + 1, t ? "s" : "", 1e3 * samples_median(samples),
           1e3 * samples_quantile(samples, 0.25), 1e3 * samples_quantile(samples, 0.75),
           1e3 * samples_quantile(samples, 0), 1e-9 * flop / samples_median(samples),
           times_limit(bench, t, l, samples_ratio(samples, &bench->limit[t])), 100 * share);
    if (t > 0)
        printf("     %.2f", samples_ratio(&bench->epoch[0][l], samples));
    putchar('\n');
}

/* The same from the fastest turn of each: what a machine at rest would show, as far as this one
 * ever was. */
static void print_best(const struct bench *bench, int t, int l)
{
    const struct samples *samples = &bench->epoch[t][l];
    const double best = samples_quantile(samples, 0), gemm = samples_quantile(&bench->gemm[t], 0);
    printf("  fastest turns: %dL, %d thread%s %.2f ms, %.2f times the limit, %.1f %% of GEMM",
           l + 1, t + 1, t ? "s" : "", 1e3 * best,
           times_limit(bench, t, l, best / samples_quantile(&bench->limit[t], 0)),
           100 * gemm / best * step_flop(&bench->recipes[l]) / gemms_flop(&bench->gemms[t]));
    if (t > 0)
        printf(", %.2f times 1 thread", samples_quantile(&bench->epoch[0][l], 0) / best);
    putchar('\n');
}

static void print_table(const struct bench *bench)
{
    printf(
        "Training, one epoch of 32 sequences (%.3f GFLOP in one layer, %.3f in two: products\n"
        "alone, forward and backward, the masked half of attention not counted). The limit is the\n"
        "multiply-add rate on %s vectors in the same rounds: an epoch's products at that rate.\n\n",
        1e-9 * step_flop(&bench->recipes[0]), 1e-9 * step_flop(&bench->recipes[1]),
        ind_simd_name());
    printf("  %-22s %11s  %15s  %6s   %7s  %10s  %7s  %s\n", "", "median", "quartiles", "best",
           "GFLOP/s", "times limit", "of GEMM", "to 1 thread");
    for (int t = 0; t < bench->threads; t++) {
        print_limit(bench, t);
        print_gemm(bench, t);
        for (int l = 0; l < LAYERS_MAX; l++)
            print_epoch(bench, t, l);
    }
    putchar('\n');
    for (int t = 0; t < bench->threads; t++)
        for (int l = 0; l < LAYERS_MAX; l++)
            print_best(bench, t, l);
    if (bench->threads < THREADS_MAX)
        printf("  2 threads              not measured: one processor\n");
    for (int t = 1; t < bench->threads; t++)
        printf(
            "\n  An empty section of a team of %d: %.2f us (quartiles %.2f - %.2f); an epoch has "
            "three.\n",
            t + 1, 1e6 / BARRIERS * samples_median(&bench->barrier[t]),
            1e6 / BARRIERS * samples_quantile(&bench->barrier[t], 0.25),
            1e6 / BARRIERS * samples_quantile(&bench->barrier[t], 0.75));
}

int bench_train(int rounds, double turn, struct ind_error *err)
{
    static struct bench bench;
    int status = init(&bench, err);
    for (int r = 0; r < rounds && status == IND_OK; r++)
        status = run_round(&bench, turn, err);
    if (status == IND_OK)
        print_table(&bench);
    release(&bench);
    return status;
}

int bench_turn(int layers, int threads, double seconds, struct ind_error *err)
{
    static struct ind_trainer trainer;
    struct ind_recipe recipe;
    struct turn turn = {0};
    if (step_recipe(layers, &recipe, err) || ind_trainer_init(&trainer, &recipe, threads, err))
        return IND_FAILED;
    int status = step_run(&trainer, err); /* pages touched, caches warm */
    if (status == IND_OK)
        status = measure_fully(step_run, &trainer, seconds, &turn, err);
    if (status == IND_OK)
        printf("%.4f\t%.4f\t%.4f\n", 1e3 * turn.median, 1e3 * turn.fastest, 1e3 * turn.processor);
    ind_trainer_release(&trainer);
    return status;
}
