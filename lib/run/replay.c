#include <induct/run/replay.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/model/heads.h>
#include <induct/recipe/config_file.h>
#include <induct/run/checkpoint.h>

/* Freezing is the optimizer's business: a pass does not see it. */
static bool is_of_passes(const struct ind_intervention *intervention)
{
    return intervention->kind != IND_INTERVENE_FREEZE;
}

static bool is_active(const struct ind_intervention *intervention, long epoch)
{
    return is_of_passes(intervention) && intervention->first <= epoch &&
           epoch <= intervention->last;
}

static bool has_donor(const struct ind_intervention *intervention)
{
    return intervention->kind == IND_INTERVENE_CLAMP && intervention->clamp == IND_CLAMP_RUN;
}

/* ---- Donors ---------------------------------------------------------------------------------- */

static bool same_donor(const struct ind_intervention *a, const struct ind_intervention *b)
{
    return has_donor(a) && has_donor(b) && a->run_epoch == b->run_epoch &&
           strcmp(a->run, b->run) == 0;
}

/* Number of the donor of intervention `index`: how many others were named before it. */
static int donor_number(const struct ind_recipe *recipe, int index)
{
    int number = 0;
    for (int i = 0; i < index; i++) {
        bool repeats = !has_donor(&recipe->interventions[i]);
        if (same_donor(&recipe->interventions[i], &recipe->interventions[index]))
            return donor_number(recipe, i);
        for (int j = 0; j < i && !repeats; j++)
            repeats = same_donor(&recipe->interventions[j], &recipe->interventions[i]);
        number += !repeats;
    }
    return number;
}

/* Only models of one configuration have the same heads on the same tokens. */
static bool same_model(const struct ind_config *a, const struct ind_config *b)
{
    return a->layers == b->layers && a->heads == b->heads && a->d_model == b->d_model &&
           a->d_head == b->d_head && a->vocab == b->vocab && a->context == b->context &&
           a->extra_positions == b->extra_positions && a->positions == b->positions &&
           a->norm == b->norm && a->bias == b->bias && a->smear == b->smear &&
           ind_config_scale(a) == ind_config_scale(b) && a->norm_eps == b->norm_eps &&
           ind_config_rotary_dim(a) == ind_config_rotary_dim(b) &&
           a->rotary_base == b->rotary_base && a->rotary_adjacent == b->rotary_adjacent;
}

static int check_donor(const struct ind_intervention *at, const struct ind_config *model,
                       struct ind_error *err)
{
    struct ind_run_config config;
    if (ind_run_config_read(at->run, &config, err) != IND_OK)
        return ind_error_context(err, "clamp %s", at->what);
    if (!same_model(&config.recipe.model, model))
        return ind_fail(err, "clamp %s: %s is a model of another configuration", at->what, at->run);
    for (int i = 0; i < config.recipe.intervention_count; i++)
        if (is_active(&config.recipe.interventions[i], at->run_epoch))
            return ind_fail(err, "clamp %s: %s was itself trained under interventions at epoch %ld",
                            at->what, at->run, at->run_epoch);
    return IND_OK;
}

static int read_donor(struct ind_replay *replay, const struct ind_intervention *at, int number,
                      struct ind_error *err)
{
    char *path = ind_checkpoint_path(at->run, at->run_epoch);
    int status =
        path ? check_donor(at, &replay->layout.config, err) : ind_fail(err, "out of memory");
    if (status == IND_OK)
        status = ind_params_init(&replay->donors[number], &replay->layout, err);
    if (status == IND_OK && ind_checkpoint_read(path, &replay->donors[number], err) != IND_OK)
        status = ind_error_context(err, "clamp %s", at->what);
    free(path);
    return status;
}

static int read_donors(struct ind_replay *replay, const struct ind_recipe *recipe,
                       struct ind_error *err)
{
    struct ind_config config = recipe->model;
    const int count = config.donors;
    config.position_part = false;
    config.donors = 0;
    if (count == 0)
        return IND_OK;
    if (ind_layout_init(&replay->layout, &config, err) != IND_OK ||
        ind_alloc_into(&replay->donors, (size_t)count, sizeof *replay->donors, err) != IND_OK)
        return IND_FAILED;
    for (int i = 0; i < recipe->intervention_count; i++) {
        if (!has_donor(&recipe->interventions[i]) || donor_number(recipe, i) < replay->donor_count)
            continue;
        if (read_donor(replay, &recipe->interventions[i], replay->donor_count, err) != IND_OK)
            return IND_FAILED;
        replay->donor_count++;
    }
    return IND_OK;
}

/* ---- Patches --------------------------------------------------------------------------------- */

static int make_patterns(struct ind_replay *replay, int context, struct ind_error *err)
{
    const size_t square = (size_t)context * (size_t)context;
    if (ind_alloc_into(&replay->previous, square, sizeof(float), err) != IND_OK ||
        ind_alloc_into(&replay->uniform, square, sizeof(float), err) != IND_OK)
        return IND_FAILED;
    memset(replay->previous, 0, square * sizeof(float));
    memset(replay->uniform, 0, square * sizeof(float));
    for (int i = 0; i < context; i++) {
        replay->previous[(size_t)i * context + (i > 0 ? i - 1 : 0)] = 1.0F;
        for (int j = 0; j <= i; j++)
            replay->uniform[(size_t)i * context + j] = 1.0F / (float)(i + 1);
    }
    return IND_OK;
}

