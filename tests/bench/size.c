#include "bench/bench.h"

#include <stdio.h>
#include <sys/resource.h>

#include <induct/tool/progress.h>

#include "bench/measure.h"
#include "bench/work.h"

static int size_recipe(const struct size *size, struct ind_recipe *recipe, struct ind_error *err)
{
    if (ind_recipe_preset("2L-varied", recipe, err))
        return IND_FAILED;
    recipe->model.d_model = size->d_model;
    recipe->model.vocab = size->vocab;
    recipe->model.context = size->context;
    recipe->model.heads = size->d_model < 256 ? 4 : 8;
    recipe->model.d_head = size->d_model / recipe->model.heads;
    recipe->batch = size->batch;
    return ind_recipe_check(recipe, err);
}

static int measure(struct ind_trainer *trainer, double seconds, struct ind_error *err)
{
    double wall = 1e9, processor = 1e9;
    struct rusage used;
    if (step_run(trainer, err)) /* pages touched, caches warm */
        return IND_FAILED;
    int steps = 0;
    for (const double begin = ind_seconds(); steps < 2 || ind_seconds() - begin < seconds;
         steps++) {
        const double before = ind_seconds(), worked = processor_seconds();
        if (step_run(trainer, err))
            return IND_FAILED;
        const double took = ind_seconds() - before, work = processor_seconds() - worked;
        wall = took < wall ? took : wall;
        processor = work < processor ? work : processor;
    }
    getrusage(RUSAGE_SELF, &used);
    printf("%.3f\t%.3f\t%.3f\t%.1f\n", 1e3 * wall, 1e3 * processor,
           1e-9 * step_flop(&trainer->recipe), (double)used.ru_maxrss / 1024);
    return IND_OK;
}

int bench_size(const struct size *size, int threads, double seconds, struct ind_error *err)
{
    static struct ind_trainer trainer;
    struct ind_recipe recipe;
    if (size_recipe(size, &recipe, err) || ind_trainer_init(&trainer, &recipe, threads, err))
        return IND_FAILED;
    const int status = measure(&trainer, seconds, err);
    ind_trainer_release(&trainer);
    return status;
}
