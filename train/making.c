#include "making.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/recipe/config_file.h>
#include <induct/score/score.h>

/* ---- Words into fields ----------------------------------------------------------------------- */

static int parse_period(const char *text, struct ind_recipe *recipe, struct ind_error *err)
{
    int lo, hi, used = 0;
    if (sscanf(text, "%9d%n", &lo, &used) == 1 && text[used] == '\0')
        hi = lo;
    else if (sscanf(text, "%9d:%9d%n", &lo, &hi, &used) != 2 || text[used] != '\0')
        return ind_fail(err, "--period takes 20 or 20:29, not '%s'", text);
    recipe->period_lo = lo;
    recipe->period_hi = hi;
    return IND_OK;
}

static int parse_ood(const char *text, struct ind_recipe *recipe, struct ind_error *err)
{
    struct ind_ints list = {0};
    recipe->ood_count = 0;
    if (strcmp(text, "none") == 0)
        return IND_OK;
    if (ind_ints_parse(&list, text, err))
        return ind_error_context(err, "--ood");
    int status = IND_OK;
    if (list.count > IND_OOD_MAX)
        status = ind_fail(err, "--ood takes at most %d periods", IND_OOD_MAX);
    for (int i = 0; status == IND_OK && i < list.count; i++)
        recipe->ood[recipe->ood_count++] = list.items[i];
    ind_ints_release(&list);
    return status;
}

/* "ema:0.999", or none. */
static int parse_average(const char *text, struct ind_recipe *recipe, struct ind_error *err)
{
    char *end;
    if (strcmp(text, "none") == 0) {
        recipe->average = 0;
        return IND_OK;
    }
    recipe->average = strncmp(text, "ema:", 4) == 0 ? strtod(text + 4, &end) : -1;
    if (!(recipe->average > 0 && recipe->average < 1) || *end)
        return ind_fail(err, "--average takes ema:D with D between 0 and 1, not '%s'", text);
    return IND_OK;
}

/* Ranges of arguments are written out, "fixed_offset(1:2)" as two scores. */
static int parse_scores(const char *text, struct ind_recipe *recipe, struct ind_error *err)
{
    struct ind_score_choices choices = {0};
    const size_t room = sizeof recipe->log_scores;
    size_t used = 0;
    recipe->log_scores[0] = '\0';
    if (strcmp(text, "none") == 0)
        return IND_OK;
    if (ind_score_choices_init(&choices, text, err))
        return ind_error_context(err, "--log-scores");
    for (int i = 0; i < choices.count && used < room; i++) {
        const struct ind_score_choice *choice = &choices.items[i];
        char *to = recipe->log_scores + used;
        used +=
            (size_t)(choice->score->takes_argument
                         ? snprintf(to, room - used, "%s%s(%d)", i ? "," : "", choice->score->name,
                                    choice->argument)
                         : snprintf(to, room - used, "%s%s", i ? "," : "", choice->score->name));
    }
    ind_score_choices_release(&choices);
    return used < room ? IND_OK : ind_fail(err, "--log-scores: the list is too long");
}

/* Those of a branch's parent stay; a list adds to them, "none" takes those of its kind away. */
static int intervene(struct ind_recipe *recipe, enum ind_intervention_kind kind, const char *list,
                     struct ind_error *err)
{
    const char *option =
        kind == IND_INTERVENE_ABLATE ? "ablate-during" : ind_intervention_name(kind);
    int kept = 0;
    if (strcmp(list, "none") != 0)
        return ind_recipe_intervene(recipe, kind, list, err) == IND_OK
                   ? IND_OK
                   : ind_error_context(err, "--%s", option);
    for (int i = 0; i < recipe->intervention_count; i++)
        if (recipe->interventions[i].kind != kind)
            recipe->interventions[kept++] = recipe->interventions[i];
    recipe->intervention_count = kept;
    return IND_OK;
}

static int parse_values(const char *option, const char *list, struct ind_tensor_value *items,
                        int *count, struct ind_error *err)
{
    if (list && ind_tensor_values_parse(list, items, count, err))
        return ind_error_context(err, "--%s", option);
    return IND_OK;
}

