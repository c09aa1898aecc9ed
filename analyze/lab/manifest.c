/*
 * {"version", "revision", "command", "live": true while runs are followed, "seed", "generation",
 *  "runs": [{
 *    "name", "path", "preset", "imported", "config": the model in TransformerLens's words,
 *    "recipe": {"seed", "batch", "lr", "weight_decay", "epochs"}, "trained": [lo, hi],
 *    "regime": interventions that it was trained under, in words, or null,
 *    "periods": [...], "sequences", "resamples",
 *    "scores": [{"name", "formula", "description", "uniform"}], the last being the bump,
 *    "heads": ["L0H0", ...], "period", "index", "tokens": [...] of the sample, "length",
 *    "epochs": [...], "broken": [...],
 *    "weights": {"type": "f32", "trained", "total"} or {"type": "f16", ..., "key", "epochs": [...]},
 *    "chunks": [[first, last], ...] (report only)}]}
 */
#include "manifest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/version.h>
#include <induct/format/json.h>
#include <induct/run/checkpoint.h>

#include "pack.h"

static json_t *integers(const int *items, int count)
{
    json_t *array = json_array();
    for (int i = 0; i < count; i++)
        ind_json_append(&array, json_integer(items[i]));
    return array;
}

static json_t *longs(const long *items, int count)
{
    json_t *array = json_array();
    for (int i = 0; i < count; i++)
        ind_json_append(&array, json_integer(items[i]));
    return array;
}

/* A name that is no UTF-8 is shown with its odd bytes replaced. */
static json_t *text(const char *value)
{
    json_t *string = json_string(value);
    if (string)
        return string;
    char *copy = strdup(value);
    for (char *at = copy; at && *at; at++)
        if ((unsigned char)*at > 0x7e)
            *at = '?';
    string = copy ? json_string(copy) : NULL;
    free(copy);
    return string;
}

static json_t *config_of(const struct plan *plan)
{
    char *words = ind_checkpoint_config_text(&plan->layout.config);
    json_t *config = words ? ind_json_parse(words, strlen(words), NULL) : NULL;
    free(words);
    return config;
}

static json_t *score(const char *name, const char *formula, const char *description, double uniform)
{
    return json_pack("{s:s, s:s, s:s, s:o}", "name", name, "formula", formula, "description",
                     description, "uniform", isfinite(uniform) ? json_real(uniform) : json_null());
}

static json_t *scores_of(const struct plan *plan)
{
    json_t *array = json_array();
    for (int s = 0; s < plan->scores.count; s++) {
        const struct ind_score_choice *choice = &plan->scores.items[s];
        ind_json_append(&array, score(choice->column, choice->score->formula,
                                      choice->score->description, plan->baselines[s]));
    }
    ind_json_append(
        &array, score("bump", "mean of PP over trained offsets - mean over longer ones",
                      "Positional bump: how much the position-position part of the scores favours "
                      "the offsets that training asked for, in units of the scores.",
                      0.0));
    return array;
}

static json_t *periods_of(const struct plan *plan)
{
    json_t *array = json_array();
    for (int p = 0; p < plan->data.count; p++)
        ind_json_append(&array, json_integer(plan->data.data[p].period));
    return array;
}

static json_t *heads_of(const struct plan *plan)
{
    json_t *array = json_array();
    for (int h = 0; h < plan->heads.count; h++) {
        char name[16];
        ind_json_append(&array, json_string(ind_head_name(plan->heads.items[h], name)));
    }
    return array;
}

static json_t *epochs_of(const struct lab_run *run, bool broken)
{
    json_t *array = json_array();
    for (int i = 0; i < run->count; i++)
        if (!broken || run->checkpoints[i].state == CHECKPOINT_BROKEN)
            ind_json_append(&array, json_integer(run->checkpoints[i].epoch));
    return array;
}

