/* What departs from plain training, as text: parsed, written, read back; and what is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <induct/recipe/config_file.h>

static void a_list_is_its_text(void **state)
{
    (void)state;
    /* list, number of interventions, text of the last */
    const struct {
        enum ind_intervention_kind kind;
        const char *list;
        int count;
        const char *last;
    } cases[] = {
        {IND_INTERVENE_CLAMP, "L0H2=prev", 1, "L0H2=prev"},
        {IND_INTERVENE_CLAMP, "L0H2=prev@20000:45000", 1, "L0H2=prev@20000:45000"},
        {IND_INTERVENE_CLAMP, "L0H2=prev@:45000", 1, "L0H2=prev@:45000"},
        {IND_INTERVENE_CLAMP, "L0H2=prev:0.25@7:", 1, "L0H2=prev:0.25@7:"},
        {IND_INTERVENE_CLAMP, "L0H1,L0H2=prev@0:500,L1H*=uniform", 2, "L1H*=uniform"},
        {IND_INTERVENE_CLAMP, "L0H0=/a/run@300", 1, "L0H0=/a/run@300"},
        {IND_INTERVENE_CLAMP, "L0H0=/a/run@300:0.5", 1, "L0H0=/a/run@300:0.5"},
        {IND_INTERVENE_CLAMP, "L0H0=/a/r@n@300:0.5@1:2", 1, "L0H0=/a/r@n@300:0.5@1:2"},
        {IND_INTERVENE_CLAMP, "L0H0=/a/run@300@10:20", 1, "L0H0=/a/run@300@10:20"},
        {IND_INTERVENE_FORBID, "pp", 1, "pp"},
        {IND_INTERVENE_FORBID, "pp@5:9,pp@20:", 2, "pp@20:"},
        {IND_INTERVENE_ABLATE, "L0H1,L1H0", 1, "L0H1,L1H0"},
        {IND_INTERVENE_ABLATE, "L0H1@3:4,L1H0", 2, "L1H0"},
        {IND_INTERVENE_FREEZE, "embed,W_[QK]@:10", 1, "embed,W_[QK]@:10"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct ind_intervention items[IND_INTERVENTIONS_MAX], again[IND_INTERVENTIONS_MAX];
        struct ind_error err;
        char text[IND_INTERVENTION_ROOM];
        int count = 0, one = 0;
        if (ind_interventions_parse(cases[c].kind, cases[c].list, items, &count, &err))
            fail_msg("%s: %s", cases[c].list, err.text);
        assert_int_equal(count, cases[c].count);
        assert_string_equal(ind_intervention_text(&items[count - 1], text), cases[c].last);
        assert_int_equal(ind_interventions_parse(cases[c].kind, text, again, &one, &err), IND_OK);
        assert_memory_equal(&again[0], &items[count - 1], sizeof again[0]);
    }
}