static int parse_schedule(const struct settings *settings, struct ind_recipe *recipe,
                          struct ind_error *err)
{
    if (settings->checkpoints &&
        ind_schedule_parse(settings->checkpoints, &recipe->checkpoints, err))
        return ind_error_context(err, "--checkpoints");
    return IND_OK;
}

static int parse_all(const struct settings *settings, struct ind_recipe *recipe,
                     struct ind_error *err)
{
    if ((settings->period && parse_period(settings->period, recipe, err)) ||
        (settings->ood && parse_ood(settings->ood, recipe, err)) ||
        (settings->average && parse_average(settings->average, recipe, err)) ||
        (settings->log_scores && parse_scores(settings->log_scores, recipe, err)) ||
        parse_values("decay", settings->decay, recipe->decays, &recipe->decay_count, err) ||
        parse_values("lr-scale", settings->lr_scale, recipe->rates, &recipe->rate_count, err) ||
        parse_schedule(settings, recipe, err))
        return IND_FAILED;
    for (int kind = 0; kind < INTERVENTION_KINDS; kind++)
        if (settings->intervene[kind] &&
            intervene(recipe, (enum ind_intervention_kind)kind, settings->intervene[kind], err))
            return IND_FAILED;
    return IND_OK;
}

/* ---- A new run's ----------------------------------------------------------------------------- */

/* The preset's OOD periods that a shorter context cannot hold are left out; those typed are not. */
static void drop_long_ood(struct ind_recipe *recipe)
{
    int kept = 0;
    for (int i = 0; i < recipe->ood_count; i++)
        if (recipe->ood[i] <= recipe->model.context - 2)
            recipe->ood[kept++] = recipe->ood[i];
    recipe->ood_count = kept;
}

/* A context that was typed may be too short for periods that were not. */
static int check_periods_fit(const struct settings *settings, const struct ind_recipe *recipe,
                             struct ind_error *err)
{
    const int longest = recipe->model.context - 2;
    if (settings->period || longest < 1 || recipe->period_hi <= longest)
        return IND_OK;
    return ind_fail(err,
                    "--context %d holds periods up to %d, and the preset trains on %d:%d: say "
                    "--period",
                    recipe->model.context, longest, recipe->period_lo, recipe->period_hi);
}

/* A schedule belongs to the run that it is given to: from its first epoch to its last. */
static void anchor_rate(const struct ind_tool *tool, struct ind_recipe *recipe)
{
    if (!ind_tool_given(tool, "schedule") && !ind_tool_given(tool, "warmup"))
        return;
    recipe->rate.first = recipe->from_epoch;
    recipe->rate.last = recipe->epochs;
}

static int change_recipe(const struct settings *settings, const struct ind_tool *tool,
                         struct ind_recipe *recipe, struct ind_error *err)
{
    const struct ind_recipe before = *recipe;
    bool custom = settings_apply(settings, recipe);
    drop_long_ood(recipe);
    if (parse_all(settings, recipe, err) || check_periods_fit(settings, recipe, err))
        return IND_FAILED;
    if (settings->layer_norm)
        recipe->model.norm = IND_NORM_LN;
    if (ind_tool_given(tool, "period-per"))
        recipe->period_per_sequence = settings->period_per == 1;
    if (ind_tool_given(tool, "loss"))
        recipe->loss_repeated = settings->loss == 1;
    anchor_rate(tool, recipe);
    custom |= recipe->period_lo != before.period_lo || recipe->period_hi != before.period_hi ||
              recipe->period_per_sequence != before.period_per_sequence ||
              recipe->loss_repeated != before.loss_repeated;
    if (custom)
        snprintf(recipe->preset, sizeof recipe->preset, "custom");
    return ind_recipe_check(recipe, err);
}

