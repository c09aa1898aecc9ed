/*
 * What is measured, as things that can be run again and again: the multiply-add rate, large matrix
 * products, a team's empty section, a training step.
 */
#ifndef INDUCT_TESTS_BENCH_WORK_H
#define INDUCT_TESTS_BENCH_WORK_H

#include <induct/base/team.h>
#include <induct/optim/trainer.h>
#include <induct/recipe/recipe.h>

/* The limit of everything: multiply-adds on whole vectors (ind_multiply_adds_float), on each of a
 * team's threads at once. */
struct limit {
    struct ind_team *team;
    double operations; /* of all threads in one run: set by the first */
};
IND_CHECKED int limit_run(void *limit, struct ind_error *err);

enum { GEMM_SIDE = 1024 };

/* Owner: `threads` products of their own, [1024,1024] times [1024,1024], at the same time. */
struct gemms {
    struct ind_team team;
    float *memory;
};

IND_CHECKED int gemms_init(struct gemms *gemms, int threads, struct ind_error *err);
void gemms_release(struct gemms *gemms);
IND_CHECKED int gemms_run(void *gemms, struct ind_error *err);
double gemms_flop(const struct gemms *gemms);

/* 1000 sections of a team (struct ind_team) that do nothing: what a barrier costs. */
enum { BARRIERS = 1000 };
IND_CHECKED int barriers_run(void *team, struct ind_error *err);

/* One step of a struct ind_trainer. */
IND_CHECKED int step_run(void *trainer, struct ind_error *err);

/* Operations of one epoch of a plain attention-only model, forward and backward
 * (ind_config_operations). */
double step_flop(const struct ind_recipe *recipe);

/* "2L-varied" with `layers` layers. */
IND_CHECKED int step_recipe(int layers, struct ind_recipe *recipe, struct ind_error *err);

#endif
