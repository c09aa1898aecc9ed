/* Two sides of an intervention: the periods chosen, and differences paired by sequence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include <induct/tool/contrast.h>

static struct ind_recipe recipe(int context)
{
    struct ind_recipe r = ind_recipe_default();
    r.model.context = context;
    return r;
}

static void expect_periods(int context, const int *expected, int count)
{
    struct ind_error err;
    struct ind_contrast contrast;
    struct ind_contrast_choices choices = {.sequences = 2};
    struct ind_recipe r = recipe(context);
    assert_int_equal(ind_contrast_init(&contrast, &choices, &r, 0, &err), IND_OK);
    assert_int_equal(choices.periods.count, count);
    for (int p = 0; p < count; p++) {
        assert_int_equal(choices.periods.items[p], expected[p]);
        assert_int_equal(contrast.data[p].period, expected[p]);
    }
    ind_contrast_release(&contrast);
    ind_ints_release(&choices.periods);
}

static void default_periods_are_the_recipes_and_fit(void **state)
{
    (void)state;
    expect_periods(80, (const int[]){10, 15, 20, 24, 29, 35, 40}, 7);
    expect_periods(30, (const int[]){10, 15, 20, 24}, 4);
    expect_periods(8, (const int[]){3}, 1);
    expect_periods(3, (const int[]){1}, 1);
}

static void periods_outside_training_are_asked_for(void **state)
{
    (void)state;
    struct ind_error err;
    struct ind_contrast contrast;
    const struct {
        enum ind_contrast_ood ood;
        const char *given;
        int count, items[8];
    } cases[] = {
        {IND_OOD_NEVER, NULL, 3, {20, 24, 29}},
        {IND_OOD_BY_DEFAULT, "7,5", 2, {7, 5}},
        {IND_OOD_ALWAYS, NULL, 8, {10, 12, 15, 20, 24, 29, 35, 40}},
        {IND_OOD_ALWAYS, "7,5,35", 6, {5, 7, 10, 12, 15, 35}},
    };
    for (int i = 0; i < 4; i++) {
        struct ind_contrast_choices choices = {.sequences = 2, .ood = cases[i].ood};
        struct ind_recipe r = recipe(cases[i].count == 6 ? 37 : 80);
        r.ood_count = 1;
        r.ood[0] = 12;
        choices.periods_set = cases[i].given != NULL;
        if (choices.periods_set)
            assert_int_equal(ind_ints_parse(&choices.periods, cases[i].given, &err), IND_OK);
        assert_int_equal(ind_contrast_init(&contrast, &choices, &r, 0, &err), IND_OK);
        assert_int_equal(choices.periods.count, cases[i].count);
        assert_memory_equal(choices.periods.items, cases[i].items,
                            (size_t)cases[i].count * sizeof(int));
        ind_contrast_release(&contrast);
        ind_ints_release(&choices.periods);
    }
}

static void periods_without_a_prediction_are_refused(void **state)
{
    (void)state;
    struct ind_error err;
    struct ind_contrast contrast;
    struct ind_contrast_choices choices = {.periods_set = true, .sequences = 2};
    struct ind_recipe r = recipe(20);
    assert_int_equal(ind_ints_parse(&choices.periods, "18,19", &err), IND_OK);
    assert_int_equal(ind_contrast_init(&contrast, &choices, &r, 0, &err), IND_FAILED);
    assert_string_equal(err.text,
                        "--periods: 19 leaves nothing to predict in a context of 20 (1 to 18)");
    ind_ints_release(&choices.periods);
}

enum { SEQUENCES = 20 };

/* Sequence s: 10 predictions, s % 5 correct as it is, two more changed; half a nat a prediction
   less. */
static void differences(int resamples, struct ind_contrasted *out)
{
    struct ind_error err;
    struct ind_contrast contrast;
    struct ind_contrast_choices choices = {.sequences = SEQUENCES, .resamples = resamples};
    struct ind_recipe r = recipe(20);
    struct ind_arms arms;
    assert_int_equal(ind_contrast_init(&contrast, &choices, &r, 0, &err), IND_OK);
    assert_int_equal(ind_contrast_arms(&arms, &contrast, &r.model, &err), IND_OK);
    for (int s = 0; s < SEQUENCES; s++) {
        arms.clean[s] = (struct ind_eval_count){.predictions = 10, .correct = s % 5, .loss = 20.0};
        arms.changed[s] =
            (struct ind_eval_count){.predictions = 10, .correct = s % 5 + 2, .loss = 15.0};
    }
    ind_arms_compare(&arms, arms.changed, arms.clean, out);
    ind_arms_release(&arms);
    ind_contrast_release(&contrast);
    ind_ints_release(&choices.periods);
}

static void differences_are_paired(void **state)
{
    (void)state;
    struct ind_contrasted with, without;
    differences(200, &with);
    differences(0, &without);
    assert_true(fabs(with.clean.accuracy.value - 0.2) < 1e-12);
    assert_true(fabs(with.changed.accuracy.value - 0.4) < 1e-12);
    /* What differs between sequences is the same on both sides: no width at all is left. */
    assert_true(fabs(with.difference.accuracy.lo - 0.2) < 1e-12);
    assert_true(fabs(with.difference.accuracy.hi - 0.2) < 1e-12);
    assert_true(fabs(with.difference.loss.value + 0.5) < 1e-12);
    assert_true(fabs(without.difference.accuracy.value - 0.2) < 1e-12);
    assert_true(fabs(without.difference.loss.value + 0.5) < 1e-12);
    assert_true(isnan(without.difference.accuracy.lo));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(default_periods_are_the_recipes_and_fit),
        cmocka_unit_test(periods_outside_training_are_asked_for),
        cmocka_unit_test(periods_without_a_prediction_are_refused),
        cmocka_unit_test(differences_are_paired),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