/* RUN@EPOCH; the folder from the root, so that it is found from wherever the branch is resumed. */
static int parse_from(const char *text, struct ind_recipe *recipe, struct ind_error *err)
{
    const char *at = strrchr(text, '@');
    char run[PATH_MAX], path[PATH_MAX], *end;
    errno = 0;
    const long epoch = at ? strtol(at + 1, &end, 10) : -1;
    if (!at || at == text || at[1] < '0' || at[1] > '9' || *end || errno || epoch > IND_EPOCH_MAX)
        return ind_fail(err, "--from takes RUN@EPOCH, not '%s'", text);
    snprintf(run, sizeof run, "%.*s", (int)(at - text), text);
    if (!realpath(run, path))
        return ind_fail_errno(err, "%s", run);
    if (strlen(path) >= sizeof recipe->from)
        return ind_fail(err, "%s: its path is too long", path);
    recipe->from_epoch = epoch;
    strcpy(recipe->from, path);
    return IND_OK;
}

/* The parent's recipe, from its folder on. */
static int read_parent(const char *from, struct ind_recipe *recipe, struct ind_error *err)
{
    struct ind_run_config config;
    struct ind_recipe origin;
    if (parse_from(from, &origin, err) || ind_run_config_read(origin.from, &config, err))
        return IND_FAILED;
    if (config.imported)
        return ind_fail(err, "%s holds an imported model: how to train it further is not known",
                        origin.from);
    if (origin.from_epoch < config.recipe.from_epoch)
        return ind_fail(err, "%s begins at epoch %ld", origin.from, config.recipe.from_epoch);
    *recipe = config.recipe;
    memcpy(recipe->from, origin.from, sizeof recipe->from);
    recipe->from_epoch = origin.from_epoch;
    return IND_OK;
}

int make_recipe(struct settings *settings, const struct ind_tool *tool, struct ind_recipe *recipe,
                struct ind_error *err)
{
    settings_given(settings, tool);
    const char *unfit = settings_unfit(settings, tool);
    if (settings->again && (settings->resume || settings->from))
        ind_tool_usage(tool, "--again is of a run as it is: neither --resume nor --from");
    if (settings->window && !settings->again)
        ind_tool_usage(tool, "--window goes with --again");
    if (settings->resume && settings->from)
        ind_tool_usage(tool, "--from begins a new run, --resume goes on with one: not both");
    if (unfit && settings->resume)
        ind_tool_usage(tool, "--%s cannot go with --resume, which continues a run as it was begun",
                       unfit);
    if (unfit && settings->again)
        ind_tool_usage(tool, "--%s cannot go with --again, which trains a run as it was trained",
                       unfit);
    if (unfit)
        ind_tool_usage(tool, "--%s cannot go with --from, which goes on with the model as it is",
                       unfit);
    if (settings->again && !settings->window)
        ind_tool_usage(tool, "--again needs a --window of epochs, as 1500:2900:1");
    if (settings->resume || settings->again)
        return IND_OK;
    if (settings->from && !settings->output)
        ind_tool_usage(tool, "--from needs a folder for the new run: -o RUN");
    if (settings->from && read_parent(settings->from, recipe, err))
        return IND_FAILED;
    if (!settings->from &&
        ind_recipe_preset(settings->preset ? settings->preset : default_preset, recipe, err))
        ind_tool_usage(tool, "%s", err->text);
    if (!settings->from || ind_tool_given(tool, "seed"))
        recipe->seed = tool->seed;
    if (change_recipe(settings, tool, recipe, err))
        ind_tool_usage(tool, "%s", err->text);
    return IND_OK;
}

/* ---- A resumed run's ------------------------------------------------------------------------- */

int extend_recipe(const struct settings *settings, struct ind_recipe *recipe, struct ind_error *err)
{
    const long epochs = recipe->epochs;
    settings_apply(settings, recipe);
    if (parse_schedule(settings, recipe, err))
        return IND_FAILED;
    if (recipe->rate.shape != IND_RATE_CONSTANT && recipe->epochs > epochs)
        return ind_fail(err,
                        "the %s schedule of this run ends at epoch %ld: to train further, branch "
                        "from it (--from) with another",
                        ind_rate_shape_name(recipe->rate.shape), recipe->rate.last);
    return ind_recipe_check(recipe, err);
}
