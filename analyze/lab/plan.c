#include "plan.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/data/task.h>
#include <induct/patch/split.h>
#include <induct/run/checkpoint.h>

/* ---- What is measured ------------------------------------------------------------------------ */

static int copy_series(struct plan *plan, const struct ind_series *series, struct ind_error *err)
{
    plan->path = strdup(series->path);
    plan->name = ind_path_name(series->path);
    plan->recipe = series->recipe;
    plan->imported = series->imported;
    if (!plan->path || !plan->name)
        return ind_fail(err, "out of memory");
    return ind_layout_init(&plan->layout, &series->layout.config, err) ||
                   ind_replay_init(&plan->replay, &plan->recipe, err)
               ? IND_FAILED
               : IND_OK;
}

static int choose_heads(struct plan *plan, struct ind_error *err)
{
    const struct ind_config *config = &plan->layout.config;
    const bool splits = ind_split_check(config, NULL) == IND_OK && config->layers > 1 &&
                        plan->recipe.period_hi < config->context - 1;
    if (ind_heads_select(&plan->heads, config, "*", err) != IND_OK)
        return IND_FAILED;
    if (!splits)
        return IND_OK;
    /* Layer 0 reads what was embedded: there is nothing that an earlier head could have moved. */
    plan->split.count = plan->heads.count - config->heads;
    if (ind_alloc_into(&plan->split.items, (size_t)plan->split.count, sizeof(struct ind_head), err))
        return IND_FAILED;
    memcpy(plan->split.items, plan->heads.items + config->heads,
           (size_t)plan->split.count * sizeof(struct ind_head));
    return IND_OK;
}

static int draw_data(struct plan *plan, const struct choices *choices, struct ind_error *err)
{
    const struct ind_sample_choices wanted = {.taken = IND_PERIODS_TRAINED,
                                              .periods = choices->periods,
                                              .ood = choices->periods.count == 0,
                                              .sequences = choices->sequences,
                                              .resamples = choices->resamples};
    return ind_sample_init(&plan->data, &wanted, &plan->recipe, choices->seed, err);
}

static int draw_tokens(struct plan *plan, const struct choices *choices, struct ind_error *err)
{
    const struct ind_config *config = &plan->layout.config;
    plan->period = ind_recipe_middle_period(&plan->recipe);
    plan->sequences = choices->sequences;
    plan->index = choices->index;
    if (ind_alloc_into(&plan->tokens, (size_t)plan->sequences * (size_t)config->context,
                       sizeof *plan->tokens, err) ||
        ind_alloc_into(&plan->sample, (size_t)config->context, sizeof *plan->sample, err))
        return IND_FAILED;
    ind_task_eval(config->vocab, config->context, choices->seed, plan->period, 0, plan->sequences,
                  plan->tokens);
    ind_task_eval(config->vocab, config->context, choices->seed, plan->period, plan->index, 1,
                  plan->sample);
    return IND_OK;
}

static int choose_scores(struct plan *plan, struct ind_error *err)
{
    if (ind_score_choices_init(&plan->scores, NULL, err) ||
        ind_alloc_into(&plan->baselines, (size_t)plan->scores.count, sizeof(double), err))
        return IND_FAILED;
    int status = IND_OK;
    for (int s = 0; s < plan->scores.count && status == IND_OK; s++)
        status = ind_score_baseline(&plan->scores.items[s], plan->layout.config.context - 1,
                                    plan->period, plan->layout.config.vocab, IND_COMPAT_NONE,
                                    &plan->baselines[s], err);
    return status;
}

static void count_up(struct plan *plan)
{
    const int inputs = plan->layout.config.context - 1;
    plan->length = inputs < LONGEST_MAP ? inputs : LONGEST_MAP;
    const size_t length = (size_t)plan->length, heads = (size_t)plan->heads.count;
    plan->triangle = length * (length + 1) / 2;
    plan->map_count = heads * plan->triangle;
    plan->profile_count = heads * length;
    plan->scalar_count =
        (size_t)plan->data.count * PERIOD_FIELDS + heads * (size_t)plan_head_fields(plan);
}

int plan_init(struct plan *plan, const struct ind_series *series, const struct choices *choices,
              struct ind_error *err)
{
    *plan = (struct plan){0};
    if (copy_series(plan, series, err) || choose_heads(plan, err) ||
        draw_data(plan, choices, err) || draw_tokens(plan, choices, err) ||
        choose_scores(plan, err)) {
        plan_release(plan);
        return ind_error_context(err, "%s", series->path);
    }
    count_up(plan);
    return IND_OK;
}

void plan_release(struct plan *plan)
{
    ind_sample_release(&plan->data);
    ind_score_choices_release(&plan->scores);
    ind_heads_release(&plan->heads);
    free(plan->split.items);
    ind_replay_release(&plan->replay);
    ind_layout_release(&plan->layout);
    free(plan->baselines);
    free(plan->tokens);
    free(plan->sample);
    free(plan->path);
    free(plan->name);
    *plan = (struct plan){0};
}

int plan_read(const struct plan *plan, long epoch, struct ind_params *params, struct ind_error *err)
{
    struct stat status;
    char *path = ind_checkpoint_path(plan->path, epoch);
    if (!path)
        return ind_fail(err, "out of memory");
    const int result = lstat(path, &status) == 0 && S_ISLNK(status.st_mode)
                           ? ind_fail(err, "%s: is a symbolic link", path)
                           : ind_checkpoint_read(path, params, err);
    free(path);
    params->standing = ind_replay_at(&plan->replay, epoch);
    return result;
}

/* ---- Records --------------------------------------------------------------------------------- */

int record_init(struct record *record, const struct plan *plan, struct ind_error *err)
{
    const size_t size = plan->scalar_count * sizeof(float) +
                        plan->profile_count * sizeof(uint16_t) + 2 * plan->map_count;
    if (ind_alloc_into(&record->scalars, size, 1, err) != IND_OK)
        return IND_FAILED;
    record->profile = (uint16_t *)(record->scalars + plan->scalar_count);
    record->sample = (uint8_t *)(record->profile + plan->profile_count);
    record->mean = record->sample + plan->map_count;
    return IND_OK;
}

void record_release(struct record *record)
{
    free(record->scalars);
    *record = (struct record){0};
}
