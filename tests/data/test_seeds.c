/* Intervals over seeds by simulation: coverage of 8 and 16 seeds, and families of sign-flip
 * tests. */
#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
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

/* ---- Families of tests ----------------------------------------------------------------------- */

enum { ARMS = 7, PERIODS = 4, FAMILY = ARMS * PERIODS };

/* A seed's accuracy, as far as it matters: symmetric, or with a tail to one side. */
static double draw_value(struct ind_random *random, bool skewed)
{
    return skewed ? -log(1 - ind_random_uniform(random)) : ind_random_normal(random);
}

/* Seven arms against a control that they share, at four periods that have half of their variance
 * in common; `effect` is added to the first arm. differences [FAMILY, seeds]. */
static void draw_family(struct ind_random *random, int seeds, bool skewed, double effect,
                        double *differences)
{
    for (int i = 0; i < seeds; i++) {
        double control[PERIODS], common = draw_value(random, skewed);
        for (int period = 0; period < PERIODS; period++)
            control[period] = common + draw_value(random, skewed);
        for (int arm = 0; arm < ARMS; arm++) {
            common = draw_value(random, skewed);
            for (int period = 0; period < PERIODS; period++)
                differences[(arm * PERIODS + period) * seeds + i] =
                    common + draw_value(random, skewed) - control[period] + (arm == 0 ? effect : 0);
        }
    }
}

static double least(const double *p, int from)
{
    double lowest = 1;
    for (int i = from; i < FAMILY; i++)
        lowest = fmin(lowest, p[i]);
    return lowest;
}

/* p of every test alone, by Holm, and jointly. */
static void test_family(const double *differences, int seeds, double *single, double *holm,
                        double *joint)
{
    struct ind_error err;
    size_t order[FAMILY];
    for (int t = 0; t < FAMILY; t++)
        assert_int_equal(ind_sign_flip(differences + t * seeds, seeds, &single[t], &err), IND_OK);
    ind_holm_adjust(single, FAMILY, order, holm);
    assert_int_equal(ind_sign_flip_family(differences, FAMILY, seeds, joint, &err), IND_OK);
}

static void families_raise_few_false_alarms(void **state)
{
    (void)state;
    for (int world = 0; world < 4; world++) {
        const int seeds = world % 2 ? 12 : 8, trials = world % 2 ? TRIALS / 2 : TRIALS;
        int alone = 0, by_holm = 0, jointly = 0;
        struct ind_random random = ind_random_at(5, IND_STREAM_CONTROL, (uint32_t)world, 0);
        for (int trial = 0; trial < trials; trial++) {
            double differences[FAMILY * MOST], single[FAMILY], holm[FAMILY], joint[FAMILY];
            draw_family(&random, seeds, world >= 2, 0, differences);
            test_family(differences, seeds, single, holm, joint);
            alone += single[0] <= 0.05;
            by_holm += least(holm, 0) <= 0.05;
            jointly += least(joint, 0) <= 0.05;
        }
        printf("%2d seeds, %s: one test %.2f %%, %d by Holm %.2f %%, jointly %.2f %%\n", seeds,
               world >= 2 ? "skewed" : "normal", 100.0 * alone / trials, FAMILY,
               100.0 * by_holm / trials, 100.0 * jointly / trials);
        /* joint flips use all of their 5 %: within the noise of so many trials */
        const double limit = 0.05 * trials + 2 * sqrt(0.05 * 0.95 * trials);
        assert_true(by_holm <= 0.05 * trials && jointly <= limit);
        assert_true(alone >= 0.03 * trials && alone <= 0.07 * trials);
    }
}

/* What Holm cannot find in 28 tests of 8 seeds: with an effect the others raise no more alarms. */
static void eight_seeds_can_find_something_in_a_family(void **state)
{
    (void)state;
    enum { SEEDS = 8 };
    int by_holm = 0, found = 0, others = 0;
    struct ind_random random = ind_random_at(6, IND_STREAM_CONTROL, 0, 0);
    for (int trial = 0; trial < TRIALS; trial++) {
        double differences[FAMILY * SEEDS], single[FAMILY], holm[FAMILY], joint[FAMILY];
        draw_family(&random, SEEDS, false, 8, differences);
        test_family(differences, SEEDS, single, holm, joint);
        by_holm += least(holm, 0) <= 0.05;
        found += joint[0] <= 0.05;
        others += least(joint, PERIODS) <= 0.05;
    }
    printf("an effect of 4 standard deviations: by Holm %.2f %%, jointly %.2f %%, others %.2f %%\n",
           100.0 * by_holm / TRIALS, 100.0 * found / TRIALS, 100.0 * others / TRIALS);
    assert_int_equal(by_holm, 0);
    assert_true(found >= 0.9 * TRIALS && others <= 0.05 * TRIALS);
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
                                       cmocka_unit_test(eight_seeds_can_find_something_in_a_family),
                                       cmocka_unit_test(edges)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
