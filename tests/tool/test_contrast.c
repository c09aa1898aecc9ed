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

/* The sample that the choices make of a recipe, of these periods. */
static void expect_periods(const struct ind_recipe *r, struct ind_sample_choices choices,
                           const char *given, const int *expected, int count)
{
    struct ind_error err;
    struct ind_sample sample;
    choices.sequences = 2;
    if (given != NULL)
        assert_int_equal(ind_ints_parse(&choices.periods, given, &err), IND_OK);
    assert_int_equal(ind_sample_init(&sample, &choices, r, 0, &err), IND_OK);
    assert_int_equal(sample.count, count);
    for (int p = 0; p < count; p++)
        assert_int_equal(sample.data[p].period, expected[p]);
    ind_sample_release(&sample);
    ind_ints_release(&choices.periods);
}

static void default_periods_are_the_recipes_and_fit(void **state)
{
    (void)state;
    static const struct {
        enum ind_periods_taken taken;
        int context, count, items[8];
    } cases[] = {
        {IND_PERIODS_MEASURED, 80, 7, {10, 15, 20, 24, 29, 35, 40}},
        {IND_PERIODS_MEASURED, 30, 4, {10, 15, 20, 24}},
        {IND_PERIODS_MEASURED, 8, 1, {3}},
        {IND_PERIODS_MEASURED, 3, 1, {1}},
        {IND_PERIODS_TRAINED, 80, 3, {20, 24, 29}},
        {IND_PERIOD, 80, 1, {24}},
        {IND_PERIOD, 30, 1, {15}}, /* that it repeats once */
        {IND_PERIOD, 3, 1, {1}},
        {IND_PERIODS_PROFILE, 12, 6, {5, 6, 7, 8, 9, 10}},
        {IND_PERIODS_PROFILE, 5, 3, {1, 2, 3}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct ind_recipe r = recipe(cases[i].context);
        expect_periods(&r, (struct ind_sample_choices){.taken = cases[i].taken}, NULL,
                       cases[i].items, cases[i].count);
    }
}

static void periods_outside_training_are_asked_for(void **state)
{
    (void)state;
    static const struct {
        bool ood;
        const char *given;
        int context, count, items[8];
    } cases[] = {
        {false, NULL, 80, 3, {20, 24, 29}},
        {false, "7,5", 80, 2, {7, 5}},
        {true, NULL, 80, 8, {10, 12, 15, 20, 24, 29, 35, 40}},
        {true, "7,5,35", 37, 6, {5, 7, 10, 12, 15, 35}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ind_recipe r = recipe(cases[i].context);
        r.ood_count = 1;
        r.ood[0] = 12;
        expect_periods(
            &r, (struct ind_sample_choices){.taken = IND_PERIODS_TRAINED, .ood = cases[i].ood},
            cases[i].given, cases[i].items, cases[i].count);
    }
}

static void periods_without_a_prediction_are_refused(void **state)
{
    (void)state;
    static const struct {
        enum ind_periods_taken taken;
        const char *says;
    } cases[] = {
        {IND_PERIODS_TRAINED,
         "--periods: 19 leaves nothing to predict in a context of 20 (1 to 18)"},
        {IND_PERIOD, "--period: 19 leaves nothing to predict in a context of 20 (1 to 18)"}};
    for (int i = 0; i < 2; i++) {
        struct ind_error err;
        struct ind_sample sample;
        struct ind_sample_choices choices = {.taken = cases[i].taken, .sequences = 2};
        const struct ind_recipe r = recipe(20);
        assert_int_equal(ind_ints_parse(&choices.periods, "18,19", &err), IND_OK);
        assert_int_equal(ind_sample_init(&sample, &choices, &r, 0, &err), IND_FAILED);
        assert_string_equal(err.text, cases[i].says);
        ind_ints_release(&choices.periods);
    }
}

static void no_sequences_no_data(void **state)
{
    (void)state;
    struct ind_error err;
    struct ind_sample sample;
    struct ind_recipe r = recipe(2); /* which holds no repeated sequence, and need not */
    const struct ind_sample_choices choices = {.taken = IND_PERIOD, .sequences = 0};
    assert_int_equal(ind_sample_init(&sample, &choices, &r, 0, &err), IND_OK);
    assert_int_equal(sample.count, 0);
    ind_sample_release(&sample);
}

enum { SEQUENCES = 20 };

/* Sequence s: 10 predictions, s % 5 correct as it is, two more changed; half a nat a prediction
   less. */
static void differences(int resamples, struct ind_contrasted *out)
{
    struct ind_error err;
    struct ind_sample sample;
    const struct ind_sample_choices choices = {
        .taken = IND_PERIODS_TRAINED, .sequences = SEQUENCES, .resamples = resamples};
    struct ind_recipe r = recipe(20);
    struct ind_arms arms;
    assert_int_equal(ind_sample_init(&sample, &choices, &r, 0, &err), IND_OK);
    assert_int_equal(ind_arms_init(&arms, &sample, &r.model, &err), IND_OK);
    for (int s = 0; s < SEQUENCES; s++) {
        arms.clean[s] = (struct ind_eval_count){.predictions = 10, .correct = s % 5, .loss = 20.0};
        arms.changed[s] =
            (struct ind_eval_count){.predictions = 10, .correct = s % 5 + 2, .loss = 15.0};
    }
    ind_arms_compare(&arms, arms.changed, arms.clean, out);
    ind_arms_release(&arms);
    ind_sample_release(&sample);
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
        cmocka_unit_test(no_sequences_no_data),
        cmocka_unit_test(differences_are_paired),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
