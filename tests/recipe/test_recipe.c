/* Recipes: the study's presets as published, what cannot be trained, which epochs are saved. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/math/simd.h>
#include <induct/recipe/config_file.h>
#include <induct/recipe/recipe.h>

#include "support/folder.h"

static struct ind_error err;

static bool has_config(const char *folder)
{
    bool exists;
    assert_int_equal(ind_run_config_exists(folder, &exists, &err), IND_OK);
    return exists;
}

static void presets_are_the_studys(void **state)
{
    (void)state;
    const struct {
        const char *name;
        int layers, lo, hi;
        long epochs;
    } table[] = {{"1L-fixed", 1, 20, 20, 5000},
                 {"1L-varied", 1, 20, 29, 20000},
                 {"2L-fixed", 2, 20, 20, 5000},
                 {"2L-varied", 2, 20, 29, 20000},
                 {"2L-varied-60k", 2, 20, 29, 60000}};
    for (int i = 0; i < 5; i++) {
        struct ind_recipe r;
        assert_string_equal(ind_recipe_preset_name(i), table[i].name);
        assert_int_equal(ind_recipe_preset(table[i].name, &r, &err), IND_OK);
        assert_int_equal(ind_recipe_check(&r, &err), IND_OK);
        assert_string_equal(r.preset, table[i].name);
        assert_int_equal(r.model.layers, table[i].layers);
        assert_int_equal(r.period_lo, table[i].lo);
        assert_int_equal(r.period_hi, table[i].hi);
        assert_int_equal(r.epochs, table[i].epochs);
        assert_int_equal(r.batch, 32);
        assert_true(r.lr == 1e-3 && r.beta1 == 0.9 && r.beta2 == 0.98 && r.eps == 1e-8);
        assert_true(r.weight_decay == 0.01);
    }
    assert_null(ind_recipe_preset_name(5));
    assert_null(ind_recipe_preset_name(-1));
    struct ind_recipe r;
    assert_int_equal(ind_recipe_preset("3L", &r, &err), IND_FAILED);
    assert_string_equal(err.text, "unknown preset '3L': there are 1L-fixed, 1L-varied, 2L-fixed, "
                                  "2L-varied, 2L-varied-60k");
}

static void refused(struct ind_recipe recipe, const char *message)
{
    assert_int_equal(ind_recipe_check(&recipe, &err), IND_FAILED);
    if (!strstr(err.text, message))
        fail_msg("says '%s', not '%s'", err.text, message);
}

static void what_cannot_be_trained_is_refused(void **state)
{
    (void)state;
    struct ind_recipe r = ind_recipe_default(), bad;
    assert_int_equal(ind_recipe_check(&r, &err), IND_OK);
    r.period_hi = 78;
    assert_int_equal(ind_recipe_check(&r, &err), IND_OK);
#define REFUSED(change, message) (bad = r, bad.change, refused(bad, message))
    REFUSED(period_hi = 79, "period must lie in 1..78, not 79");
    REFUSED(period_lo = 0, "period must lie in 1..78, not 0");
    REFUSED(period_hi = 19, "period 20:19 runs backwards");
    REFUSED(batch = 0, "batch must lie in");
    REFUSED(epochs = -1, "epochs must lie in");
    REFUSED(lr = NAN, "lr must lie in");
    REFUSED(lr = INFINITY, "lr must lie in");
    REFUSED(lr = -1e-3, "lr must lie in");
    REFUSED(beta1 = 1.0, "beta1 must be at least 0 and below 1");
    REFUSED(beta2 = NAN, "beta2 must be at least 0 and below 1");
    REFUSED(beta2 = -0.1, "beta2 must be at least 0 and below 1");
    REFUSED(eps = -1e-8, "eps must lie in");
    REFUSED(weight_decay = NAN, "weight_decay must lie in");
    REFUSED(checkpoints.every = -1, "checkpoint_every must lie in");
    REFUSED(checkpoints.per_decade = -1, "checkpoints_per_decade must lie in");
    REFUSED(log_every = 0, "log_every must lie in");
    REFUSED(ood[1] = 79, "ood period must lie in 1..78");
    REFUSED(ood_count = IND_OOD_MAX + 1, "number of ood periods");
    REFUSED(ood_sequences = 0, "ood_sequences must lie in");
    REFUSED(model.heads = 0, "heads");
    REFUSED(model.context = 2, "context of 2 holds no repeated sequence");
    REFUSED(model.vocab = 1, "vocab must be at least 2");
#undef REFUSED
}

static int saved(const struct ind_schedule *schedule, long epochs)
{
    int count = 0;
    for (long epoch = 0; epoch <= epochs; epoch++)
        count += ind_schedule_wants(schedule, epoch, 0, epochs);
    return count;
}

static void schedules_save_what_they_say(void **state)
{
    (void)state;
    const struct ind_schedule hundred = {.every = 100}, none = {0}, dense = {.every = 1};
    assert_int_equal(saved(&hundred, 20000), 201);
    assert_int_equal(saved(&hundred, 20050), 202); /* the last one too */
    assert_int_equal(saved(&none, 20000), 2);
    assert_int_equal(saved(&dense, 500), 501);
    const struct ind_schedule decade = {.per_decade = 10};
    for (int i = 0; i <= 43; i++) {
        long epoch = lround(pow(10, i / 10.0));
        if (!ind_schedule_wants(&decade, epoch, 0, 1000000))
            fail_msg("epoch %ld is round(10^(%d/10))", epoch, i);
    }
    /* 0, the last, and 1 1 2 2 3 3 4 5 6 8 once each, then ten a decade and 10000 itself */
    assert_int_equal(saved(&decade, 10000), 1 + 7 + 30 + 1);
    const long not_on_grid[] = {7, 9, 11, 14, 99, 101, 9999};
    for (int i = 0; i < 7; i++)
        assert_false(ind_schedule_wants(&decade, not_on_grid[i], 0, 1000000));
}

