#include <induct/recipe/config_file.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/printable.h>
#include <induct/base/version.h>
#include <induct/format/json.h>
#include <induct/math/blas.h>
#include <induct/math/simd.h>

#include "recipe/config_json.h"
#include "recipe/departures_json.h"

static json_t *seed_to_json(uint64_t seed)
{
    char digits[24];
    if (seed <= INT64_MAX)
        return json_integer((json_int_t)seed);
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)seed);
    return json_string(digits);
}

static int seed_from_json(const json_t *object, uint64_t *seed, struct ind_error *err)
{
    const json_t *value = json_object_get(object, "seed");
    if (!value)
        return IND_OK;
    if (json_is_integer(value) && json_integer_value(value) >= 0) {
        *seed = (uint64_t)json_integer_value(value);
        return IND_OK;
    }
    const char *digits = json_string_value(value);
    if (digits && *digits >= '0' && *digits <= '9') {
        char *end;
        errno = 0;
        *seed = strtoull(digits, &end, 10);
        if (*end == '\0' && errno == 0)
            return IND_OK;
    }
    return ind_fail(err, "seed must be a whole number in 0..2^64-1");
}

static json_t *training_to_json(const struct ind_recipe *recipe)
{
    json_t *ood = json_array();
    for (int i = 0; i < recipe->ood_count; i++)
        ind_json_append(&ood, json_integer(recipe->ood[i]));
    json_t *object = json_pack(
        "{s:i, s:i, s:i, s:I, s:f, s:f, s:f, s:f, s:f, s:I, s:i, s:I, s:o, s:i, s:i}", "period_lo",
        recipe->period_lo, "period_hi", recipe->period_hi, "batch", recipe->batch, "epochs",
        (json_int_t)recipe->epochs, "lr", recipe->lr, "beta1", recipe->beta1, "beta2",
        recipe->beta2, "eps", recipe->eps, "weight_decay", recipe->weight_decay, "checkpoint_every",
        (json_int_t)recipe->checkpoints.every, "checkpoints_per_decade",
        recipe->checkpoints.per_decade, "log_every", (json_int_t)recipe->log_every, "ood", ood,
        "ood_first", recipe->ood_first, "ood_sequences", recipe->ood_sequences);
    if (object && ind_departures_to_json(recipe, object) != IND_OK) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static int ood_from_json(const json_t *training, struct ind_recipe *recipe, struct ind_error *err)
{
    const json_t *ood = json_object_get(training, "ood");
    if (!ood)
        return IND_OK;
    if (!json_is_array(ood) || json_array_size(ood) > IND_OOD_MAX)
        return ind_fail(err, "ood must be a list of at most %d periods", IND_OOD_MAX);
    recipe->ood_count = (int)json_array_size(ood);
    for (int i = 0; i < recipe->ood_count; i++) {
        const json_t *period = json_array_get(ood, (size_t)i);
        if (!json_is_integer(period) || json_integer_value(period) < 1 ||
            json_integer_value(period) > 65536)
            return ind_fail(err, "ood must hold whole numbers in 1..65536");
        recipe->ood[i] = (int)json_integer_value(period);
    }
    return IND_OK;
}

/* Ranges here are those of the C types; what makes sense together is ind_recipe_check()'s. */
static int training_from_json(const json_t *training, struct ind_recipe *recipe,
                              struct ind_error *err)
{
    enum { MOST = 1 << 20 };
    recipe->ood_first = 0; /* where it is not said: see recipe.h */
    if (ind_json_int(training, "period_lo", 1, MOST, &recipe->period_lo, err) != IND_OK ||
        ind_json_int(training, "period_hi", 1, MOST, &recipe->period_hi, err) != IND_OK ||
        ind_json_int(training, "batch", 1, MOST, &recipe->batch, err) != IND_OK ||
        ind_json_long(training, "epochs", 0, IND_EPOCH_MAX, &recipe->epochs, err) != IND_OK ||
        ind_json_double(training, "lr", &recipe->lr, err) != IND_OK ||
        ind_json_double(training, "beta1", &recipe->beta1, err) != IND_OK ||
        ind_json_double(training, "beta2", &recipe->beta2, err) != IND_OK ||
        ind_json_double(training, "eps", &recipe->eps, err) != IND_OK ||
        ind_json_double(training, "weight_decay", &recipe->weight_decay, err) != IND_OK ||
        ind_json_long(training, "checkpoint_every", 0, IND_EPOCH_MAX, &recipe->checkpoints.every,
                      err) != IND_OK ||
        ind_json_int(training, "checkpoints_per_decade", 0, 1000, &recipe->checkpoints.per_decade,
                     err) != IND_OK ||
        ind_json_long(training, "log_every", 1, IND_EPOCH_MAX, &recipe->log_every, err) != IND_OK ||
        ind_json_int(training, "ood_sequences", 1, MOST, &recipe->ood_sequences, err) != IND_OK ||
        ind_json_int(training, "ood_first", 0, 1 << 30, &recipe->ood_first, err) != IND_OK)
        return IND_FAILED;
    if (ind_departures_from_json(training, recipe, err) != IND_OK)
        return IND_FAILED;
    return ood_from_json(training, recipe, err);
}

/* Of a model trained elsewhere the periods are all that may be known; NULL if they are not. */
static json_t *periods_to_json(const struct ind_recipe *recipe)
{
    if (!ind_recipe_trained_known(recipe))
        return NULL;
    return json_pack("{s:i, s:i}", "period_lo", recipe->period_lo, "period_hi", recipe->period_hi);
}

static json_t *config_to_json(const struct ind_recipe *recipe, const char *before, bool imported)
{
    char blas[IND_BLAS_VERSION_SIZE];
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:o, s:o}", "program", "induct",
                  "version", ind_version(), "revision", ind_revision(), "blas",
                  ind_blas_version(blas), "blas_core", ind_blas_core(), "vectors", ind_simd_name(),
                  "imported", (int)imported, "preset", imported ? "imported" : recipe->preset,
                  "seed", seed_to_json(recipe->seed), "model", ind_config_to_json(&recipe->model));
    if (*before)
        ind_json_put(&object, "vectors_before", json_string(before));
    json_t *training = imported ? periods_to_json(recipe) : training_to_json(recipe);
    if (training || !imported || ind_recipe_trained_known(recipe))
        ind_json_put(&object, "training", training);
    return object;
}

