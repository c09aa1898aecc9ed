/*
 * Bootstrap intervals: against resampling written out, against the textbook's standard error, and
 * by their coverage on simulated runs.
 */
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include <induct/data/bootstrap.h>
#include <induct/data/random.h>
#include <induct/math/stats.h>

enum { UNITS = 256, RESAMPLES = 1000 };

static void weights_are_resamples(void **state)
{
    (void)state;
    struct ind_bootstrap bootstrap;
    assert_int_equal(ind_bootstrap_init(&bootstrap, UNITS, RESAMPLES, 1, 0, 0, NULL), IND_OK);
    double zeros = 0.0;
    for (int r = 0; r < RESAMPLES; r++) {
        double sum = 0.0;
        for (int u = 0; u < UNITS; u++) {
            const double weight = bootstrap.weights[r * UNITS + u];
            assert_true(weight >= 0.0 && weight == floor(weight));
            sum += weight;
            zeros += weight == 0.0;
        }
        assert_true(sum == UNITS);
    }
    /* A unit is left out of a resample with probability (1 - 1/n)^n. */
    const double share = zeros / (UNITS * (double)RESAMPLES);
    assert_true(fabs(share - pow(1.0 - 1.0 / UNITS, UNITS)) < 0.002);
    ind_bootstrap_release(&bootstrap);
}

static void weights_are_addressed(void **state)
{
    (void)state;
    struct ind_bootstrap a, b;
    const uint32_t addresses[][3] = {{1, 2, 3}, {2, 2, 3}, {1, 3, 3}, {1, 2, 4}};
    assert_int_equal(ind_bootstrap_init(&a, 20, 30, 1, 2, 3, NULL), IND_OK);
    for (int i = 0; i < 4; i++) {
        const uint32_t *at = addresses[i];
        assert_int_equal(ind_bootstrap_init(&b, 20, 30, at[0], at[1], at[2], NULL), IND_OK);
        const int differs = memcmp(a.weights, b.weights, sizeof *a.weights * 600) != 0;
        assert_int_equal(differs, i > 0);
        ind_bootstrap_release(&b);
    }
    ind_bootstrap_release(&a);
}

/* A small case with every resample summed unit by unit. */
static void ratio_is_resampling_written_out(void **state)
{
    (void)state;
    enum { N = 9, R = 41 };
    struct ind_bootstrap bootstrap;
    struct ind_resampled sums;
    assert_int_equal(ind_bootstrap_init(&bootstrap, N, R, 5, 0, 0, NULL), IND_OK);
    assert_int_equal(ind_resampled_init(&sums, &bootstrap, 4, NULL), IND_OK);
    for (int i = 0; i < N * 4; i++)
        sums.values[i] = 1.0 + i % 5 + sin(i);
    ind_resampled_run(&sums);
    double ratios[R], differences[R];
    for (int r = 0; r < R; r++) {
        double sum[4] = {0};
        for (int i = 0; i < N * 4; i++)
            sum[i % 4] += bootstrap.weights[r * N + i / 4] * sums.values[i];
        ratios[r] = sum[2] / sum[1];
        differences[r] = sum[2] / sum[1] - sum[0] / sum[3];
    }
    const struct ind_estimate ratio = ind_resampled_ratio(&sums, 2, 1);
    assert_true(fabs(ratio.lo - ind_quantile(ratios, R, 0.025)) < 1e-12);
    assert_true(fabs(ratio.hi - ind_quantile(ratios, R, 0.975)) < 1e-12);
    assert_true(ratio.lo < ratio.value && ratio.value < ratio.hi);
    const struct ind_estimate difference =
        ind_resampled_difference(&sums, (struct ind_ratio){2, 1}, (struct ind_ratio){0, 3});
    assert_true(fabs(difference.lo - ind_quantile(differences, R, 0.025)) < 1e-12);
    assert_true(fabs(difference.hi - ind_quantile(differences, R, 0.975)) < 1e-12);
    ind_resampled_release(&sums);
    ind_bootstrap_release(&bootstrap);
}

/* One unit does not say how units differ. */
static void one_unit_has_no_interval(void **state)
{
    (void)state;
    struct ind_bootstrap bootstrap;
    struct ind_resampled sums;
    assert_int_equal(ind_bootstrap_init(&bootstrap, 1, 100, 3, 0, 0, NULL), IND_OK);
    assert_int_equal(ind_resampled_init(&sums, &bootstrap, 2, NULL), IND_OK);
    sums.values[0] = 3.0;
    sums.values[1] = 4.0;
    ind_resampled_run(&sums);
    const struct ind_estimate e = ind_resampled_ratio(&sums, 0, 1);
    assert_true(e.value == 0.75 && isnan(e.lo) && isnan(e.hi));
    ind_resampled_release(&sums);
    ind_bootstrap_release(&bootstrap);
}

/* Clopper and Pearson at the edges: the probability of seeing none (or all) of n is 2.5 %. */
static void shares_at_the_edge(void **state)
{
    (void)state;
    for (int n = 2; n <= 1000; n *= 5) {
        struct ind_estimate e = ind_estimate_at_edge((struct ind_estimate){1.0, 1.0, 1.0}, n);
        assert_true(e.value == 1.0 && e.hi == 1.0 && fabs(pow(e.lo, n) - 0.025) < 1e-12);
        e = ind_estimate_at_edge((struct ind_estimate){0.0, 0.0, 0.0}, n);
        assert_true(e.value == 0.0 && e.lo == 0.0 && fabs(pow(1.0 - e.hi, n) - 0.025) < 1e-12);
    }
    struct ind_estimate e = ind_estimate_at_edge((struct ind_estimate){0.5, 0.25, 0.75}, 9);
    assert_true(e.value == 0.5 && e.lo == 0.25 && e.hi == 0.75);
    e = ind_estimate_at_edge((struct ind_estimate){1.0, NAN, NAN}, 9);
    assert_true(isnan(e.lo) && isnan(e.hi)); /* none was wanted */
    e = ind_estimate_at_edge((struct ind_estimate){1.0, NAN, NAN}, 1);
    assert_true(isnan(e.lo));
}

