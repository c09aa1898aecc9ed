/* Shares, losses and paired differences from counts made by hand. */
#include <cmocka.h>

#include <math.h>

#include <induct/eval/summary.h>

enum { SEQUENCES = 64 };

/* Sequence s: 20 predictions, of which 5 on repeated tokens; 10 + s % 8 are right, 2 of those on
 * repeated tokens. */
static void fill(struct ind_eval_count *counts)
{
    for (int s = 0; s < SEQUENCES; s++)
        counts[s] = (struct ind_eval_count){.predictions = 20,
                                            .correct = 10 + s % 8,
                                            .repeated = 5,
                                            .repeated_correct = 2,
                                            .loss = 20.0 * (1.0 + 0.01 * (s % 4))};
}

static bool near(double a, double b)
{
    return fabs(a - b) < 1e-12;
}

static void values_without_intervals(void **state)
{
    (void)state;
    struct ind_eval_count counts[SEQUENCES];
    struct ind_accuracy out;
    fill(counts);
    ind_accuracy_summarise(counts, SEQUENCES, NULL, &out);
    assert_int_equal(out.predictions, 20 * SEQUENCES);
    assert_true(near(out.accuracy.value, 13.5 / 20.0));
    assert_true(near(out.loss.value, 1.015));
    assert_true(near(out.repeated.value, 0.4));
    assert_true(near(out.unique.value, 11.5 / 15.0));
    assert_true(near(out.repeated_share.value, 0.25));
    assert_true(isnan(out.accuracy.lo) && isnan(out.accuracy.hi) && isnan(out.loss.lo));
}

/* Spread of the mean of SEQUENCES values that are uniform on 0..levels-1. */
static double standard_error(int levels)
{
    return sqrt((levels * levels - 1) / 12.0 / SEQUENCES);
}

static void intervals_are_those_of_means(void **state)
{
    (void)state;
    struct ind_eval_count counts[SEQUENCES];
    struct ind_bootstrap bootstrap;
    struct ind_resampled resampled;
    struct ind_accuracy plain, out;
    fill(counts);
    assert_int_equal(ind_bootstrap_init(&bootstrap, SEQUENCES, 2000, 1, 0, 0, NULL), IND_OK);
    assert_int_equal(ind_resampled_init(&resampled, &bootstrap, IND_SUMMARY_COLUMNS, NULL), IND_OK);
    ind_accuracy_summarise(counts, SEQUENCES, NULL, &plain);
    ind_accuracy_summarise(counts, SEQUENCES, &resampled, &out);
    assert_true(out.accuracy.value == plain.accuracy.value && out.loss.value == plain.loss.value);
    assert_true(out.unique.value == plain.unique.value);
    const double accuracy = 1.96 * standard_error(8) / 20.0, loss = 1.96 * standard_error(4) * 0.01;
    assert_true(fabs(out.accuracy.lo - (out.accuracy.value - accuracy)) < 0.15 * accuracy);
    assert_true(fabs(out.accuracy.hi - (out.accuracy.value + accuracy)) < 0.15 * accuracy);
    assert_true(fabs(out.loss.lo - (out.loss.value - loss)) < 0.15 * loss);
    assert_true(fabs(out.loss.hi - (out.loss.value + loss)) < 0.15 * loss);
    /* Every sequence has the same share of them: nothing to resample. */
    assert_true(near(out.repeated.lo, 0.4) && near(out.repeated.hi, 0.4));
    ind_resampled_release(&resampled);
    ind_bootstrap_release(&bootstrap);
}

static void nothing_is_nan(void **state)
{
    (void)state;
    struct ind_eval_count counts[SEQUENCES] = {{0}};
    struct ind_bootstrap bootstrap;
    struct ind_resampled resampled;
    struct ind_accuracy out;
    assert_int_equal(ind_bootstrap_init(&bootstrap, SEQUENCES, 50, 1, 0, 0, NULL), IND_OK);
    assert_int_equal(ind_resampled_init(&resampled, &bootstrap, IND_SUMMARY_COLUMNS, NULL), IND_OK);
    ind_accuracy_summarise(counts, SEQUENCES, &resampled, &out);
    assert_int_equal(out.predictions, 0);
    assert_true(isnan(out.accuracy.value) && isnan(out.accuracy.lo) && isnan(out.accuracy.hi));
    assert_true(isnan(out.loss.value) && isnan(out.repeated_share.value));
    ind_resampled_release(&resampled);
    ind_bootstrap_release(&bootstrap);
}

static void differences_are_paired(void **state)
{
    (void)state;
    struct ind_eval_count a[SEQUENCES], b[SEQUENCES];
    struct ind_bootstrap bootstrap;
    struct ind_resampled resampled;
    struct ind_accuracy_difference out;
    fill(a);
    fill(b);
    assert_int_equal(ind_bootstrap_init(&bootstrap, SEQUENCES, 500, 1, 0, 0, NULL), IND_OK);
    assert_int_equal(ind_resampled_init(&resampled, &bootstrap, IND_SUMMARY_COLUMNS, NULL), IND_OK);
    ind_accuracy_compare(a, b, SEQUENCES, &resampled, &out);
    assert_true(out.accuracy.value == 0.0 && out.accuracy.lo == 0.0 && out.accuracy.hi == 0.0);
    assert_true(out.loss.value == 0.0 && out.loss.lo == 0.0 && out.loss.hi == 0.0);
    /* Every sequence loses exactly two: the spread between sequences cancels. */
    for (int s = 0; s < SEQUENCES; s++) {
        b[s].correct -= 2;
        b[s].loss += 10.0;
    }
    ind_accuracy_compare(a, b, SEQUENCES, &resampled, &out);
    assert_true(near(out.accuracy.value, 0.1) && near(out.accuracy.lo, 0.1));
    assert_true(near(out.accuracy.hi, 0.1) && near(out.loss.value, -0.5));
    assert_true(near(out.loss.lo, -0.5) && near(out.loss.hi, -0.5));
    ind_resampled_release(&resampled);
    ind_bootstrap_release(&bootstrap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_without_intervals),
        cmocka_unit_test(intervals_are_those_of_means),
        cmocka_unit_test(nothing_is_nan),
        cmocka_unit_test(differences_are_paired),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