static int write_config(const char *folder, const struct ind_recipe *recipe, const char *before,
                        bool imported, bool durable, struct ind_error *err)
{
    json_t *object = config_to_json(recipe, before, imported);
    char *json = object ? ind_json_text(object, JSON_INDENT(2)) : NULL;
    char *text = json ? ind_text("%s\n", json) : NULL;
    char *path = ind_text("%s/config.json", folder);
    int status = text && path ? ind_file_write(path, text, strlen(text), durable, err)
                              : ind_fail(err, "%s/config.json: out of memory", folder);
    free(path);
    free(text);
    free(json);
    json_decref(object);
    return status;
}

int ind_run_config_write(const char *folder, const struct ind_recipe *recipe, bool imported,
                         bool durable, struct ind_error *err)
{
    return write_config(folder, recipe, "", imported, durable, err);
}

int ind_run_config_update(const char *folder, const struct ind_recipe *recipe, const char *before,
                          bool durable, struct ind_error *err)
{
    return write_config(folder, recipe, before, false, durable, err);
}

void ind_run_config_change(char before[IND_VECTORS_BEFORE], const char *set, long epoch)
{
    char change[64], end[32];
    const size_t used = strlen(before);
    const size_t length =
        (size_t)snprintf(end, sizeof end, " to %ld", epoch); /* of a session that trained nothing */
    if (used >= length && strcmp(before + used - length, end) == 0)
        return;
    snprintf(change, sizeof change, "%s%.15s%s", used ? ", " : "", *set ? set : "unknown", end);
    if (used + strlen(change) + sizeof ", ..." <= IND_VECTORS_BEFORE)
        strcpy(before + used, change);
    else if (before[used - 1] != '.')
        strcpy(before + used, ", ...");
}

/* Preset and vectors are printed on terminals: a word each, cut to its room. */
static int take_word(const json_t *object, const char *key, char *out, size_t room,
                     struct ind_error *err)
{
    const char *word = out;
    if (ind_json_word(object, key, &word, err) != IND_OK)
        return IND_FAILED;
    if (!ind_is_printable(word))
        return ind_fail(err, "%s holds a control character", key);
    if (word != out)
        snprintf(out, room, "%s", word);
    return IND_OK;
}

static int config_from_json(const json_t *object, struct ind_run_config *config,
                            struct ind_error *err)
{
    struct ind_recipe *recipe = &config->recipe;
    const json_t *model = json_object_get(object, "model");
    const json_t *training = json_object_get(object, "training");
    if (!json_is_object(model))
        return ind_fail(err, "model is missing: no config.json of induct");
    if (training && !json_is_object(training))
        return ind_fail(err, "training must be an object");
    if (ind_json_bool(object, "imported", &config->imported, err) != IND_OK ||
        take_word(object, "preset", recipe->preset, sizeof recipe->preset, err) != IND_OK ||
        take_word(object, "vectors", config->vectors, sizeof config->vectors, err) != IND_OK ||
        take_word(object, "vectors_before", config->before, sizeof config->before, err) != IND_OK ||
        seed_from_json(object, &recipe->seed, err) != IND_OK)
        return IND_FAILED;
    if (ind_config_from_json(model, &recipe->model, err) != IND_OK)
        return ind_error_context(err, "model");
    /* the defaults in its place would be another training, of which nobody is told */
    if (!training && !config->imported)
        return ind_fail(err, "training is missing");
    if (training && training_from_json(training, recipe, err) != IND_OK)
        return ind_error_context(err, "training");
    bool periods = json_object_get(training, "period_lo") && json_object_get(training, "period_hi");
    recipe->periods_unknown = config->imported && !periods;
    if (recipe->periods_unknown)
        return IND_OK; /* the default ones need not fit its context */
    if (config->imported)
        return ind_recipe_set_trained(recipe, recipe->period_lo, recipe->period_hi, err);
    return training ? ind_recipe_check(recipe, err) : IND_OK;
}

int ind_run_config_read(const char *folder, struct ind_run_config *config, struct ind_error *err)
{
    *config = (struct ind_run_config){.recipe = ind_recipe_default()};
    char *path = ind_text("%s/config.json", folder);
    if (!path)
        return ind_fail(err, "out of memory");
    int status = IND_FAILED;
    json_t *object = ind_json_read_within(path, err);
    if (object) {
        status = config_from_json(object, config, err);
        if (status != IND_OK)
            ind_error_context(err, "%s", path);
    }
    json_decref(object);
    free(path);
    return status;
}

int ind_run_config_exists(const char *folder, bool *exists, struct ind_error *err)
{
    *exists = false;
    char *path = ind_text("%s/config.json", folder);
    if (!path)
        return ind_fail(err, "out of memory");
    errno = 0;
    json_t *object = ind_json_read_within(path, err);
    const bool in_doubt = !object && (errno == ENOMEM || errno == EIO);
    const char *program = json_string_value(json_object_get(object, "program"));
    *exists = program && strcmp(program, "induct") == 0;
    json_decref(object);
    free(path);
    return in_doubt ? IND_FAILED : IND_OK;
}
