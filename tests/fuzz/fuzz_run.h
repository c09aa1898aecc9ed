/* A run of the smallest model, whose files a fuzzer puts in the place of its own. */
#ifndef INDUCT_TESTS_FUZZ_RUN_H
#define INDUCT_TESTS_FUZZ_RUN_H

#include <induct/recipe/config_file.h>
#include <induct/run/run.h>

#include "fuzz/scratch.h"

static inline struct ind_recipe fuzz_recipe(void)
{
    struct ind_recipe recipe = ind_recipe_default();
    recipe.model.layers = 1;
    recipe.model.heads = 1;
    recipe.model.d_model = 2;
    recipe.model.d_head = 2;
    recipe.model.vocab = 3;
    recipe.model.context = 4;
    recipe.period_lo = recipe.period_hi = 1;
    recipe.ood_count = 0;
    return recipe;
}

static inline void fuzz_run_begin(void)
{
    struct ind_error err;
    if (*scratch_folder)
        return;
    scratch_begin();
    const struct ind_recipe recipe = fuzz_recipe();
    if (ind_run_config_write(scratch_folder, &recipe, false, false, &err) != IND_OK)
        abort();
}

#endif
