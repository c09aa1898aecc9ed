/* Evaluation sequences of the periods asked for, and what one thread evaluates them with. */
#include <induct/tool/sample.h>

#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/tool/stop.h>

/* ---- Periods --------------------------------------------------------------------------------- */

/* The default profile, as far as the model's context lets it go. */
enum { PROFILE_LO = 5, PROFILE_HI = 40 };

static int by_value(const void *a, const void *b)
{
    const int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

/* Those of the list that can repeat, ascending, each once; never none. */
static void tidy(struct ind_ints *list, int longest)
{
    int kept = 0;
    qsort(list->items, (size_t)list->count, sizeof *list->items, by_value);
    for (int i = 0; i < list->count; i++) {
        if (list->items[i] <= longest && (kept == 0 || list->items[i] != list->items[kept - 1]))
            list->items[kept++] = list->items[i];
    }
    if (kept == 0)
        list->items[kept++] = longest > 1 ? longest / 2 : 1;
    list->count = kept;
}

static void add(struct ind_ints *list, const int *items, int count)
{
    for (int i = 0; i < count; i++)
        list->items[list->count++] = items[i];
}

static void add_profile(struct ind_ints *list, int longest)
{
    const int hi = longest < PROFILE_HI ? longest : PROFILE_HI;
    for (int period = hi < PROFILE_LO ? 1 : PROFILE_LO; period <= hi; period++)
        add(list, &period, 1);
}

static void add_default(struct ind_ints *list, enum ind_periods_taken taken,
                        const struct ind_recipe *recipe, int longest)
{
    const int middle = ind_recipe_middle_period(recipe);
    const int trained[] = {recipe->period_lo, (recipe->period_lo + recipe->period_hi) / 2,
                           recipe->period_hi};
    if (taken == IND_PERIOD)
        add(list, &middle, 1);
    else if (taken == IND_PERIODS_PROFILE)
        add_profile(list, longest);
    else
        add(list, trained, 3);
    if (taken == IND_PERIODS_MEASURED)
        add(list, recipe->ood, recipe->ood_count);
}

static int check_given(const struct ind_sample_choices *choices, const struct ind_config *config,
                       struct ind_error *err)
{
    const int longest = config->context - 2;
    if (config->vocab < 2)
        return ind_fail(err, "a vocabulary of %d leaves no token to draw", config->vocab);
    if (longest < 1)
        return ind_fail(err, "a context of %d leaves nothing to predict", config->context);
    for (int p = 0; p < choices->periods.count; p++) {
        if (choices->periods.items[p] > longest)
            return ind_fail(err, "--%s: %d leaves nothing to predict in a context of %d (1 to %d)",
                            choices->taken == IND_PERIOD ? "period" : "periods",
                            choices->periods.items[p], config->context, longest);
    }
    return IND_OK;
}

/* Fills the list, which is the caller's to release. */
static int choose_periods(struct ind_ints *list, const struct ind_sample_choices *choices,
                          const struct ind_recipe *recipe, struct ind_error *err)
{
    const struct ind_recipe study = ind_recipe_default();
    const struct ind_ints *given = &choices->periods;
    const int longest = recipe->model.context - 2;
    if (check_given(choices, &recipe->model, err) ||
        ind_alloc_into(&list->items, (size_t)given->count + PROFILE_HI + 2 * (size_t)IND_OOD_MAX,
                       sizeof *list->items, err))
        return IND_FAILED;
    if (given->count > 0)
        add(list, given->items, given->count);
    else
        add_default(list, choices->taken, recipe, longest);
    if (choices->ood) {
        add(list, recipe->ood, recipe->ood_count);
        add(list, study.ood, study.ood_count);
    }
    if (given->count == 0 || choices->ood)
        tidy(list, longest);
    return IND_OK;
}

/* ---- Sequences ------------------------------------------------------------------------------- */

int ind_sample_resamples(struct ind_bootstrap *bootstrap, int sequences, int resamples,
                         uint64_t seed, uint32_t major, struct ind_error *err)
{
    return ind_bootstrap_init_unless(bootstrap, sequences, resamples, seed, major, 0,
                                     ind_stop_signal, err);
}

static int make_data(struct ind_sample *sample, const struct ind_ints *periods,
                     const struct ind_config *config, uint64_t seed, struct ind_error *err)
{
    if (ind_alloc_into(&sample->data, (size_t)periods->count, sizeof *sample->data, err))
        return IND_FAILED;
    for (; sample->count < periods->count; sample->count++) {
        if (ind_stop_signal())
            return ind_fail(err, "interrupted while sequences were drawn");
        if (ind_eval_data_init(&sample->data[sample->count], config->vocab, config->context, seed,
                               periods->items[sample->count], sample->sequences, err))
            return IND_FAILED;
    }
    return sample->resamples == 0 ? IND_OK
                                  : ind_sample_resamples(&sample->bootstrap, sample->sequences,
                                                         sample->resamples, seed, 0, err);
}

int ind_sample_init(struct ind_sample *sample, const struct ind_sample_choices *choices,
                    const struct ind_recipe *recipe, uint64_t seed, struct ind_error *err)
{
    struct ind_ints periods = {0};
    *sample = (struct ind_sample){.sequences = choices->sequences, .resamples = choices->resamples};
    if (choices->taken == IND_PERIODS_NOT || choices->sequences == 0)
        return IND_OK;
    int status = choose_periods(&periods, choices, recipe, err);
    if (status == IND_OK)
        status = make_data(sample, &periods, &recipe->model, seed, err);
    ind_ints_release(&periods);
    if (status != IND_OK)
        ind_sample_release(sample);
    return status;
}

void ind_sample_release(struct ind_sample *sample)
{
    for (int p = 0; p < sample->count; p++)
        ind_eval_data_release(&sample->data[p]);
    free(sample->data);
    ind_bootstrap_release(&sample->bootstrap);
    *sample = (struct ind_sample){0};
}

/* ---- One thread's ---------------------------------------------------------------------------- */

static int allocate(struct ind_arms *arms, const struct ind_sample *sample,
                    const struct ind_config *config, struct ind_error *err)
{
    const size_t sequences = (size_t)sample->sequences;
    if (ind_evaluator_init(&arms->evaluator, config, config->context - 1, err) ||
        ind_alloc_into(&arms->clean, sequences, sizeof *arms->clean, err) ||
        ind_alloc_into(&arms->changed, sequences, sizeof *arms->changed, err))
        return IND_FAILED;
    return sample->resamples > 0
               ? ind_resampled_init(&arms->resampled, &sample->bootstrap, IND_SUMMARY_COLUMNS, err)
               : IND_OK;
}

int ind_arms_init(struct ind_arms *arms, const struct ind_sample *sample,
                  const struct ind_config *config, struct ind_error *err)
{
    *arms = (struct ind_arms){.sequences = sample->sequences};
    if (allocate(arms, sample, config, err) == IND_OK)
        return IND_OK;
    ind_arms_release(arms);
    return IND_FAILED;
}

void ind_arms_release(struct ind_arms *arms)
{
    ind_evaluator_release(&arms->evaluator);
    ind_resampled_release(&arms->resampled);
    free(arms->clean);
    free(arms->changed);
    *arms = (struct ind_arms){0};
}

void ind_arms_summarise(struct ind_arms *arms, const struct ind_eval_count *counts,
                        struct ind_accuracy *out)
{
    ind_accuracy_summarise(counts, arms->sequences,
                           arms->resampled.bootstrap == NULL ? NULL : &arms->resampled, out);
}
