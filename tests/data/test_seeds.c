/* Intervals over seeds by simulation: coverage of 8 and 16 seeds, and families of sign-flip
 * tests. */
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <induct/data/random.h>
#include <induct/data/seeds.h>
#include <induct/math/inference.h>
#include <induct/math/stats.h>

enum { RESAMPLES = 4000, TRIALS = 2000, MOST = 16 };

/* How values are spread over seeds, and how much of it their sequences see. */
struct world {
    const char *name;
    int seeds;
    double between, within;
    enum { NORMAL, UNIFORM, ACCURACY } shape;
};

static double draw(struct ind_random *random, const struct world *world, double *error)
{
    const double u = ind_random_uniform(random), z = ind_random_normal(random);
    double truth = world->between * z;
    if (world->shape == UNIFORM)
        truth = world->between * (u - 0.5) * sqrt(12.0);
    if (world->shape == ACCURACY) /* a logistic of a normal: between .5 and 1, as accuracies are */
        truth = 1 / (1 + exp(-1 - world->between * z));
    *error = world->within;
    return truth + world->within * ind_random_normal(random);
}

static double true_mean(const struct world *world)
{
    double sum = 0, error;
    struct world exact = *world;
    struct ind_random random = ind_random_at(99, IND_STREAM_CONTROL, 1, 1);
    if (world->shape != ACCURACY)
        return 0;
    exact.within = 0;
    for (int i = 0; i < 400000; i++)
        sum += draw(&random, &exact, &error);
    return sum / 400000;
}

static void coverage_is_between_93_and_97_percent(void **state)
{
    (void)state;
    static const struct world worlds[] = {
        {"normal", 8, 1, 0, NORMAL},           {"normal", 16, 1, 0, NORMAL},
        {"half within", 8, 1, 1, NORMAL},      {"half within", 16, 1, 1, NORMAL},
        {"all within", 8, 0.05, 1, NORMAL},    {"all within", 16, 0.05, 1, NORMAL},
        {"uniform", 8, 1, 0.2, UNIFORM},       {"uniform", 16, 1, 0.2, UNIFORM},
        {"accuracies", 8, 0.5, .02, ACCURACY}, {"accuracies", 16, 0.5, .02, ACCURACY}};
    static double scratch[RESAMPLES];
    for (size_t w = 0; w < sizeof worlds / sizeof *worlds; w++) {
        const struct world *world = &worlds[w];
        struct ind_seed_draws draws;
        struct ind_error err;
        double values[MOST], errors[MOST];
        int held = 0;
        const double truth = true_mean(world);
        assert_int_equal(ind_seed_draws_init(&draws, world->seeds, RESAMPLES, 0, &err), IND_OK);
        struct ind_random random = ind_random_at(w, IND_STREAM_CONTROL, 0, 0);
        for (int trial = 0; trial < TRIALS; trial++) {
            for (int i = 0; i < world->seeds; i++)
                values[i] = draw(&random, world, &errors[i]);
            const struct ind_estimate mean = ind_seed_mean(&draws, values, errors, scratch);
            held += mean.lo <= truth && truth <= mean.hi;
        }
        printf("%-12s %2d seeds: %.2f %%\n", world->name, world->seeds, 100.0 * held / TRIALS);
        assert_true(held >= 0.93 * TRIALS && held <= 0.97 * TRIALS);
        ind_seed_draws_release(&draws);
    }
}

/* Seven arms against a control at four periods, none of which does anything; the control is
 * shared. */
static void families_raise_few_false_alarms(void **state)
{
    (void)state;
    enum { ARMS = 7, PERIODS = 4, FAMILY = ARMS * PERIODS };
    for (int seeds = 8; seeds <= 16; seeds += 8) {
        int alarms = 0, single = 0;
        struct ind_random random = ind_random_at(5, IND_STREAM_CONTROL, (uint32_t)seeds, 0);
        for (int trial = 0; trial < TRIALS / 2; trial++) {
            double p[FAMILY], adjusted[FAMILY], lowest = 1;
            size_t order[FAMILY];
            for (int period = 0; period < PERIODS; period++) {
                double control[MOST], difference[MOST];
                struct ind_error err;
                for (int i = 0; i < seeds; i++)
                    control[i] = ind_random_normal(&random);
                for (int arm = 0; arm < ARMS; arm++) {
                    for (int i = 0; i < seeds; i++)
                        difference[i] = ind_random_normal(&random) - control[i];
                    assert_int_equal(
                        ind_sign_flip(difference, seeds, &p[period * ARMS + arm], &err), IND_OK);
                }
            }
            single += p[0] <= 0.05;
            ind_holm_adjust(p, FAMILY, order, adjusted);
            for (int i = 0; i < FAMILY; i++)
                lowest = fmin(lowest, adjusted[i]);
            alarms += lowest <= 0.05;
        }
        printf("%2d seeds: one test %.2f %%, family of %d %.2f %%\n", seeds,
               200.0 * single / TRIALS, FAMILY, 200.0 * alarms / TRIALS);
        assert_true(alarms <= 0.05 * TRIALS / 2);
        assert_true(single >= 0.03 * TRIALS / 2 && single <= 0.07 * TRIALS / 2);
    }
}

static void edges(void **state)
{
    (void)state;
    struct ind_seed_draws draws;
    struct ind_error err;
    double scratch[100];
    const double same[] = {1, 1, 1}, none[] = {0, 0, 0};
    assert_int_equal(ind_seed_draws_init(&draws, 3, 100, 0, &err), IND_OK);
    struct ind_estimate mean = ind_seed_mean(&draws, same, none, scratch);
    assert_true(mean.value == 1 && mean.lo == 1 && mean.hi == 1);
    ind_seed_draws_release(&draws);
    assert_int_equal(ind_seed_draws_init(&draws, 1, 100, 0, &err), IND_OK);
    mean = ind_seed_mean(&draws, same, NULL, scratch);
    assert_true(mean.value == 1 && isnan(mean.lo) && isnan(mean.hi));
    ind_seed_draws_release(&draws);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(coverage_is_between_93_and_97_percent),
                                       cmocka_unit_test(families_raise_few_false_alarms),
                                       cmocka_unit_test(edges)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
