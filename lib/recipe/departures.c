/* What departs from plain training, in a recipe: interventions and values of single tensors. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/model/heads.h>
#include <induct/recipe/recipe.h>

#include "recipe/parts.h"

/* ---- Interventions --------------------------------------------------------------------------- */

/* Checkpoints that patterns are taken from, each counted once. */
static int count_donors(const struct ind_recipe *recipe)
{
    int count = 0;
    for (int i = 0; i < recipe->intervention_count; i++) {
        const struct ind_intervention *at = &recipe->interventions[i];
        bool new = at->kind == IND_INTERVENE_CLAMP && at->clamp == IND_CLAMP_RUN;
        for (int j = 0; j < i && new; j++) {
            const struct ind_intervention *before = &recipe->interventions[j];
            new = before->kind != IND_INTERVENE_CLAMP || before->clamp != IND_CLAMP_RUN ||
                  before->run_epoch != at->run_epoch || strcmp(before->run, at->run) != 0;
        }
        count += new;
    }
    return count;
}

int ind_recipe_intervene(struct ind_recipe *recipe, enum ind_intervention_kind kind,
                         const char *list, struct ind_error *err)
{
    if (ind_interventions_parse(kind, list, recipe->interventions, &recipe->intervention_count,
                                err) != IND_OK)
        return IND_FAILED;
    recipe->model.position_part |= kind == IND_INTERVENE_FORBID;
    recipe->model.donors = count_donors(recipe);
    return IND_OK;
}

static int check_forbid(const struct ind_config *model, struct ind_error *err)
{
    if (!ind_config_is_linear(model))
        return ind_fail(err, "a model with LayerNorm has no position-position term");
    if (!ind_config_adds_positions(model))
        return ind_fail(err, "%s positions have no position-position term",
                        ind_positions_name(model->positions));
    if (model->layers < 2)
        return ind_fail(err, "the first layer keeps its position-position term, and there is no "
                             "other");
    return IND_OK;
}

static int check_heads(const struct ind_config *model, const char *selector, struct ind_error *err)
{
    struct ind_heads heads = {0};
    const int status = ind_heads_select(&heads, model, selector, err);
    ind_heads_release(&heads);
    return status;
}

static int check_tensors(const struct ind_layout *layout, const char *words, struct ind_error *err)
{
    bool *chosen = calloc((size_t)layout->tensor_count, sizeof *chosen);
    const int status =
        chosen ? ind_layout_select(layout, words, chosen, err) : ind_fail(err, "out of memory");
    free(chosen);
    return status;
}

static int check_intervention(const struct ind_intervention *intervention,
                              const struct ind_layout *layout, struct ind_error *err)
{
    switch (intervention->kind) {
    case IND_INTERVENE_FORBID:
        return check_forbid(&layout->config, err);
    case IND_INTERVENE_FREEZE:
        return check_tensors(layout, intervention->what, err);
    case IND_INTERVENE_CLAMP:
    case IND_INTERVENE_ABLATE:
        return check_heads(&layout->config, intervention->what, err);
    }
    return ind_fail(err, "no such kind of intervention");
}

static int check_values(const struct ind_tensor_value *items, int count, const char *name,
                        const struct ind_layout *layout, struct ind_error *err)
{
    for (int i = 0; i < count; i++)
        if (check_tensors(layout, items[i].tensors, err) != IND_OK)
            return ind_error_context(err, "%s", name);
    return IND_OK;
}

int ind_recipe_check_parts(const struct ind_recipe *recipe, struct ind_error *err)
{
    struct ind_layout layout;
    if (ind_layout_init(&layout, &recipe->model, err) != IND_OK)
        return IND_FAILED;
    int status = IND_OK;
    for (int i = 0; status == IND_OK && i < recipe->intervention_count; i++) {
        const struct ind_intervention *intervention = &recipe->interventions[i];
        status = check_intervention(intervention, &layout, err);
        if (status != IND_OK)
            ind_error_context(err, "%s", ind_intervention_name(intervention->kind));
    }
    if (status == IND_OK)
        status = check_values(recipe->decays, recipe->decay_count, "decay", &layout, err);
    if (status == IND_OK)
        status = check_values(recipe->rates, recipe->rate_count, "lr_scale", &layout, err);
    ind_layout_release(&layout);
    return status;
}

/* ---- Values of tensors ----------------------------------------------------------------------- */

static int parse_value(const char *text, size_t length, struct ind_tensor_value *out,
                       struct ind_error *err)
{
    const char *equals = memchr(text, '=', length);
    char *end;
    if (!equals || equals == text)
        return ind_fail(err, "'%.*s' is not TENSORS=VALUE", (int)length, text);
    const size_t name = (size_t)(equals - text);
    if (name >= sizeof out->tensors)
        return ind_fail(err, "'%.*s' is too long", (int)name, text);
    memcpy(out->tensors, text, name);
    out->tensors[name] = '\0';
    out->value = strtod(equals + 1, &end);
    if (end != text + length || end == equals + 1 || !isfinite(out->value) || out->value < 0)
        return ind_fail(err, "'%.*s': the value must be a number of at least 0", (int)length, text);
    return IND_OK;
}

int ind_tensor_values_parse(const char *list, struct ind_tensor_value *items, int *count,
                            struct ind_error *err)
{
    *count = 0;
    for (;;) {
        const char *equals = strchr(list, '='), *comma = equals ? strchr(equals, ',') : NULL;
        const size_t length = comma ? (size_t)(comma - list) : strlen(list);
        if (*count == IND_TENSOR_VALUES_MAX)
            return ind_fail(err, "more than %d values", IND_TENSOR_VALUES_MAX);
        if (parse_value(list, length, &items[*count], err) != IND_OK)
            return IND_FAILED;
        ++*count;
        if (!comma)
            return IND_OK;
        list = comma + 1;
    }
}

int ind_tensor_values_resolve(const struct ind_tensor_value *items, int count,
                              const struct ind_layout *layout, double otherwise, double *values,
                              struct ind_error *err)
{
    const size_t tensors = (size_t)layout->tensor_count;
    bool *chosen = calloc(tensors, sizeof *chosen);
    int status = chosen ? IND_OK : ind_fail(err, "out of memory");
    for (size_t t = 0; t < tensors; t++)
        values[t] = otherwise;
    for (int i = 0; status == IND_OK && i < count; i++) {
        memset(chosen, 0, tensors * sizeof *chosen);
        status = ind_layout_select(layout, items[i].tensors, chosen, err);
        for (size_t t = 0; status == IND_OK && t < tensors; t++)
            values[t] = chosen[t] ? items[i].value : values[t];
    }
    free(chosen);
    return status;
}
