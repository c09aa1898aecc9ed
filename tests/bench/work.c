#include "bench/work.h"

#include <stdlib.h>

#include <cblas.h>

#include <induct/base/memory.h>
#include <induct/math/simd.h>

/* ---- The limit ------------------------------------------------------------------------------- */

static void multiply_and_add(void *context, int worker)
{
    struct limit *limit = context;
    const double operations = ind_multiply_adds_float(10000);
    if (worker == 0)
        limit->operations = operations * limit->team->count;
}

int limit_run(void *context, struct ind_error *err)
{
    (void)err;
    struct limit *limit = context;
    ind_team_run(limit->team, multiply_and_add, limit);
    return IND_OK;
}

/* ---- Large products -------------------------------------------------------------------------- */

static const size_t MATRIX = (size_t)GEMM_SIDE * GEMM_SIDE;

int gemms_init(struct gemms *gemms, int threads, struct ind_error *err)
{
    *gemms = (struct gemms){0};
    if (ind_team_init(&gemms->team, threads, err) ||
        ind_alloc_into(&gemms->memory, 3 * MATRIX * (size_t)threads, sizeof(float), err))
        return IND_FAILED;
    for (size_t i = 0; i < 3 * MATRIX * (size_t)threads; i++)
        gemms->memory[i] = (float)(i % 97) / 97;
    return IND_OK;
}

void gemms_release(struct gemms *gemms)
{
    ind_team_release(&gemms->team);
    free(gemms->memory);
}

static void multiply(void *context, int worker)
{
    const struct gemms *gemms = context;
    float *a = gemms->memory + 3 * MATRIX * (size_t)worker;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, GEMM_SIDE, GEMM_SIDE, GEMM_SIDE, 1, a,
                GEMM_SIDE, a + MATRIX, GEMM_SIDE, 0, a + 2 * MATRIX, GEMM_SIDE);
}

int gemms_run(void *context, struct ind_error *err)
{
    (void)err;
    struct gemms *gemms = context;
    ind_team_run(&gemms->team, multiply, gemms);
    return IND_OK;
}

double gemms_flop(const struct gemms *gemms)
{
    return 2.0 * GEMM_SIDE * GEMM_SIDE * GEMM_SIDE * gemms->team.count;
}

/* ---- Barriers -------------------------------------------------------------------------------- */

static void nothing(void *context, int worker)
{
    (void)context;
    (void)worker;
}

int barriers_run(void *context, struct ind_error *err)
{
    (void)err;
    for (int i = 0; i < BARRIERS; i++)
        ind_team_run(context, nothing, NULL);
    return IND_OK;
}

/* ---- Training -------------------------------------------------------------------------------- */

int step_run(void *context, struct ind_error *err)
{
    struct ind_loss loss;
    return ind_trainer_step(context, &loss, err);
}

double step_flop(const struct ind_recipe *recipe)
{
    return 3 * recipe->batch * ind_config_operations(&recipe->model, recipe->model.context - 1);
}

int step_recipe(int layers, struct ind_recipe *recipe, struct ind_error *err)
{
    if (ind_recipe_preset("2L-varied", recipe, err))
        return IND_FAILED;
    recipe->model.layers = layers;
    return ind_recipe_check(recipe, err);
}
