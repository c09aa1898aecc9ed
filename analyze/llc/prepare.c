/* What is sampled, and how: from the command line and the run. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <induct/base/memory.h>

#include "parts.h"

/* ---- The data -------------------------------------------------------------------------------- */

/* The periods asked for, each as far as the loss has targets there; else all trained ones. */
static int choose_periods(const struct ind_study *study, struct ind_ints *list,
                          struct ind_error *err)
{
    const struct llc_settings *s = study->settings;
    const struct ind_recipe *recipe = &study->series->recipe;
    const int trained = recipe->period_hi - recipe->period_lo + 1;
    const int longest = study->config->context - 2;
    list->count = s->periods.count > 0 ? s->periods.count : trained;
    if (s->periods.count == 0 && !ind_recipe_trained_known(recipe))
        return ind_fail(err, "the periods that this model was trained on are not known: which "
                             "sequences are its losses of? --periods LIST");
    if (study->config->vocab < 2 || longest < 1)
        return ind_fail(err, "a vocabulary of %d and a context of %d hold no repeated sequence",
                        study->config->vocab, study->config->context);
    if (ind_alloc_into(&list->items, (size_t)list->count, sizeof *list->items, err))
        return IND_FAILED;
    for (int i = 0; i < list->count; i++) {
        list->items[i] = s->periods.count > 0 ? s->periods.items[i] : recipe->period_lo + i;
        if (list->items[i] > longest)
            return ind_fail(err,
                            "--periods: %d leaves nothing to predict in a context of %d (1 "
                            "to %d)",
                            list->items[i], study->config->context, longest);
    }
    return IND_OK;
}

static int prepare_data(struct llc_shared *shared, const struct ind_study *study,
                        struct ind_error *err)
{
    const struct llc_settings *s = study->settings;
    const struct ind_recipe *recipe = &study->series->recipe;
    const struct ind_task task = ind_recipe_task(recipe);
    struct ind_ints periods = {0};
    int status = choose_periods(study, &periods, err);
    if (status == IND_OK)
        status = ind_llc_data_init(&shared->data, &task, recipe->loss_repeated, periods.items,
                                   periods.count, s->sequences, study->tool->seed, err);
    ind_ints_release(&periods);
    return status;
}

/* ---- How ------------------------------------------------------------------------------------- */

static int prepare_settings(struct llc_shared *shared, const struct ind_study *study,
                            struct ind_error *err)
{
    const struct llc_settings *s = study->settings;
    const int usual = ind_llc_batch(study->series->recipe.batch, s->sequences);
    const int batch = s->batch > 0 ? s->batch : usual;
    if (batch > s->sequences)
        return ind_fail(err, "a batch of %d cannot be drawn from %d sequences: --batch, -n", batch,
                        s->sequences);
    if (batch == 1 && s->nbeta == 0)
        return ind_fail(err, "batch / ln(batch) is not defined for a batch of 1: --nbeta says it");
    shared->settings =
        (struct ind_llc_settings){.sgld = {.step_size = s->step_size,
                                           .nbeta = s->nbeta > 0 ? s->nbeta : batch / log(batch),
                                           .gamma = s->gamma,
                                           .seed = study->tool->seed},
                                  .chains = s->chains,
                                  .burn_in = s->burn_in,
                                  .steps = s->steps,
                                  .batch = batch};
    return IND_OK;
}

static int prepare_parts(struct llc_shared *shared, const struct ind_study *study,
                         struct ind_error *err)
{
    const struct ind_layout *layout = &study->series->layout;
    const size_t count = 1 + (size_t)study->heads.count;
    if (ind_alloc_into(&shared->parts, count, sizeof *shared->parts, err) ||
        ind_alloc_into(&shared->free, count, sizeof *shared->free, err))
        return IND_FAILED;
    struct llc_part *all = &shared->parts[0];
    snprintf(all->name, sizeof all->name, "all");
    all->slices[0] = (struct ind_slice){0, layout->trained};
    shared->free[0] = (struct ind_slices){all->slices, 1};
    shared->count = 1;
    for (int h = 0; h < study->heads.count; h++, shared->count++) {
        const struct ind_head head = study->heads.items[h];
        struct llc_part *part = &shared->parts[shared->count];
        ind_head_name(head, part->name);
        shared->free[shared->count] =
            (struct ind_slices){part->slices, ind_head_slices(layout, head.layer, head.head,
                                                              IND_QK | IND_OV, part->slices)};
    }
    return IND_OK;
}

int llc_prepare(void *memory, struct ind_study *study, struct ind_error *err)
{
    struct llc_shared *shared = memory;
    if (prepare_settings(shared, study, err) || prepare_data(shared, study, err))
        return ind_error_context(err, "%s", study->series->path);
    if (prepare_parts(shared, study, err))
        return IND_FAILED;
    return llc_say_cost(shared, study, err);
}

void llc_release(void *memory)
{
    struct llc_shared *shared = memory;
    ind_llc_data_release(&shared->data);
    free(shared->parts);
    free(shared->free);
}

/* ---- Threads --------------------------------------------------------------------------------- */

int llc_at_once(const struct ind_study *study)
{
    const struct llc_shared *shared = study->shared;
    const long chains = (long)shared->count * shared->settings.chains;
    const long fitting = study->tool->threads / chains;
    return fitting < 1 ? 1 : fitting < study->count ? (int)fitting : study->count;
}

int llc_threads(const struct ind_study *study)
{
    return study->tool->threads / llc_at_once(study);
}
