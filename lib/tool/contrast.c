/* Two sides of an intervention on the same sequences. */
#include <induct/tool/contrast.h>

#include <math.h>
#include <stdlib.h>

#include <induct/base/memory.h>

/* ---- Periods --------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    const int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

/* Those of `items` that can repeat, ascending, each once; never none. */
static int tidy(int *items, int count, int longest)
{
    int kept = 0;
    qsort(items, (size_t)count, sizeof *items, by_value);
    for (int i = 0; i < count; i++) {
        if (items[i] <= longest && (kept == 0 || items[i] != items[kept - 1]))
            items[kept++] = items[i];
    }
    if (kept == 0)
        items[kept++] = longest > 1 ? longest / 2 : 1;
    return kept;
}

static int add_all(int *items, int count, const int *more, int more_count)
{
    for (int i = 0; i < more_count; i++)
        items[count++] = more[i];
    return count;
}

/* The periods given, or else the trained ones, and those outside training. */
static int gather_periods(struct ind_contrast_choices *choices, const struct ind_recipe *recipe,
                          int longest, struct ind_error *err)
{
    const int trained[] = {recipe->period_lo, (recipe->period_lo + recipe->period_hi) / 2,
                           recipe->period_hi};
    const struct ind_recipe study = ind_recipe_default();
    struct ind_ints *periods = &choices->periods;
    int *items, count = 0;
    if (ind_alloc_into(&items, (size_t)periods->count + 3 + 2 * (size_t)IND_OOD_MAX, sizeof *items,
                       err))
        return IND_FAILED;
    count = choices->periods_set ? add_all(items, count, periods->items, periods->count)
                                 : add_all(items, count, trained, 3);
    if (choices->ood != IND_OOD_NEVER)
        count = add_all(items, count, recipe->ood, recipe->ood_count);
    if (choices->ood == IND_OOD_ALWAYS)
        count = add_all(items, count, study.ood, study.ood_count);
    ind_ints_release(periods);
    *periods = (struct ind_ints){items, tidy(items, count, longest)};
    return IND_OK;
}

static int choose_periods(struct ind_contrast_choices *choices, const struct ind_recipe *recipe,
                          struct ind_error *err)
{
    const struct ind_config *config = &recipe->model;
    const int longest = config->context - 2;
    if (config->vocab < 2)
        return ind_fail(err, "a vocabulary of %d leaves no token to draw", config->vocab);
    if (longest < 1)
        return ind_fail(err, "a context of %d leaves nothing to predict", config->context);
    for (int p = 0; choices->periods_set && p < choices->periods.count; p++) {
        if (choices->periods.items[p] > longest)
            return ind_fail(err,
                            "--periods: %d leaves nothing to predict in a context of %d (1 to %d)",
                            choices->periods.items[p], config->context, longest);
    }
    if (choices->periods_set && choices->ood != IND_OOD_ALWAYS)
        return IND_OK;
    return gather_periods(choices, recipe, longest, err);
}

/* ---- Shared ---------------------------------------------------------------------------------- */

static int make_data(struct ind_contrast *contrast, const struct ind_config *config, uint64_t seed,
                     struct ind_error *err)
{
    const struct ind_contrast_choices *choices = contrast->choices;
    if (ind_alloc_into(&contrast->data, (size_t)choices->periods.count, sizeof *contrast->data,
                       err))
        return IND_FAILED;
    for (int p = 0; p < choices->periods.count; p++) {
        if (ind_eval_data_init(&contrast->data[p], config->vocab, config->context, seed,
                               choices->periods.items[p], choices->sequences, err))
            return IND_FAILED;
    }
    return choices->resamples == 0 ? IND_OK
                                   : ind_bootstrap_init(&contrast->bootstrap, choices->sequences,
                                                        choices->resamples, seed, 0, 0, err);
}

int ind_contrast_init(struct ind_contrast *contrast, struct ind_contrast_choices *choices,
                      const struct ind_recipe *recipe, uint64_t seed, struct ind_error *err)
{
    *contrast = (struct ind_contrast){.choices = choices};
    if (choose_periods(choices, recipe, err) == IND_OK &&
        make_data(contrast, &recipe->model, seed, err) == IND_OK)
        return IND_OK;
    ind_contrast_release(contrast);
    return IND_FAILED;
}

void ind_contrast_release(struct ind_contrast *contrast)
{
    for (int p = 0; contrast->data != NULL && p < contrast->choices->periods.count; p++)
        ind_eval_data_release(&contrast->data[p]);
    free(contrast->data);
    ind_bootstrap_release(&contrast->bootstrap);
    *contrast = (struct ind_contrast){0};
}

/* ---- One thread's ---------------------------------------------------------------------------- */

int ind_contrast_arms(struct ind_arms *arms, const struct ind_contrast *contrast,
                      const struct ind_config *config, struct ind_error *err)
{
    struct ind_sample sample = {.sequences = contrast->choices->sequences,
                                .resamples = contrast->choices->resamples,
                                .bootstrap = contrast->bootstrap};
    if (ind_arms_init(arms, &sample, config, err))
        return IND_FAILED;
    if (arms->resampled.bootstrap != NULL)
        arms->resampled.bootstrap = &contrast->bootstrap;
    return IND_OK;
}

static struct ind_estimate bare(double value)
{
    return (struct ind_estimate){value, (double)NAN, (double)NAN};
}

void ind_arms_compare(struct ind_arms *arms, const struct ind_eval_count *changed,
                      const struct ind_eval_count *clean, struct ind_contrasted *out)
{
    ind_accuracy_summarise(clean, arms->sequences, NULL, &out->clean);
    ind_accuracy_summarise(changed, arms->sequences, NULL, &out->changed);
    if (arms->resampled.bootstrap != NULL)
        ind_accuracy_compare(changed, clean, arms->sequences, &arms->resampled, &out->difference);
    else
        out->difference = (struct ind_accuracy_difference){
            bare(out->changed.accuracy.value - out->clean.accuracy.value),
            bare(out->changed.loss.value - out->clean.loss.value)};
}

void ind_contrasted_put(const struct ind_contrasted *contrasted, struct ind_rows *rows)
{
    const struct ind_accuracy *clean = &contrasted->clean, *changed = &contrasted->changed;
    ind_rows_real(rows, clean->accuracy.value);
    ind_rows_real(rows, changed->accuracy.value);
    ind_rows_real(rows, contrasted->difference.accuracy.value);
    ind_rows_real(rows, contrasted->difference.accuracy.lo);
    ind_rows_real(rows, contrasted->difference.accuracy.hi);
    ind_rows_real(rows, clean->loss.value);
    ind_rows_real(rows, changed->loss.value);
    ind_rows_real(rows, contrasted->difference.loss.value);
    ind_rows_int(rows, clean->predictions);
}
