#include <induct/recipe/recipe.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "recipe/parts.h"

static const struct preset {
    const char *name;
    int layers, period_lo, period_hi;
    long epochs;
} PRESETS[] = {
    {"1L-fixed", 1, 20, 20, 5000},       {"1L-varied", 1, 20, 29, 20000},
    {"2L-fixed", 2, 20, 20, 5000},       {"2L-varied", 2, 20, 29, 20000},
    {"2L-varied-60k", 2, 20, 29, 60000},
};

enum { PRESET_COUNT = sizeof PRESETS / sizeof *PRESETS };

const char *ind_recipe_preset_name(int index)
{
    return index >= 0 && index < PRESET_COUNT ? PRESETS[index].name : NULL;
}

struct ind_recipe ind_recipe_default(void)
{
    return (struct ind_recipe){
        .preset = "custom",
        .model = ind_config_default(),
        .period_lo = 20,
        .period_hi = 29,
        .batch = 32,
        .epochs = 20000,
        .lr = 1e-3,
        .beta1 = 0.9,
        .beta2 = 0.98,
        .eps = 1e-8,
        .weight_decay = 0.01,
        .checkpoints = {.every = 100},
        .states_every = 10000,
        .log_every = 100,
        .ood = {10, 15, 35, 40},
        .ood_count = 4,
        .ood_sequences = 64,
        .ood_first = IND_FIRST_MONITORED,
    };
}

static int unknown_preset(const char *name, struct ind_error *err)
{
    char known[256];
    size_t used = 0;
    for (int i = 0; i < PRESET_COUNT && used < sizeof known; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "",
                                 PRESETS[i].name);
    return ind_fail(err, "unknown preset '%s': there are %s", name, known);
}

int ind_recipe_preset(const char *name, struct ind_recipe *recipe, struct ind_error *err)
{
    for (int i = 0; i < PRESET_COUNT; i++) {
        const struct preset *preset = &PRESETS[i];
        if (strcmp(preset->name, name) != 0)
            continue;
        *recipe = ind_recipe_default();
        snprintf(recipe->preset, sizeof recipe->preset, "%s", preset->name);
        recipe->model.layers = preset->layers;
        recipe->period_lo = preset->period_lo;
        recipe->period_hi = preset->period_hi;
        recipe->epochs = preset->epochs;
        return IND_OK;
    }
    return unknown_preset(name, err);
}

/* [low, high]; a NaN lies in no range. */
static int check_real(const char *field, double value, double low, double high,
                      struct ind_error *err)
{
    if (value >= low && value <= high)
        return IND_OK;
    return ind_fail(err, "%s must lie in %g..%g, not %g", field, low, high, value);
}

static int check_whole(const char *field, long value, long low, long high, struct ind_error *err)
{
    if (value >= low && value <= high)
        return IND_OK;
    return ind_fail(err, "%s must lie in %ld..%ld, not %ld", field, low, high, value);
}

static int check_trained(const struct ind_recipe *recipe, struct ind_error *err)
{
    int longest = recipe->model.context - 2; /* at least one prediction with an earlier copy */
    if (longest < 1)
        return ind_fail(err, "context of %d holds no repeated sequence", recipe->model.context);
    if (recipe->model.vocab < 2)
        return ind_fail(err, "vocab must be at least 2: token 0 never occurs");
    if (recipe->period_lo > recipe->period_hi)
        return ind_fail(err, "period %d:%d runs backwards", recipe->period_lo, recipe->period_hi);
    if (check_whole("period", recipe->period_lo, 1, longest, err) != IND_OK ||
        check_whole("period", recipe->period_hi, 1, longest, err) != IND_OK)
        return IND_FAILED;
    return IND_OK;
}

static int check_ood(const struct ind_recipe *recipe, struct ind_error *err)
{
    int longest = recipe->model.context - 2;
    if (check_whole("number of ood periods", recipe->ood_count, 0, IND_OOD_MAX, err) != IND_OK)
        return IND_FAILED;
    for (int i = 0; i < recipe->ood_count; i++)
        if (check_whole("ood period", recipe->ood[i], 1, longest, err) != IND_OK)
            return IND_FAILED;
    return check_whole("ood_sequences", recipe->ood_sequences, 1, 1 << 20, err);
}

