#include "recipe/departures_json.h"

#include <stdio.h>
#include <string.h>

#include <induct/format/json.h>

/* ---- Writing --------------------------------------------------------------------------------- */

/* Each of these is an empty list, and left out, in a plain run. */
static int put_list(json_t *training, const char *key, json_t *list)
{
    if (list && json_array_size(list) == 0) {
        json_decref(list);
        return IND_OK;
    }
    return json_object_set_new(training, key, list) == 0 ? IND_OK : IND_FAILED;
}

static json_t *values_to_json(const struct ind_tensor_value *items, int count)
{
    json_t *list = json_array();
    for (int i = 0; i < count; i++) {
        char text[160];
        snprintf(text, sizeof text, "%.95s=%.17g", items[i].tensors, items[i].value);
        ind_json_append(&list, json_string(text));
    }
    return list;
}

static json_t *windows_to_json(const struct ind_schedule *schedule)
{
    json_t *list = json_array();
    for (int i = 0; i < schedule->window_count; i++) {
        const struct ind_window *window = &schedule->windows[i];
        char text[96];
        snprintf(text, sizeof text, "%ld:%ld:%ld", window->first, window->last, window->step);
        ind_json_append(&list, json_string(text));
    }
    return list;
}

static json_t *interventions_to_json(const struct ind_recipe *recipe)
{
    json_t *list = json_array();
    for (int i = 0; i < recipe->intervention_count; i++) {
        const struct ind_intervention *intervention = &recipe->interventions[i];
        char text[IND_INTERVENTION_ROOM], line[IND_INTERVENTION_ROOM + 16];
        snprintf(line, sizeof line, "%s %s", ind_intervention_name(intervention->kind),
                 ind_intervention_text(intervention, text));
        ind_json_append(&list, json_string(line));
    }
    return list;
}

static int put(json_t *training, bool departs, const char *key, json_t *value)
{
    if (departs)
        return json_object_set_new(training, key, value) == 0 ? IND_OK : IND_FAILED;
    json_decref(value);
    return IND_OK;
}

int ind_departures_to_json(const struct ind_recipe *recipe, json_t *training)
{
    const struct ind_rate *rate = &recipe->rate;
    const long plain_states = ind_recipe_default().states_every;
    const bool scheduled = rate->shape != IND_RATE_CONSTANT || rate->warmup > 0;
    if (put(training, recipe->states_every != plain_states, "states_every",
            json_integer((json_int_t)recipe->states_every)) ||
        put(training, recipe->from[0] != '\0', "from",
            json_pack("{s:s, s:I}", "run", recipe->from, "epoch",
                      (json_int_t)recipe->from_epoch)) ||
        put(training, recipe->period_per_sequence, "period_per", json_string("sequence")) ||
        put(training, recipe->loss_repeated, "loss", json_string("repeated")) ||
        put(training, recipe->clip > 0, "clip", json_real(recipe->clip)) ||
        put(training, recipe->average > 0, "average", json_real(recipe->average)) ||
        put(training, recipe->log_scores[0] != '\0', "log_scores",
            json_string(recipe->log_scores)) ||
        put(training, scheduled, "schedule",
            json_pack("{s:s, s:I, s:I, s:I}", "shape", ind_rate_shape_name(rate->shape), "warmup",
                      (json_int_t)rate->warmup, "first", (json_int_t)rate->first, "last",
                      (json_int_t)rate->last)))
        return IND_FAILED;
    if (put_list(training, "checkpoint_windows", windows_to_json(&recipe->checkpoints)) ||
        put_list(training, "decay", values_to_json(recipe->decays, recipe->decay_count)) ||
        put_list(training, "lr_scale", values_to_json(recipe->rates, recipe->rate_count)))
        return IND_FAILED;
    return put_list(training, "interventions", interventions_to_json(recipe));
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* The strings of a list as one text with commas; *text is "" where there is no such key. */
static int read_list(const json_t *training, const char *key, char *text, size_t room,
                     struct ind_error *err)
{
    const json_t *list = json_object_get(training, key);
    size_t used = 0;
    text[0] = '\0';
    if (!list)
        return IND_OK;
    if (!json_is_array(list))
        return ind_fail(err, "%s must be a list of strings", key);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *item = json_string_value(json_array_get(list, i));
        if (!item)
            return ind_fail(err, "%s must be a list of strings", key);
        used += (size_t)snprintf(text + used, room - used, "%s%s", i ? "," : "", item);
        if (used >= room)
            return ind_fail(err, "%s is too long", key);
    }
    return IND_OK;
}

static int read_values(const json_t *training, const char *key, struct ind_tensor_value *items,
                       int *count, struct ind_error *err)
{
    char text[1024];
    *count = 0;
    if (read_list(training, key, text, sizeof text, err) != IND_OK)
        return IND_FAILED;
    if (*text && ind_tensor_values_parse(text, items, count, err) != IND_OK)
        return ind_error_context(err, "%s", key);
    return IND_OK;
}

static int read_windows(const json_t *training, struct ind_schedule *schedule,
                        struct ind_error *err)
{
    const long every = schedule->every;
    char text[1024];
    if (read_list(training, "checkpoint_windows", text, sizeof text, err) != IND_OK)
        return IND_FAILED;
    if (*text && ind_schedule_parse(text, schedule, err) != IND_OK)
        return ind_error_context(err, "checkpoint_windows");
    schedule->every = every;
    return IND_OK;
}

