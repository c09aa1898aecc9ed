/*
 * Products of every instruction set that this processor has against sums in double: every
 * transposition, shapes that end anywhere in a tile, more terms than one panel holds, more rows
 * than one block, rows farther apart than they are long, factors that outgrow the caches.
 */
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/math/product.h>

#include "support/simd_sets.h"

struct shape {
    int m, n, k;
};

static const struct shape shapes[] = {{1, 1, 1},     {2, 3, 4},     {5, 7, 3},      {6, 16, 64},
                                      {7, 17, 65},   {8, 32, 16},   {13, 31, 79},   {79, 64, 192},
                                      {64, 16, 316}, {12, 33, 257}, {3, 5, 513},    {300, 8, 256},
                                      {6, 1, 300},   {1, 48, 2},    {259, 20, 255}, {70, 150, 300}};

/* Element (i, j) of what is stored as [rows, columns], or transposed. */
static double at(const float *matrix, int ld, bool transposed, int i, int j)
{
    return (double)(transposed ? matrix[j * ld + i] : matrix[i * ld + j]);
}

static void check(const struct ind_simd *set, struct shape shape, int which, int spare)
{
    const bool ta = which & 1, tb = which & 2, add = which & 4;
    const int m = shape.m, n = shape.n, k = shape.k;
    const int lda = (ta ? m : k) + spare, ldb = (tb ? k : n) + spare, ldc = n + spare;
    float *a = matrix(ta ? k : m, lda, 1), *b = matrix(tb ? n : k, ldb, 2), *c = matrix(m, ldc, 3);
    float *before = malloc((size_t)m * ldc * sizeof *before);
    memcpy(before, c, (size_t)m * ldc * sizeof *before);
    const float *start = !add ? NULL : which & 8 ? before : c;
    set->product(ta, tb, m, n, k, a, lda, b, ldb, start, c, ldc);
    for (int i = 0; i < m; i++) {
        for (int j = 0; j < ldc; j++) {
            double want = j >= n || add ? (double)before[i * ldc + j] : 0.0, size = fabs(want);
            for (int t = 0; t < k && j < n; t++) {
                const double term = at(a, lda, ta, i, t) * at(b, ldb, tb, t, j);
                want += term;
                size += fabs(term);
            }
            const double bound = j < n ? 1e-6 * (size + 1.0) : 0.0;
            if (!(fabs((double)c[i * ldc + j] - want) <= bound))
                fail_msg("%s, %d x %d x %d, form %d: C[%d,%d] is %g instead of %g", set->name, m, n,
                         k, which, i, j, (double)c[i * ldc + j], want);
        }
    }
    free(a);
    free(b);
    free(c);
    free(before);
}

static void products_are_sums(void **state)
{
    (void)state;
    const struct ind_simd *set[SETS];
    for (int s = 0, count = sets(set); s < count; s++)
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
            for (int which = 0; which < 16; which++)
                check(set[s], shapes[i], which, i % 2 ? 3 : 0);
}

static double *doubles(int rows, int columns, uint32_t what)
{
    float *narrow = matrix(rows, columns, what);
    double *values = malloc((size_t)rows * columns * sizeof *values);
    for (int i = 0; i < rows * columns; i++)
        values[i] = (double)narrow[i] + 1e-9 * i;
    free(narrow);
    return values;
}

static void check_double(const struct ind_simd *set, struct shape shape, int which, int spare)
{
    const bool ta = which & 1, tb = which & 2, add = which & 4;
    const int m = shape.m, n = shape.n, k = shape.k;
    const int lda = (ta ? m : k) + spare, ldb = (tb ? k : n) + spare, ldc = n + spare;
    double *a = doubles(ta ? k : m, lda, 1), *b = doubles(tb ? n : k, ldb, 2);
    double *c = doubles(m, ldc, 3), *before = doubles(m, ldc, 3);
    set->product_double(ta, tb, m, n, k, a, lda, b, ldb, add ? c : NULL, c, ldc);
    for (int i = 0; i < m; i++) {
        for (int j = 0; j < ldc; j++) {
            double want = j >= n || add ? before[i * ldc + j] : 0.0, size = fabs(want);
            for (int t = 0; t < k && j < n; t++) {
                const double term =
                    a[ta ? t * lda + i : i * lda + t] * b[tb ? j * ldb + t : t * ldb + j];
                want += term;
                size += fabs(term);
            }
            if (!(fabs(c[i * ldc + j] - want) <= (j < n ? 2e-15 * (size + 1.0) : 0.0)))
                fail_msg("%s, %d x %d x %d, form %d: C[%d,%d] is %.17g instead of %.17g", set->name,
                         m, n, k, which, i, j, c[i * ldc + j], want);
        }
    }
    free(a);
    free(b);
    free(c);
    free(before);
}