/* What an intervention does to one head. */
static struct ind_patch head_patch(const struct ind_replay *replay, const struct ind_recipe *recipe,
                                   int index, struct ind_head head)
{
    const struct ind_intervention *at = &recipe->interventions[index];
    struct ind_patch patch = {.kind = IND_PATCH_Z, .layer = head.layer, .head = head.head};
    if (at->kind == IND_INTERVENE_ABLATE)
        return patch;
    patch.kind = has_donor(at) ? IND_PATCH_DONOR : IND_PATCH_PATTERN;
    patch.keep = (float)(1.0 - at->strength);
    patch.row_stride = (size_t)recipe->model.context;
    if (has_donor(at))
        patch.donor = donor_number(recipe, index);
    else
        patch.value = at->clamp == IND_CLAMP_PREV ? replay->previous : replay->uniform;
    return patch;
}

static int add_patches(struct ind_replay *replay, const struct ind_recipe *recipe, int index,
                       size_t *room, struct ind_error *err)
{
    struct ind_heads heads = {0};
    int status = ind_heads_select(&heads, &recipe->model, recipe->interventions[index].what, err);
    for (int h = 0; status == IND_OK && h < heads.count; h++) {
        status = ind_grow(&replay->patches, room, (size_t)replay->patch_count + 1,
                          sizeof *replay->patches, err);
        if (status == IND_OK)
            replay->patches[replay->patch_count++] =
                head_patch(replay, recipe, index, heads.items[h]);
    }
    ind_heads_release(&heads);
    return status;
}

/* ---- Phases ---------------------------------------------------------------------------------- */

/* The first epoch after `epoch` at which the set of active interventions may change. */
static long next_border(const struct ind_recipe *recipe, long epoch)
{
    long next = IND_EPOCH_MAX + 1L;
    for (int i = 0; i < recipe->intervention_count; i++) {
        const struct ind_intervention *at = &recipe->interventions[i];
        if (at->first > epoch && at->first < next)
            next = at->first;
        if (at->last >= epoch && at->last + 1 < next)
            next = at->last + 1;
    }
    return next;
}

/* The interventions active at `first` as a phase up to `last`; none is no phase. The patches may
 * still move: standing.patches is set when all are there. */
static int add_phase(struct ind_replay *replay, const struct ind_recipe *recipe, long first,
                     long last, size_t *room, struct ind_error *err)
{
    struct ind_replay_phase phase = {first, last, {.donors = replay->donors}};
    const int before = replay->patch_count;
    bool any = false;
    for (int i = 0; i < recipe->intervention_count; i++) {
        const struct ind_intervention *at = &recipe->interventions[i];
        if (!is_active(at, first))
            continue;
        any = true;
        if (at->kind == IND_INTERVENE_FORBID)
            phase.standing.without_pp = true;
        else if (add_patches(replay, recipe, i, room, err) != IND_OK)
            return IND_FAILED;
        if (has_donor(at))
            phase.standing.donor_count = replay->donor_count;
    }
    phase.standing.patch_count = replay->patch_count - before;
    if (any)
        replay->phases[replay->phase_count++] = phase;
    return IND_OK;
}

static int make_phases(struct ind_replay *replay, const struct ind_recipe *recipe,
                       struct ind_error *err)
{
    size_t room = 0;
    if (ind_alloc_into(&replay->phases, 2 * IND_INTERVENTIONS_MAX + 1, sizeof *replay->phases,
                       err) != IND_OK)
        return IND_FAILED;
    for (long epoch = 0; epoch <= IND_EPOCH_MAX;) {
        const long next = next_border(recipe, epoch);
        if (add_phase(replay, recipe, epoch, next - 1, &room, err) != IND_OK)
            return IND_FAILED;
        epoch = next;
    }
    const struct ind_patch *patches = replay->patches;
    for (int p = 0; p < replay->phase_count; p++) {
        replay->phases[p].standing.patches = patches;
        if (patches)
            patches += replay->phases[p].standing.patch_count;
    }
    return IND_OK;
}

/* ---- Owner ----------------------------------------------------------------------------------- */

int ind_replay_init(struct ind_replay *replay, const struct ind_recipe *recipe,
                    struct ind_error *err)
{
    *replay = (struct ind_replay){0};
    if (recipe->intervention_count == 0)
        return IND_OK;
    if (read_donors(replay, recipe, err) == IND_OK &&
        make_patterns(replay, recipe->model.context, err) == IND_OK &&
        make_phases(replay, recipe, err) == IND_OK)
        return IND_OK;
    ind_replay_release(replay);
    return IND_FAILED;
}

void ind_replay_release(struct ind_replay *replay)
{
    for (int n = 0; n < replay->donor_count; n++)
        ind_params_release(&replay->donors[n]);
    free(replay->donors);
    ind_layout_release(&replay->layout);
    free(replay->phases);
    free(replay->patches);
    free(replay->previous);
    free(replay->uniform);
    *replay = (struct ind_replay){0};
}

const struct ind_regime *ind_replay_at(const struct ind_replay *replay, long epoch)
{
    for (int p = 0; p < replay->phase_count; p++)
        if (replay->phases[p].first <= epoch && epoch <= replay->phases[p].last)
            return &replay->phases[p].standing;
    return NULL;
}

int ind_replay_text(const struct ind_recipe *recipe, char **text, struct ind_error *err)
{
    char one[IND_INTERVENTION_ROOM];
    *text = NULL;
    for (int i = 0; i < recipe->intervention_count; i++) {
        const struct ind_intervention *at = &recipe->interventions[i];
        if (!is_of_passes(at))
            continue;
        char *longer = ind_text("%s%s%s %s", *text ? *text : "", *text ? "; " : "",
                                ind_intervention_name(at->kind), ind_intervention_text(at, one));
        free(*text);
        *text = longer;
        if (!longer)
            return ind_fail(err, IND_NO_MEMORY);
    }
    return IND_OK;
}