static int check_optimizer(const struct ind_recipe *recipe, struct ind_error *err)
{
    const double below_one = nextafter(1.0, 0.0);
    if (check_real("lr", recipe->lr, 0, 1e6, err) != IND_OK ||
        check_real("eps", recipe->eps, 0, 1, err) != IND_OK ||
        check_real("weight_decay", recipe->weight_decay, 0, 1e6, err) != IND_OK)
        return IND_FAILED;
    if (!(recipe->beta1 >= 0 && recipe->beta1 <= below_one))
        return ind_fail(err, "beta1 must be at least 0 and below 1, not %g", recipe->beta1);
    if (!(recipe->beta2 >= 0 && recipe->beta2 <= below_one))
        return ind_fail(err, "beta2 must be at least 0 and below 1, not %g", recipe->beta2);
    return IND_OK;
}

static int check_departures(const struct ind_recipe *recipe, struct ind_error *err)
{
    if (check_real("clip", recipe->clip, 0, 1e30, err) != IND_OK ||
        check_whole("warmup", recipe->rate.warmup, 0, IND_EPOCH_MAX, err) != IND_OK ||
        check_whole("states_every", recipe->states_every, 0, IND_EPOCH_MAX, err) != IND_OK ||
        check_whole("first epoch", recipe->from_epoch, 0, recipe->epochs, err) != IND_OK)
        return IND_FAILED;
    if (!(recipe->average >= 0 && recipe->average < 1))
        return ind_fail(err, "average must be at least 0 and below 1, not %g", recipe->average);
    if (!ind_rate_shape_name(recipe->rate.shape))
        return ind_fail(err, "schedule is %d: no such shape", (int)recipe->rate.shape);
    return ind_recipe_check_parts(recipe, err);
}

int ind_recipe_check(const struct ind_recipe *recipe, struct ind_error *err)
{
    if (ind_config_check(&recipe->model, err) != IND_OK || check_trained(recipe, err) != IND_OK ||
        check_ood(recipe, err) != IND_OK || check_optimizer(recipe, err) != IND_OK)
        return IND_FAILED;
    if (check_whole("batch", recipe->batch, 1, 1 << 20, err) != IND_OK ||
        check_whole("epochs", recipe->epochs, 0, IND_EPOCH_MAX, err) != IND_OK ||
        check_whole("checkpoint_every", recipe->checkpoints.every, 0, IND_EPOCH_MAX, err) ||
        check_whole("checkpoints_per_decade", recipe->checkpoints.per_decade, 0, 1000, err) ||
        check_whole("log_every", recipe->log_every, 1, IND_EPOCH_MAX, err) != IND_OK)
        return IND_FAILED;
    return check_departures(recipe, err);
}

bool ind_recipe_trained_known(const struct ind_recipe *recipe)
{
    return !recipe->periods_unknown;
}

int ind_recipe_middle_period(const struct ind_recipe *recipe)
{
    const int middle = (recipe->period_lo + recipe->period_hi) / 2;
    const int most = recipe->model.context / 2;
    return middle < most ? middle : most > 1 ? most : 1;
}

int ind_recipe_set_trained(struct ind_recipe *recipe, int lo, int hi, struct ind_error *err)
{
    recipe->period_lo = lo;
    recipe->period_hi = hi;
    recipe->periods_unknown = false;
    return check_trained(recipe, err);
}

struct ind_task ind_recipe_task(const struct ind_recipe *recipe)
{
    return (struct ind_task){.vocab = recipe->model.vocab,
                             .context = recipe->model.context,
                             .period_lo = recipe->period_lo,
                             .period_hi = recipe->period_hi,
                             .period_per_sequence = recipe->period_per_sequence,
                             .start_max = recipe->model.extra_positions};
}