static void products_in_double_are_sums(void **state)
{
    (void)state;
    const struct ind_simd *set[SETS];
    for (int s = 0, count = sets(set); s < count; s++)
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
            for (int which = 0; which < 8; which++)
                check_double(set[s], shapes[i], which, i % 2 ? 3 : 0);
}

static void empty_products_are_zero(void **state)
{
    (void)state;
    float c[4] = {1, 2, 3, 4};
    ind_product(false, false, 0, 0, 0, c, 0, c, 0, NULL, c, 0);
    assert_true(c[0] == 1.0F);
    const float none[1] = {0};
    ind_product(false, false, 2, 2, 0, none, 0, none, 2, c, c, 2);
    assert_true(c[0] == 1.0F && c[3] == 4.0F);
    ind_product(false, false, 2, 2, 0, none, 0, none, 2, NULL, c, 2);
    assert_true(c[0] == 0.0F && c[1] == 0.0F && c[2] == 0.0F && c[3] == 0.0F);
}

/* What a row of C is does not depend on how many rows are made with it: of every set, in every
   form; what is large is made in another order (simd/large.h), its first rows alone are not. */
static void rows_alone(const struct ind_simd *set, struct shape shape, int which)
{
    const bool ta = which & 1, tb = which & 2, add = which & 4;
    const int m = shape.m, n = shape.n, k = shape.k, lda = ta ? m : k, ldb = tb ? k : n;
    const size_t count = (size_t)m * n;
    float *a = matrix(ta ? k : m, lda, 1), *b = matrix(tb ? n : k, ldb, 2);
    float *whole = matrix(m, n, 3), *part = matrix(m, n, 3);
    set->product(ta, tb, m, n, k, a, lda, b, ldb, add ? whole : NULL, whole, n);
    for (int first = 0, rows; first < m; first += rows) {
        float *c = part + (size_t)first * n;
        rows = first % 7 + 1 < m - first ? first % 7 + 1 : m - first;
        set->product(ta, tb, rows, n, k, a + (ta ? first : first * k), lda, b, ldb, add ? c : NULL,
                     c, n);
    }
    if (memcmp(whole, part, count * sizeof *whole) != 0)
        fail_msg("%s, %d x %d x %d, form %d: other bits than row by row", set->name, m, n, k,
                 which);
    free(a);
    free(b);
    free(whole);
    free(part);
}

static void rows_do_not_see_each_other(void **state)
{
    (void)state;
    static const struct shape some[] = {{61, 40, 90}, {70, 150, 300}, {533, 130, 260}};
    const struct ind_simd *set[SETS];
    for (int s = 0, count = sets(set); s < count; s++)
        for (size_t i = 0; i < sizeof some / sizeof *some; i++)
            for (int which = 0; which < 8; which++)
                rows_alone(set[s], some[i], which);
}

static void what_is_not_finite_stays_visible(void **state)
{
    (void)state;
    enum { M = 9, N = 18, K = 5 };
    const struct ind_simd *set[SETS];
    for (int s = 0, count = sets(set); s < count; s++) {
        float *a = matrix(M, K, 1), *b = matrix(K, N, 2), *c = matrix(M, N, 3);
        a[7 * K + 2] = NAN;
        b[3 * N + 17] = INFINITY;
        set[s]->product(false, false, M, N, K, a, K, b, N, NULL, c, N);
        for (int i = 0; i < M; i++)
            for (int j = 0; j < N; j++)
                assert_true(isfinite(c[i * N + j]) == (i != 7 && j != 17));
        free(a);
        free(b);
        free(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_sums),
        cmocka_unit_test(products_in_double_are_sums),
        cmocka_unit_test(empty_products_are_zero),
        cmocka_unit_test(rows_do_not_see_each_other),
        cmocka_unit_test(what_is_not_finite_stays_visible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
