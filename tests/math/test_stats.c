/* Quantiles against sorting, Holm against his procedure carried out, the tail against known points.
 */
#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <induct/math/stats.h>

static void means(void **state)
{
    (void)state;
    const double values[] = {1, 2, 6};
    assert_true(ind_mean(values, 3) == 3.0);
    assert_true(isnan(ind_mean(values, 0)));
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Orders that selection finds hard: constant, sorted, reversed, few values, none. */
static double element(int pattern, int i, int count)
{
    switch (pattern) {
    case 0:
        return 3.0;
    case 1:
        return i;
    case 2:
        return count - i;
    case 3:
        return i % 3;
    default:
        return sin(i * 12.9898 + pattern);
    }
}

static void quantiles_are_those_of_sorting(void **state)
{
    (void)state;
    enum { MOST = 200 };
    double values[MOST], sorted[MOST];
    for (int pattern = 0; pattern < 9; pattern++) {
        for (int count = 1; count <= MOST; count += count < 12 ? 1 : 47) {
            for (double p = 0.0; p <= 1.0; p += 0.0625) {
                for (int i = 0; i < count; i++)
                    values[i] = sorted[i] = element(pattern, i, count);
                qsort(sorted, (size_t)count, sizeof *sorted, ascending);
                const double place = p * (count - 1);
                const int low = (int)floor(place), high = (int)ceil(place);
                const double truth = sorted[low] + (place - low) * (sorted[high] - sorted[low]);
                assert_true(fabs(ind_quantile(values, (size_t)count, p) - truth) < 1e-12);
                qsort(values, (size_t)count, sizeof *values, ascending);
                assert_memory_equal(values, sorted, sizeof *values * (size_t)count);
            }
        }
    }
    assert_true(isnan(ind_quantile(values, 0, 0.5)));
}

static void normal_tail(void **state)
{
    (void)state;
    assert_true(ind_normal_tail(0.0) == 0.5);
    assert_true(fabs(ind_normal_tail(1.959963984540054) - 0.025) < 1e-15);
    assert_true(fabs(ind_normal_tail(-1.0) - 0.8413447460685429) < 1e-15);
    assert_true(fabs(ind_normal_tail(10.0) / 7.619853024160527e-24 - 1.0) < 1e-12);
    assert_true(ind_normal_tail(37.0) > 0.0);
}

/* Whole shapes are sums of exponentials: P(X >= x) = sum over k < n of e^-x x^k / k!. One half is a
 * squared normal: P(X >= x) = 2 P(Z >= sqrt(2 x)). */
static void gamma_tails(void **state)
{
    (void)state;
    for (double x = 0.01; x < 600.0; x *= 1.7) {
        double term = exp(-x), sum = 0.0;
        for (int n = 1; n <= 40; n++) {
            sum += term;
            term *= x / n;
            const struct ind_tails tails = ind_gamma_tails(n, x);
            assert_true(fabs(tails.upper / sum - 1.0) < 1e-11);
            assert_true(fabs(tails.lower + tails.upper - 1.0) < 1e-13);
        }
        const double half = 2.0 * ind_normal_tail(sqrt(2.0 * x));
        assert_true(fabs(ind_gamma_tails(0.5, x).upper / half - 1.0) < 1e-11);
    }
    assert_true(fabs(ind_gamma_tails(3.0, 1e-4).lower / 1.6665416716664e-13 - 1.0) < 1e-9);
    assert_true(ind_gamma_tails(2.0, 0.0).upper == 1.0 && ind_gamma_tails(2.0, -1.0).lower == 0.0);
    assert_true(ind_gamma_tails(2.0, INFINITY).upper == 0.0);
    assert_true(isnan(ind_gamma_tails(2.0, NAN).upper));
}

static void holm_by_hand(void **state)
{
    (void)state;
    double p[] = {0.01, 0.04, 0.03, NAN, 0.005};
    const double truth[] = {0.03, 0.06, 0.06, NAN, 0.02};
    size_t order[5];
    ind_holm_adjust(p, 5, order, p);
    for (int i = 0; i < 5; i++)
        assert_true(isnan(truth[i]) ? isnan(p[i]) : fabs(p[i] - truth[i]) < 1e-15);
    double large[] = {0.9, 0.8, 0.5};
    ind_holm_adjust(large, 3, order, large);
    assert_true(large[0] == 1.0 && large[1] == 1.0 && large[2] == 1.0);
}

/* Holm rejects in ascending order while p <= alpha / (tests left), and stops at the first failure:
 * the adjusted values must give exactly that at every alpha. */
static void holm_is_his_procedure(void **state)
{
    (void)state;
    enum { TESTS = 17 };
    double p[TESTS], adjusted[TESTS];
    size_t order[TESTS];
    for (int trial = 0; trial < 20; trial++) {
        for (int i = 0; i < TESTS; i++)
            p[i] = pow(0.5 + 0.5 * sin(i * 78.233 + trial), 6);
        ind_holm_adjust(p, TESTS, order, adjusted);
        for (double alpha = 0.001; alpha < 1.0; alpha *= 1.3) {
            bool rejected[TESTS] = {false};
            for (int left = TESTS; left >= 1; left--) {
                int least = -1;
                for (int i = 0; i < TESTS; i++) {
                    if (!rejected[i] && (least < 0 || p[i] < p[least]))
                        least = i;
                }
                if (p[least] * left > alpha)
                    break;
                rejected[least] = true;
            }
            for (int i = 0; i < TESTS; i++)
                assert_int_equal(rejected[i], adjusted[i] <= alpha);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(means),        cmocka_unit_test(quantiles_are_those_of_sorting),
        cmocka_unit_test(normal_tail),  cmocka_unit_test(gamma_tails),
        cmocka_unit_test(holm_by_hand), cmocka_unit_test(holm_is_his_procedure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