static void what_is_no_intervention_is_refused(void **state)
{
    (void)state;
    const struct {
        enum ind_intervention_kind kind;
        const char *list;
    } cases[] = {
        {IND_INTERVENE_CLAMP, ""},
        {IND_INTERVENE_CLAMP, "L0H2"},
        {IND_INTERVENE_CLAMP, "L0H2="},
        {IND_INTERVENE_CLAMP, "=prev"},
        {IND_INTERVENE_CLAMP, "L0H2=prev:0"},
        {IND_INTERVENE_CLAMP, "L0H2=prev:1.5"},
        {IND_INTERVENE_CLAMP, "L0H2=prev:x"},
        {IND_INTERVENE_CLAMP, "L0H2=prev@9:3"},
        {IND_INTERVENE_CLAMP, "L0H2=nowhere/at/all@3"},
        {IND_INTERVENE_CLAMP, "L0H2=/run@"},
        {IND_INTERVENE_CLAMP, "L0H2=/run@3000000000"},
        {IND_INTERVENE_FORBID, "cp"},
        {IND_INTERVENE_FORBID, "pp@3"},
        {IND_INTERVENE_ABLATE, ""},
        {IND_INTERVENE_ABLATE, "@3:4"},
        {IND_INTERVENE_FREEZE, "embed@4:3"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct ind_intervention items[IND_INTERVENTIONS_MAX];
        struct ind_error err;
        int count = 0;
        if (ind_interventions_parse(cases[c].kind, cases[c].list, items, &count, &err) == IND_OK)
            fail_msg("'%s' was taken", cases[c].list);
        assert_true(err.text[0] != '\0');
    }
}

/* Every field, through config.json and back. */
static void config_json_holds_all_of_it(void **state)
{
    (void)state;
    struct ind_error err;
    struct ind_run_config read;
    struct ind_recipe recipe = ind_recipe_default();
    char folder[] = "departures-XXXXXX";
    assert_non_null(mkdtemp(folder));
    recipe.model.extra_positions = 7;
    recipe.model.smear = true;
    recipe.period_per_sequence = recipe.loss_repeated = true;
    recipe.clip = 0.5;
    recipe.average = 0.99;
    recipe.states_every = 123;
    recipe.rate = (struct ind_rate){IND_RATE_COSINE, 10, 20, 15000};
    strcpy(recipe.from, "/a/parent");
    recipe.from_epoch = 20;
    strcpy(recipe.log_scores, "prev_token,fixed_offset(3)");
    assert_int_equal(ind_schedule_parse("50,0:30:1,30::7", &recipe.checkpoints, &err), IND_OK);
    assert_int_equal(ind_tensor_values_parse("W_E,W_U=0,blocks.1.*=0.25", recipe.decays,
                                             &recipe.decay_count, &err),
                     IND_OK);
    assert_int_equal(ind_tensor_values_parse("unembed=0.1", recipe.rates, &recipe.rate_count, &err),
                     IND_OK);
    const char *const lists[] = {"L0H1=prev:0.5@3:9,L1H0=/a/run@40", "pp@5:", "L0H0", "pos@:8"};
    recipe.model.positions = IND_POSITIONS_LEARNED;
    for (int kind = 0; kind < 4; kind++)
        assert_int_equal(
            ind_recipe_intervene(&recipe, (enum ind_intervention_kind)kind, lists[kind], &err),
            IND_OK);
    assert_true(recipe.model.position_part);
    assert_int_equal(recipe.model.donors, 1);
    assert_int_equal(ind_run_config_write(folder, &recipe, false, false, &err), IND_OK);
    if (ind_run_config_read(folder, &read, &err))
        fail_msg("%s", err.text);
    assert_int_equal(read.recipe.intervention_count, 5);
    assert_memory_equal(read.recipe.interventions, recipe.interventions,
                        5 * sizeof recipe.interventions[0]);
    assert_memory_equal(read.recipe.decays, recipe.decays, 2 * sizeof recipe.decays[0]);
    assert_memory_equal(&read.recipe.checkpoints.windows, &recipe.checkpoints.windows,
                        sizeof recipe.checkpoints.windows);
    assert_int_equal(read.recipe.checkpoints.every, 50);
    assert_string_equal(read.recipe.log_scores, recipe.log_scores);
    assert_string_equal(read.recipe.from, recipe.from);
    assert_memory_equal(&read.recipe.rate, &recipe.rate, sizeof recipe.rate);
    assert_true(read.recipe.model.smear && read.recipe.model.position_part);
    assert_int_equal(read.recipe.model.extra_positions, 7);
    assert_int_equal(read.recipe.model.donors, 1);
    assert_true(read.recipe.clip == 0.5 && read.recipe.average == 0.99);
    assert_true(read.recipe.period_per_sequence && read.recipe.loss_repeated);
    assert_int_equal(read.recipe.states_every, 123);
    char path[64];
    snprintf(path, sizeof path, "%s/config.json", folder);
    unlink(path);
    rmdir(folder);
}

static void the_rate_follows_its_schedule(void **state)
{
    (void)state;
    const struct ind_rate plain = {0}, line = {IND_RATE_LINEAR, 0, 100, 200},
                          wave = {IND_RATE_COSINE, 0, 100, 200},
                          warm = {IND_RATE_CONSTANT, 10, 100, 200};
    assert_true(ind_rate_factor(&plain, 12345) == 1);
    assert_true(ind_rate_factor(&line, 100) == 1 && ind_rate_factor(&line, 200) == 0);
    assert_true(fabs(ind_rate_factor(&line, 125) - 0.75) < 1e-15);
    assert_true(fabs(ind_rate_factor(&wave, 150) - 0.5) < 1e-15);
    assert_true(fabs(ind_rate_factor(&wave, 125) - (1 + sqrt(0.5)) / 2) < 1e-15);
    assert_true(ind_rate_factor(&wave, 300) == 0);
    assert_true(fabs(ind_rate_factor(&warm, 100) - 0.1) < 1e-15);
    assert_true(ind_rate_factor(&warm, 109) == 1 && ind_rate_factor(&warm, 150) == 1);
}

static void the_last_value_that_fits_a_tensor_counts(void **state)
{
    (void)state;
    struct ind_error err;
    struct ind_layout layout;
    struct ind_tensor_value items[IND_TENSOR_VALUES_MAX];
    struct ind_config config = ind_config_default();
    double values[32];
    int count;
    assert_int_equal(ind_layout_init(&layout, &config, &err), IND_OK);
    assert_true(layout.tensor_count <= 32);
    assert_int_equal(ind_tensor_values_parse("all=0,attn,unembed=1,blocks.0.attn.W_Q=2,L1=3", items,
                                             &count, &err),
                     IND_OK);
    assert_int_equal(count, 4);
    assert_int_equal(ind_tensor_values_resolve(items, count, &layout, 9, values, &err), IND_OK);
    for (int t = 0; t < layout.tensor_count; t++) {
        const struct ind_tensor *tensor = &layout.tensors[t];
        const double want = tensor->layer == 1                               ? 3
                            : strcmp(tensor->name, "blocks.0.attn.W_Q") == 0 ? 2
                            : tensor->layer == 0 || tensor->role == IND_W_U  ? 1
                                                                             : 0;
        assert_true(values[t] == want);
    }
    ind_layout_release(&layout);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_its_text),
        cmocka_unit_test(what_is_no_intervention_is_refused),
        cmocka_unit_test(config_json_holds_all_of_it),
        cmocka_unit_test(the_rate_follows_its_schedule),
        cmocka_unit_test(the_last_value_that_fits_a_tensor_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
