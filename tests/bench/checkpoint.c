/*
 * What a checkpoint at every epoch costs: epochs with and without one take turns in one run, so
 * that each has its neighbour to be compared with.
 */
#include "bench/bench.h"

#include <stdio.h>
#include <unistd.h>

#include <induct/run/run.h>
#include <induct/tool/progress.h>

#include "bench/measure.h"
#include "bench/work.h"

enum { WITHOUT, WITH, KINDS };

struct dense {
    struct ind_trainer trainer;
    struct ind_run run;
    struct samples seconds[KINDS], processor[KINDS];
};

static int init(struct dense *dense, const char *folder, struct ind_error *err)
{
    struct ind_recipe recipe;
    const int threads = sysconf(_SC_NPROCESSORS_ONLN) > 1 ? 2 : 1;
    if (step_recipe(2, &recipe, err) || ind_trainer_init(&dense->trainer, &recipe, threads, err))
        return IND_FAILED;
    const struct ind_run_state start = {.weights = &dense->trainer.weights,
                                        .moment1 = &dense->trainer.moment1,
                                        .moment2 = &dense->trainer.moment2};
    if (ind_run_create(&dense->run, folder, &recipe, false, err) ||
        ind_run_save_state(&dense->run, &start, err))
        return IND_FAILED;
    return step_run(&dense->trainer, err);
}

/* One epoch of a kind, as the trainer goes about it: its checkpoint, then the step to the next. */
static int run_epoch(struct dense *dense, int kind, struct ind_error *err)
{
    const double began = ind_seconds(), used = processor_seconds();
    if (kind == WITH &&
        ind_run_save_checkpoint(&dense->run, &dense->trainer.weights, dense->trainer.epoch, err))
        return IND_FAILED;
    if (step_run(&dense->trainer, err))
        return IND_FAILED;
    if (samples_add(&dense->seconds[kind], ind_seconds() - began, err))
        return IND_FAILED;
    return samples_add(&dense->processor[kind], processor_seconds() - used, err);
}

static void print(const struct dense *dense)
{
    const struct samples *without = &dense->seconds[WITHOUT], *with = &dense->seconds[WITH];
    const double more = 1e3 * (samples_median(with) - samples_median(without));
    printf(
        "%.2f ms an epoch (quartiles %.2f - %.2f), with a checkpoint %+.2f ms: %+.1f %% of time, "
        "%+.1f %% of processor time\n",
        1e3 * samples_median(without), 1e3 * samples_quantile(without, 0.25),
        1e3 * samples_quantile(without, 0.75), more, 100 * (samples_ratio(with, without) - 1),
        100 * (samples_ratio(&dense->processor[WITH], &dense->processor[WITHOUT]) - 1));
}

static void release(struct dense *dense)
{
    ind_run_close(&dense->run);
    ind_trainer_release(&dense->trainer);
    for (int kind = 0; kind < KINDS; kind++) {
        samples_release(&dense->seconds[kind]);
        samples_release(&dense->processor[kind]);
    }
}

int bench_checkpoint(const char *folder, int pairs, struct ind_error *err)
{
    struct dense dense = {.run = {.lock = -1, .metrics = -1}};
    int status = init(&dense, folder, err);
    for (int i = 0; i < KINDS * pairs && status == IND_OK; i++)
        status = run_epoch(&dense, i % KINDS, err);
    if (status == IND_OK)
        print(&dense);
    release(&dense);
    return status;
}
