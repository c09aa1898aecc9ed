/* Sign flips against their enumeration, shares and Student's quantiles against published values. */
#include <cmocka.h>

#include <math.h>

#include <induct/math/inference.h>

static double by_enumeration(const double *d, int count)
{
    double observed = 0, size = 0;
    long reached = 0;
    for (int i = 0; i < count; i++) {
        observed += d[i];
        size += fabs(d[i]);
    }
    for (long choice = 0; choice < 1L << count; choice++) {
        double sum = 0;
        for (int i = 0; i < count; i++)
            sum += (choice >> i & 1) ? d[i] : -d[i];
        reached += fabs(sum) >= fabs(observed) - 1e-12 * size;
    }
    return (double)reached / (double)(1L << count);
}

static void sign_flips(void **state)
{
    (void)state;
    struct ind_error err;
    double d[IND_SIGN_FLIP_MOST + 1], p;
    for (int kind = 0; kind < 4; kind++) {
        for (int count = 1; count <= 14; count++) {
            for (int i = 0; i < count; i++)
                d[i] = kind == 0   ? 1.0
                       : kind == 1 ? i % 3 - 1.0
                                   : sin(12.9898 * i + kind) + 0.3 * (kind - 2);
            assert_int_equal(ind_sign_flip(d, count, &p, &err), IND_OK);
            assert_true(fabs(p - by_enumeration(d, count)) < 1e-12);
        }
    }
    for (int i = 0; i <= IND_SIGN_FLIP_MOST; i++)
        d[i] = 1 + 0.01 * i;
    assert_int_equal(ind_sign_flip(d, 8, &p, &err), IND_OK);
    assert_true(p == 2.0 / 256);
    assert_int_equal(ind_sign_flip(d, 40, &p, &err), IND_OK);
    assert_true(p == ldexp(1, -39));
    assert_int_equal(ind_sign_flip(d, 41, &p, &err), IND_FAILED);
    assert_int_equal(ind_sign_flip(d, 0, &p, &err), IND_OK);
    assert_true(isnan(p));
}

static void near(double got, double wanted, double tolerance)
{
    if (!(fabs(got - wanted) <= tolerance))
        fail_msg("%.9g, not %.9g", got, wanted);
}

/* Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29. */
static void shares(void **state)
{
    (void)state;
    near(ind_clopper_pearson(81, 263).lo, .2527, 5e-5);
    near(ind_clopper_pearson(81, 263).hi, .3676, 5e-5);
    near(ind_clopper_pearson(15, 148).lo, .0578, 5e-5);
    near(ind_clopper_pearson(15, 148).hi, .1617, 5e-5);
    near(ind_clopper_pearson(0, 20).lo, 0, 0);
    near(ind_clopper_pearson(0, 20).hi, .1684, 5e-5);
    near(ind_clopper_pearson(1, 29).lo, .0009, 5e-5);
    near(ind_clopper_pearson(1, 29).hi, .1776, 5e-5);
    near(ind_clopper_pearson(8, 8).lo, pow(.025, 1.0 / 8), 1e-9);
    near(ind_clopper_pearson(8, 8).hi, 1, 0);
}

static void student(void **state)
{
    (void)state;
    static const double at_975[][2] = {{1, 12.7062047},  {2, 4.30265273},  {3, 3.18244631},
                                       {4, 2.77644511},  {7, 2.36462425},  {8, 2.30600414},
                                       {15, 2.13144955}, {30, 2.04227246}, {1000, 1.96233908}};
    for (int i = 0; i < 9; i++) {
        near(ind_student_quantile((int)at_975[i][0], .975), at_975[i][1], 1e-7);
        near(ind_student_quantile((int)at_975[i][0], .025), -at_975[i][1], 1e-7);
    }
    near(ind_student_quantile(5, .5), 0, 1e-9);
    near(ind_student_quantile(5, .95), 2.01504837, 1e-7);
}

/* Three pairs, four choices of signs. The first two rows are largest as they are: 1 of 4. A row with
 * a pair less is no larger than its own flips. */
static void families_are_flipped_together(void **state)
{
    (void)state;
    struct ind_error err;
    const double none = (double)NAN;
    const double differences[] = {3, 1, 1, 1, 1, 1, 2, -1, none, 0, 0, 0};
    double p[4], one[21] = {0};
    assert_int_equal(ind_sign_flip_family(differences, 4, 3, p, &err), IND_OK);
    assert_float_equal(p[0], 0.25, 0);
    assert_float_equal(p[1], 0.25, 0);
    /* |1|/sqrt(5): with the other sign 3/sqrt(5); the rows of zeros and it are what is left */
    assert_float_equal(p[2], 1, 0);
    assert_float_equal(p[3], 1, 0);
    /* alone it is p of ind_sign_flip; beyond 20 pairs nothing is said */
    const double few[] = {0.3, -0.1, 0.4, 0.2, 0.6};
    double alone;
    assert_int_equal(ind_sign_flip(few, 5, &alone, &err), IND_OK);
    assert_int_equal(ind_sign_flip_family(few, 1, 5, p, &err), IND_OK);
    assert_float_equal(p[0], alone, 1e-15);
    assert_int_equal(ind_sign_flip_family(one, 1, 21, p, &err), IND_OK);
    assert_true(isnan(p[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(families_are_flipped_together),
                                       cmocka_unit_test(sign_flips), cmocka_unit_test(shares),
                                       cmocka_unit_test(student)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
