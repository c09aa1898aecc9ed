/* Mixtures whose best weights are known, and the optimality of those that are not. */
#include <cmocka.h>

#include <math.h>

#include <induct/math/mixture.h>

enum { OUTCOMES = 40, COMPONENTS = 4 };

/* Components that overlap; rows are outcomes. */
static void make(double q[OUTCOMES][COMPONENTS])
{
    double sums[COMPONENTS] = {0};
    for (int r = 0; r < OUTCOMES; r++) {
        for (int a = 0; a < COMPONENTS; a++) {
            q[r][a] = 0.01 + pow(sin(1.7 * r + 2.3 * a * a + 0.1 * r * a), 2);
            sums[a] += q[r][a];
        }
    }
    for (int r = 0; r < OUTCOMES; r++)
        for (int a = 0; a < COMPONENTS; a++)
            q[r][a] /= sums[a];
}

static void weights_of_a_mixture_are_found_again(void **state)
{
    (void)state;
    const double truths[][COMPONENTS] = {
        {0.1, 0.2, 0.3, 0.4}, {0.0, 0.7, 0.0, 0.3}, {1.0, 0.0, 0.0, 0.0}};
    double q[OUTCOMES][COMPONENTS], mass[OUTCOMES], w[COMPONENTS];
    make(q);
    for (size_t t = 0; t < sizeof truths / sizeof *truths; t++) {
        double best = 0.0;
        for (int r = 0; r < OUTCOMES; r++) {
            mass[r] = 0.0;
            for (int a = 0; a < COMPONENTS; a++)
                mass[r] += 3.0 * truths[t][a] * q[r][a];
            best += mass[r] * log(mass[r] / 3.0);
        }
        const double value = ind_mixture_fit(OUTCOMES, COMPONENTS, mass, q[0], w);
        assert_true(fabs(value - best) < 1e-7);
        for (int a = 0; a < COMPONENTS; a++)
            assert_true(fabs(w[a] - truths[t][a]) < 2e-4);
    }
}

/* At the maximum no component would gain by more weight. */
static void no_direction_is_uphill(void **state)
{
    (void)state;
    double q[OUTCOMES][COMPONENTS], mass[OUTCOMES], w[COMPONENTS], all = 0.0, sum = 0.0;
    make(q);
    for (int r = 0; r < OUTCOMES; r++)
        all += mass[r] = r % 3 == 0 ? 0.0 : 1.0 + cos(r);
    ind_mixture_fit(OUTCOMES, COMPONENTS, mass, q[0], w);
    for (int a = 0; a < COMPONENTS; a++) {
        double gain = 0.0;
        for (int r = 0; r < OUTCOMES; r++) {
            double mixed = 0.0;
            for (int b = 0; b < COMPONENTS; b++)
                mixed += w[b] * q[r][b];
            gain += mass[r] / all * q[r][a] / mixed;
        }
        assert_true(gain < 1.0 + 1e-8);
        assert_true(w[a] >= 0.0 && (w[a] == 0.0 || gain > 1.0 - 1e-4));
        sum += w[a];
    }
    assert_true(fabs(sum - 1.0) < 1e-12);
}

static void nothing_has_no_mixture(void **state)
{
    (void)state;
    const double mass[] = {0.0, 0.0}, q[] = {0.5, 0.5, 0.5, 0.5};
    double w[2];
    assert_true(isnan(ind_mixture_fit(2, 2, mass, q, w)));
    assert_true(isnan(w[0]) && isnan(w[1]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_of_a_mixture_are_found_again),
        cmocka_unit_test(no_direction_is_uphill),
        cmocka_unit_test(nothing_has_no_mixture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