static void same_recipe(const struct ind_recipe *a, const struct ind_recipe *b)
{
    assert_string_equal(a->preset, b->preset);
    assert_int_equal(a->model.layers, b->model.layers);
    assert_int_equal(a->model.heads, b->model.heads);
    assert_int_equal(a->model.d_model, b->model.d_model);
    assert_int_equal(a->model.d_head, b->model.d_head);
    assert_int_equal(a->model.vocab, b->model.vocab);
    assert_int_equal(a->model.context, b->model.context);
    assert_int_equal(a->model.positions, b->model.positions);
    assert_int_equal(a->model.norm, b->model.norm);
    assert_int_equal(a->model.bias, b->model.bias);
    assert_true(a->model.attn_scale == b->model.attn_scale);
    assert_true(a->model.norm_eps == b->model.norm_eps);
    assert_int_equal(a->model.rotary_dim, b->model.rotary_dim);
    assert_true(a->model.rotary_base == b->model.rotary_base);
    assert_int_equal(a->model.rotary_adjacent, b->model.rotary_adjacent);
    assert_int_equal(a->period_lo, b->period_lo);
    assert_int_equal(a->period_hi, b->period_hi);
    assert_int_equal(a->batch, b->batch);
    assert_int_equal(a->epochs, b->epochs);
    assert_true(a->seed == b->seed);
    assert_true(a->lr == b->lr && a->beta1 == b->beta1 && a->beta2 == b->beta2);
    assert_true(a->eps == b->eps && a->weight_decay == b->weight_decay);
    assert_int_equal(a->checkpoints.every, b->checkpoints.every);
    assert_int_equal(a->checkpoints.per_decade, b->checkpoints.per_decade);
    assert_int_equal(a->log_every, b->log_every);
    assert_int_equal(a->ood_count, b->ood_count);
    for (int i = 0; i < a->ood_count; i++)
        assert_int_equal(a->ood[i], b->ood[i]);
    assert_int_equal(a->ood_sequences, b->ood_sequences);
}