/* Half the units have no denominator at all; then none has. */
static void empty_denominators(void **state)
{
    (void)state;
    struct ind_bootstrap bootstrap;
    struct ind_resampled sums;
    assert_int_equal(ind_bootstrap_init(&bootstrap, 2, 200, 5, 0, 0, NULL), IND_OK);
    assert_int_equal(ind_resampled_init(&sums, &bootstrap, 2, NULL), IND_OK);
    sums.values[0] = 3.0;
    sums.values[1] = 4.0;
    ind_resampled_run(&sums);
    struct ind_estimate e = ind_resampled_ratio(&sums, 0, 1);
    assert_true(e.value == 0.75 && e.lo == 0.75 && e.hi == 0.75);
    sums.values[1] = 0.0;
    ind_resampled_run(&sums);
    e = ind_resampled_ratio(&sums, 0, 1);
    assert_true(isnan(e.value) && isnan(e.lo) && isnan(e.hi));
    ind_resampled_release(&sums);
    ind_bootstrap_release(&bootstrap);
}

/*
 * A simulated run: sequence u is right at rate p_u = difficulty-dependent (sequences differ, which
 * is why they are the unit), on 54 predictions. The second arm shares p_u and is worse by 0.05.
 */
enum { PREDICTIONS = 54, SIMULATIONS = 1500 };
static const double rates[4] = {0.55, 0.75, 0.85, 0.95};
static const double mean_rate = 0.775, drop = 0.05;

static double correct(struct ind_random *random, double rate)
{
    int count = 0;
    for (int i = 0; i < PREDICTIONS; i++)
        count += ind_random_u32(random) < rate * 4294967296.0;
    return count;
}

static void simulate(struct ind_random *random, int units, double *values)
{
    for (int u = 0; u < units; u++) {
        const double rate = rates[ind_random_below(random, 4)];
        values[u * 3 + 0] = correct(random, rate);
        values[u * 3 + 1] = correct(random, rate - drop);
        values[u * 3 + 2] = PREDICTIONS;
    }
}

static void coverage_is_nominal(void **state)
{
    (void)state;
    const struct {
        int units;
        double least;
    } cases[] = {{256, 0.92}, {64, 0.92}, {16, 0.87}};
    for (int c = 0; c < 3; c++) {
        const int units = cases[c].units;
        struct ind_bootstrap bootstrap;
        struct ind_resampled sums;
        assert_int_equal(ind_bootstrap_init(&bootstrap, units, RESAMPLES, 3, 0, 0, NULL), IND_OK);
        assert_int_equal(ind_resampled_init(&sums, &bootstrap, 3, NULL), IND_OK);
        int single = 0, paired = 0;
        double width = 0.0, paired_width = 0.0;
        for (int s = 0; s < SIMULATIONS; s++) {
            struct ind_random random = ind_random_at(9, IND_STREAM_CONTROL, (uint32_t)s, 0);
            simulate(&random, units, sums.values);
            ind_resampled_run(&sums);
            const struct ind_estimate e = ind_resampled_ratio(&sums, 0, 2);
            single += e.lo <= mean_rate && mean_rate <= e.hi;
            width += e.hi - e.lo;
            const struct ind_estimate d =
                ind_resampled_difference(&sums, (struct ind_ratio){0, 2}, (struct ind_ratio){1, 2});
            paired += d.lo <= drop && drop <= d.hi;
            paired_width += d.hi - d.lo;
        }
        print_message("%d units: coverage %.3f, of differences %.3f\n", units,
                      single / (double)SIMULATIONS, paired / (double)SIMULATIONS);
        assert_true(single > cases[c].least * SIMULATIONS && single < 0.97 * SIMULATIONS);
        assert_true(paired > cases[c].least * SIMULATIONS && paired < 0.97 * SIMULATIONS);
        /* Pairing takes out what sequences differ in. */
        assert_true(paired_width < width);
        ind_resampled_release(&sums);
        ind_bootstrap_release(&bootstrap);
    }
}

static int asked;
static int at_the_tenth(void)
{
    return ++asked == 10;
}
static int never(void)
{
    return 0;
}

/* Drawing stops when it is told to, and is the same where it is not. */
static void stopped(void **state)
{
    (void)state;
    struct ind_bootstrap a, b;
    struct ind_error err;
    asked = 0;
    assert_int_equal(ind_bootstrap_init_unless(&a, 20, 30, 1, 2, 3, at_the_tenth, &err),
                     IND_FAILED);
    assert_int_equal(asked, 10);
    assert_string_equal(err.text, "interrupted while resamples were drawn");
    assert_null(a.weights);
    assert_int_equal(ind_bootstrap_init_unless(&a, 20, 30, 1, 2, 3, never, NULL), IND_OK);
    assert_int_equal(ind_bootstrap_init(&b, 20, 30, 1, 2, 3, NULL), IND_OK);
    assert_memory_equal(a.weights, b.weights, sizeof(double) * 20 * 30);
    ind_bootstrap_release(&a);
    ind_bootstrap_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_are_resamples),
        cmocka_unit_test(weights_are_addressed),
        cmocka_unit_test(ratio_is_resampling_written_out),
        cmocka_unit_test(one_unit_has_no_interval),
        cmocka_unit_test(shares_at_the_edge),
        cmocka_unit_test(empty_denominators),
        cmocka_unit_test(coverage_is_nominal),
        cmocka_unit_test(stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