static json_t *weights_of(const struct plan *plan, const struct carried *carried, int r)
{
    json_t *weights =
        json_pack("{s:s, s:I, s:I}", "type", carried ? "f16" : "f32", "trained",
                  (json_int_t)plan->layout.trained, "total", (json_int_t)plan->layout.total);
    if (carried) {
        ind_json_put(&weights, "key", json_integer(WEIGHTS_KEY));
        ind_json_put(&weights, "epochs", longs(carried->weights[r], carried->weight_counts[r]));
    }
    return weights;
}

static json_t *chunks_of(const struct carried *carried, int r)
{
    json_t *array = json_array();
    for (int c = 0; c < carried->chunk_counts[r]; c++)
        ind_json_append(&array, longs(carried->chunks[r][c], 2));
    return array;
}

static json_t *recipe_of(const struct plan *plan)
{
    const struct ind_recipe *recipe = &plan->recipe;
    char seed[24];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)recipe->seed);
    return json_pack("{s:s, s:i, s:f, s:f, s:I}", "seed", seed, "batch", recipe->batch, "lr",
                     recipe->lr, "weight_decay", recipe->weight_decay, "epochs",
                     (json_int_t)recipe->epochs);
}

static json_t *regime_of(const struct plan *plan)
{
    char *words;
    if (ind_replay_text(&plan->recipe, &words, NULL) != IND_OK)
        return NULL;
    json_t *regime = words ? text(words) : json_null();
    free(words);
    return regime;
}

static json_t *run_of(const struct lab_run *run, const struct choices *choices,
                      const struct carried *carried, int r)
{
    const struct plan *plan = &run->plan;
    const int trained[] = {plan->recipe.period_lo, plan->recipe.period_hi};
    json_t *object = json_object();
    ind_json_put(&object, "name", text(plan->name));
    ind_json_put(&object, "path", text(plan->path));
    ind_json_put(&object, "preset", text(plan->recipe.preset));
    ind_json_put(&object, "imported", json_boolean(plan->imported));
    ind_json_put(&object, "config", config_of(plan));
    ind_json_put(&object, "recipe", plan->imported ? json_null() : recipe_of(plan));
    ind_json_put(&object, "regime", regime_of(plan));
    ind_json_put(&object, "trained",
                 ind_recipe_trained_known(&plan->recipe) ? integers(trained, 2) : json_null());
    ind_json_put(&object, "periods", periods_of(plan));
    ind_json_put(&object, "sequences", json_integer(plan->sequences));
    ind_json_put(&object, "resamples", json_integer(choices->resamples));
    ind_json_put(&object, "scores", scores_of(plan));
    ind_json_put(&object, "heads", heads_of(plan));
    ind_json_put(&object, "period", json_integer(plan->period));
    ind_json_put(&object, "index", json_integer(plan->index));
    ind_json_put(&object, "tokens", integers(plan->sample, plan->layout.config.context));
    ind_json_put(&object, "length", json_integer(plan->length));
    ind_json_put(&object, "epochs", epochs_of(run, false));
    ind_json_put(&object, "broken", epochs_of(run, true));
    ind_json_put(&object, "weights", weights_of(plan, carried, r));
    if (carried)
        ind_json_put(&object, "chunks", chunks_of(carried, r));
    return object;
}

char *manifest_text(struct store *store, const struct choices *choices,
                    const struct carried *carried)
{
    char seed[24];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)choices->seed);
    json_t *runs = json_array();
    pthread_mutex_lock(&store->mutex);
    for (int r = 0; r < store->run_count; r++)
        ind_json_append(&runs, run_of(&store->runs[r], choices, carried, r));
    pthread_mutex_unlock(&store->mutex);
    json_t *manifest =
        json_pack("{s:s, s:s, s:o, s:b, s:s}", "version", ind_version(), "revision", ind_revision(),
                  "command", text(store->tool->command), "live", carried ? 0 : 1, "seed", seed);
    ind_json_put(&manifest, "runs", runs);
    char *words = manifest ? ind_json_dump(manifest, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
    json_decref(manifest);
    return words;
}