static void config_json_reads_back(void **state)
{
    struct ind_recipe recipes[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(ind_recipe_preset(ind_recipe_preset_name(i), &recipes[i], &err), IND_OK);
    recipes[0].seed = UINT64_MAX;
    recipes[0].lr = 1.0 / 3; /* needs 17 digits */
    recipes[1].model.positions = IND_POSITIONS_ROTARY;
    recipes[1].model.rotary_dim = 8;
    recipes[1].model.rotary_adjacent = true;
    recipes[1].ood_count = 0;
    recipes[2].model.norm = IND_NORM_LN;
    recipes[2].model.norm_eps = 1e-6;
    recipes[2].model.bias = true;
    recipes[2].model.attn_scale = 1;
    recipes[3].model.norm = IND_NORM_LNPRE;
    recipes[3].model.positions = IND_POSITIONS_SHORTFORMER;
    for (int i = 0; i < 4; i++) {
        struct ind_run_config read;
        assert_int_equal(ind_run_config_write(*state, &recipes[i], false, false, &err), IND_OK);
        assert_int_equal(ind_run_config_read(*state, &read, &err), IND_OK);
        same_recipe(&recipes[i], &read.recipe);
        assert_false(read.imported);
        assert_true(strcmp(read.vectors, ind_simd_name()) == 0);
    }
    assert_true(has_config(*state));
}

/* Of a model trained elsewhere the periods are known if somebody said them, and never guessed. */
static void trained_periods_are_known_or_not(void **state)
{
    struct ind_recipe recipe = ind_recipe_default();
    struct ind_run_config read;
    recipe.model.context = 20; /* the study's 20:29 would not fit */
    assert_true(ind_recipe_trained_known(&recipe));
    recipe.periods_unknown = true;
    assert_int_equal(ind_run_config_write(*state, &recipe, true, false, &err), IND_OK);
    assert_int_equal(ind_run_config_read(*state, &read, &err), IND_OK);
    assert_true(read.imported);
    assert_false(ind_recipe_trained_known(&read.recipe));
    assert_int_equal(ind_recipe_set_trained(&recipe, 5, 9, &err), IND_OK);
    assert_int_equal(ind_run_config_write(*state, &recipe, true, false, &err), IND_OK);
    assert_int_equal(ind_run_config_read(*state, &read, &err), IND_OK);
    assert_true(read.imported && ind_recipe_trained_known(&read.recipe));
    assert_int_equal(read.recipe.period_lo, 5);
    assert_int_equal(read.recipe.period_hi, 9);
    assert_int_equal(ind_recipe_set_trained(&recipe, 5, 19, &err), IND_FAILED);
    assert_non_null(strstr(err.text, "period must lie in 1..18, not 19"));
    assert_int_equal(ind_recipe_set_trained(&recipe, 9, 5, &err), IND_FAILED);
}

static void config_json_is_readable(void **state)
{
    struct ind_recipe recipe = ind_recipe_default();
    assert_int_equal(ind_run_config_write(*state, &recipe, false, false, &err), IND_OK);
    char *text = file_bytes(folder_path(*state, "config.json"), NULL);
    const char *const lines[] = {"\"program\": \"induct\"",
                                 "\"imported\": false",
                                 "\"n_layers\": 2",
                                 "\"n_ctx\": 80",
                                 "\"d_vocab\": 256",
                                 "\"beta2\": 0.98",
                                 "\"lr\": 0.001",
                                 "\"seed\": 0",
                                 "\"positional_embedding_type\": \"sinusoidal\"",
                                 "\"attn_scale\": 4.0"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (!strstr(text, lines[i]))
            fail_msg("no %s in\n%s", lines[i], text);
    free(text);
}

static const struct {
    const char *from, *to, *message;
} BROKEN[] = {
    {"\"n_layers\": 2", "\"n_layers\": \"2\"", "config.json: model: n_layers must be a whole"},
    {"\"n_layers\": 2", "\"n_layers\": 2.5", "config.json: model: n_layers must be a whole"},
    {"\"n_layers\": 2", "\"n_layers\": 0", "config.json: model: n_layers must lie in 1.."},
    {"\"n_layers\": 2", "\"layers\": 2", "config.json: model: n_layers is missing"},
    {"\"n_layers\": 2", "\"n_layers\": 4611686018427387904", "n_layers must lie in"},
    {"\"d_vocab\": 256", "\"d_vocab\": 2000000000", "vocab"},
    {"\"sinusoidal\"", "\"circular\"", "config.json: model: positional_embedding_type: "},
    {"\"sinusoidal\"", "7", "positional_embedding_type must be a string"},
    {"\"bias\": false", "\"bias\": 0", "bias must be true or false"},
    {"\"beta2\": 0.98", "\"beta2\": \"0.98\"", "config.json: training: beta2 must be a number"},
    {"\"beta2\": 0.98", "\"beta2\": 1.5", "config.json: beta2 must be at least 0 and below 1"},
    {"\"custom\"", "\"\\u001b[31m\"", "config.json: preset holds a control character"},
    {"\"seed\": 0", "\"seed\": -1", "config.json: seed must be"},
    {"\"seed\": 0", "\"seed\": \"1x\"", "config.json: seed must be"},
    {"\"seed\": 0", "\"seed\": \"18446744073709551616\"", "config.json: seed must be"},
    {"\"period_hi\": 29", "\"period_hi\": 79", "config.json: period must lie in 1..78"},
    {"\"batch\": 32", "\"batch\": 32, \"batch\": 64", "duplicate object key"},
    {"\"ood_sequences\": 64", "\"ood_sequences\": 64, \"ood\": 3", "duplicate"},
    {"\"model\"", "\"m\"", "config.json: model is missing"},
};

static void broken_config_json_is_named(void **state)
{
    struct ind_recipe recipe = ind_recipe_default();
    assert_int_equal(ind_run_config_write(*state, &recipe, false, false, &err), IND_OK);
    const char *path = folder_path(*state, "config.json");
    char *text = file_bytes(path, NULL);
    for (size_t i = 0; i < sizeof BROKEN / sizeof *BROKEN; i++) {
        char changed[8192];
        const char *at = strstr(text, BROKEN[i].from);
        if (!at)
            fail_msg("no %s in\n%s", BROKEN[i].from, text);
        int length = snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text,
                              BROKEN[i].to, at + strlen(BROKEN[i].from));
        file_put(path, changed, (size_t)length);
        struct ind_run_config read;
        if (ind_run_config_read(*state, &read, &err) == IND_OK)
            fail_msg("accepted %s", BROKEN[i].to);
        if (!strstr(err.text, BROKEN[i].message))
            fail_msg("%s says '%s', not '%s'", BROKEN[i].to, err.text, BROKEN[i].message);
    }
    free(text);
}

static void a_foreign_config_json_is_no_run(void **state)
{
    const char *text = "{\"model_type\": \"gpt2\"}\n";
    file_put(folder_path(*state, "config.json"), text, strlen(text));
    assert_false(has_config(*state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(presets_are_the_studys),
        cmocka_unit_test(what_cannot_be_trained_is_refused),
        cmocka_unit_test(schedules_save_what_they_say),
        IN_A_FOLDER(config_json_reads_back),
        IN_A_FOLDER(trained_periods_are_known_or_not),
        IN_A_FOLDER(config_json_is_readable),
        IN_A_FOLDER(broken_config_json_is_named),
        IN_A_FOLDER(a_foreign_config_json_is_no_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
