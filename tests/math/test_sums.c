/* Sums of buffers of every instruction set that this processor has, against plain loops. */
#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include <induct/math/sums.h>

#include "support/simd_sets.h"

static const int counts[] = {0, 1, 3, 4, 7, 8, 15, 16, 31, 33, 64, 100, 257};

static void check_add(const struct ind_simd *set, int count)
{
    float *from = matrix(1, count, 1), *to = matrix(1, count, 2), *before = matrix(1, count, 2);
    set->add((size_t)count, from, to);
    for (int i = 0; i < count; i++)
        assert_true(to[i] == before[i] + from[i]);
    free(from);
    free(to);
    free(before);
}

/* `into`: which part the sum is written over. */
static void check_sum_parts(const struct ind_simd *set, int count, int parts, int into)
{
    float *part[5], *before = matrix(1, count, (uint32_t)into);
    for (int p = 0; p < parts; p++)
        part[p] = matrix(1, count, (uint32_t)p);
    const double square =
        set->sum_parts((size_t)count, parts, (const float *const *)part, part[into]);
    double want_square = 0.0;
    for (int i = 0; i < count; i++) {
        double sum = 0.0;
        for (int p = 0; p < parts; p++)
            sum += (double)(p == into ? before[i] : part[p][i]);
        assert_true(part[into][i] == (float)sum);
        want_square += (double)part[into][i] * (double)part[into][i];
    }
    assert_true(fabs(square - want_square) <= 1e-13 * want_square);
    for (int p = 0; p < parts; p++)
        free(part[p]);
    free(before);
}

static void check_inner(const struct ind_simd *set, int count)
{
    float *a = matrix(1, count, 1), *b = matrix(1, count, 2);
    double sum = 0.0, size = 0.0;
    for (int i = 0; i < count; i++) {
        sum += (double)a[i] * (double)b[i];
        size += fabs((double)a[i] * (double)b[i]);
    }
    assert_true(fabs(set->inner((size_t)count, a, b) - sum) <= 1e-14 * size);
    free(a);
    free(b);
}

/* Matrices of `count` columns in rows that are longer, of which nothing else is read or written. */
static void check_rows(const struct ind_simd *set, int count)
{
    enum { ROWS = 3 };
    const int ld_a = count + 5, ld_b = count + 2;
    float *from = matrix(ROWS, ld_a, 1);
    double a[ROWS * 300], b[ROWS * 300], sum = 0.0, size = 0.0;
    for (int i = 0; i < ROWS * 300; i++)
        a[i] = b[i] = (double)NAN;
    set->widen(ROWS, (size_t)count, from, (size_t)ld_a, a, (size_t)ld_a);
    set->widen(ROWS, (size_t)count, from + 1, (size_t)ld_a, b, (size_t)ld_b);
    for (int r = 0; r < ROWS; r++) {
        assert_true(isnan(a[r * ld_a + count]) && isnan(b[r * ld_b + count]));
        for (int i = 0; i < count; i++) {
            assert_true(a[r * ld_a + i] == (double)from[r * ld_a + i]);
            assert_true(b[r * ld_b + i] == (double)from[r * ld_a + i + 1]);
            sum += a[r * ld_a + i] * b[r * ld_b + i];
            size += fabs(a[r * ld_a + i] * b[r * ld_b + i]);
        }
    }
    const double found = set->inner_rows(ROWS, (size_t)count, a, (size_t)ld_a, b, (size_t)ld_b);
    assert_true(fabs(found - sum) <= 1e-14 * size);
    free(from);
}

static void sums_agree_with_plain_loops(void **state)
{
    (void)state;
    const struct ind_simd *set[SETS];
    for (int s = 0, n = sets(set); s < n; s++) {
        for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
            check_add(set[s], counts[c]);
            check_inner(set[s], counts[c]);
            check_rows(set[s], counts[c]);
            check_sum_parts(set[s], counts[c], 1, 0);
            check_sum_parts(set[s], counts[c], 5, 3);
        }
    }
}

/* 2^-40 is nothing beside 1 in float; in double the sum keeps it until the one is taken away. */
static void parts_are_added_in_double(void **state)
{
    (void)state;
    enum { COUNT = 40 };
    const struct ind_simd *set[SETS];
    for (int s = 0, n = sets(set); s < n; s++) {
        float one[COUNT], small[COUNT], minus[COUNT], out[COUNT];
        for (int i = 0; i < COUNT; i++) {
            one[i] = 1.0F;
            small[i] = 0x1p-40F;
            minus[i] = -1.0F;
        }
        const float *const parts[] = {one, small, minus};
        set[s]->sum_parts(COUNT, 3, parts, out);
        for (int i = 0; i < COUNT; i++)
            assert_true(out[i] == 0x1p-40F);
    }
}

static void what_is_not_finite_shows_in_the_square(void **state)
{
    (void)state;
    enum { COUNT = 70 };
    const float bad[] = {NAN, INFINITY, -INFINITY};
    const struct ind_simd *set[SETS];
    for (int s = 0, n = sets(set); s < n; s++) {
        for (int at = 0; at < COUNT; at++) {
            float values[COUNT] = {0}, out[COUNT];
            values[at] = bad[at % 3];
            const float *const parts[] = {values};
            assert_false(isfinite(set[s]->sum_parts(COUNT, 1, parts, out)));
        }
    }
}

/* The largest, the smallest and both zeros are numbers as others are. */
static void what_is_not_finite_is_found_at_every_place(void **state)
{
    (void)state;
    enum { COUNT = 300 };
    const float good[] = {FLT_MAX, -FLT_MAX, FLT_TRUE_MIN, -0.0F, 0.0F, 1.5F};
    const float bad[] = {NAN, INFINITY, -INFINITY};
    const struct ind_simd *set[SETS];
    float values[COUNT];
    for (int i = 0; i < COUNT; i++)
        values[i] = good[i % 6];
    for (int s = 0, n = sets(set); s < n; s++) {
        for (int at = 0; at < COUNT; at++) {
            assert_true(set[s]->all_finite((size_t)at, values));
            values[at] = bad[at % 3];
            assert_true(set[s]->all_finite((size_t)at, values));
            assert_false(set[s]->all_finite((size_t)at + 1, values));
            assert_false(set[s]->all_finite(COUNT, values));
            values[at] = good[at % 6];
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_agree_with_plain_loops),
        cmocka_unit_test(parts_are_added_in_double),
        cmocka_unit_test(what_is_not_finite_shows_in_the_square),
        cmocka_unit_test(what_is_not_finite_is_found_at_every_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