/* "clamp L0H2=prev@20000:45000" */
static int read_intervention(const char *line, struct ind_recipe *recipe, struct ind_error *err)
{
    const char *name;
    for (int kind = 0; (name = ind_intervention_name((enum ind_intervention_kind)kind)); kind++) {
        const size_t length = strlen(name);
        if (strncmp(line, name, length) == 0 && line[length] == ' ')
            return ind_recipe_intervene(recipe, (enum ind_intervention_kind)kind, line + length + 1,
                                        err);
    }
    return ind_fail(err, "'%s' is no intervention that this version knows", line);
}

static int read_interventions(const json_t *training, struct ind_recipe *recipe,
                              struct ind_error *err)
{
    const json_t *list = json_object_get(training, "interventions");
    if (list && !json_is_array(list))
        return ind_fail(err, "interventions must be a list of strings");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *line = json_string_value(json_array_get(list, i));
        if (!line)
            return ind_fail(err, "interventions must be a list of strings");
        if (read_intervention(line, recipe, err) != IND_OK)
            return ind_error_context(err, "interventions");
    }
    return IND_OK;
}

/* True if the key's word is `word`; another one is an error. */
static int read_choice(const json_t *training, const char *key, const char *plain, const char *word,
                       bool *out, struct ind_error *err)
{
    const char *found = plain;
    if (ind_json_word(training, key, &found, err) != IND_OK)
        return IND_FAILED;
    *out = strcmp(found, word) == 0;
    return *out || strcmp(found, plain) == 0
               ? IND_OK
               : ind_fail(err, "%s is '%s': it must be %s or %s", key, found, plain, word);
}

static int read_rate(const json_t *training, struct ind_rate *rate, struct ind_error *err)
{
    const json_t *object = json_object_get(training, "schedule");
    const char *shape = "constant", *name;
    if (!object)
        return IND_OK;
    if (!json_is_object(object))
        return ind_fail(err, "schedule must be an object");
    if (ind_json_word(object, "shape", &shape, err) != IND_OK ||
        ind_json_long(object, "warmup", 0, IND_EPOCH_MAX, &rate->warmup, err) != IND_OK ||
        ind_json_long(object, "first", 0, IND_EPOCH_MAX, &rate->first, err) != IND_OK ||
        ind_json_long(object, "last", 0, IND_EPOCH_MAX, &rate->last, err) != IND_OK)
        return ind_error_context(err, "schedule");
    for (int i = 0; (name = ind_rate_shape_name((enum ind_rate_shape)i)); i++) {
        rate->shape = (enum ind_rate_shape)i;
        if (strcmp(name, shape) == 0)
            return IND_OK;
    }
    return ind_fail(err, "schedule: there is no shape '%s'", shape);
}

static int read_scores(const json_t *training, struct ind_recipe *recipe, struct ind_error *err)
{
    const char *list = "";
    if (ind_json_word(training, "log_scores", &list, err) != IND_OK)
        return IND_FAILED;
    if (strlen(list) >= sizeof recipe->log_scores)
        return ind_fail(err, "log_scores is too long");
    strcpy(recipe->log_scores, list);
    return IND_OK;
}

static int read_from(const json_t *training, struct ind_recipe *recipe, struct ind_error *err)
{
    const json_t *object = json_object_get(training, "from");
    const char *run = "";
    if (!object)
        return IND_OK;
    if (!json_is_object(object))
        return ind_fail(err, "from must be an object");
    if (ind_json_word(object, "run", &run, err) != IND_OK ||
        ind_json_long(object, "epoch", 0, IND_EPOCH_MAX, &recipe->from_epoch, err) != IND_OK)
        return ind_error_context(err, "from");
    if (strlen(run) >= sizeof recipe->from)
        return ind_fail(err, "from: run is too long");
    strcpy(recipe->from, run);
    return IND_OK;
}

int ind_departures_from_json(const json_t *training, struct ind_recipe *recipe,
                             struct ind_error *err)
{
    if (ind_json_long(training, "states_every", 0, IND_EPOCH_MAX, &recipe->states_every, err) !=
            IND_OK ||
        ind_json_double(training, "clip", &recipe->clip, err) != IND_OK ||
        ind_json_double(training, "average", &recipe->average, err) != IND_OK ||
        read_choice(training, "period_per", "batch", "sequence", &recipe->period_per_sequence,
                    err) != IND_OK ||
        read_choice(training, "loss", "all", "repeated", &recipe->loss_repeated, err) != IND_OK ||
        read_from(training, recipe, err) != IND_OK ||
        read_scores(training, recipe, err) != IND_OK ||
        read_rate(training, &recipe->rate, err) != IND_OK ||
        read_windows(training, &recipe->checkpoints, err) != IND_OK)
        return IND_FAILED;
    if (read_values(training, "decay", recipe->decays, &recipe->decay_count, err) != IND_OK ||
        read_values(training, "lr_scale", recipe->rates, &recipe->rate_count, err) != IND_OK)
        return IND_FAILED;
    return read_interventions(training, recipe, err);
}
