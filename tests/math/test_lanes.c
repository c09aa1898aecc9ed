/* Eight matrices at a time against LAPACK's one, on every instruction set that this processor
   has. */
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/math/blas.h>
#include <induct/math/decomp.h>
#include <induct/math/lanes.h>

#include "support/simd_sets.h"

enum { M = 21, N = 9, R = 3 };

static const struct ind_simd *set[SETS];
static int set_count;

static int find_sets(void **state)
{
    (void)state;
    set_count = sets(set);
    return 0;
}

static double element(int which, int i, int j)
{
    return sin(1.0 + 3.7 * which + 1.3 * i + 2.9 * j + 0.7 * i * j);
}

/* Lane `which`: a matrix of full rank; graded over 16 decades; of rank 4; zeros. */
static void fill(int which, int m, int n, double *matrix)
{
    for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
            double value = element(which, i, j);
            if (which == 1)
                value *= pow(10.0, -16.0 * j / n);
            if (which == 2)
                value = element(which, i, j % 4);
            if (which == 3)
                value = 0.0;
            if (which == 4)
                value *= 1e-25;
            matrix[i * n + j] = value;
        }
    }
}

static double *new_bundle(int m, int n)
{
    double *bundle = ind_alloc((size_t)m * (size_t)n * IND_LANES, sizeof *bundle);
    assert_non_null(bundle);
    return bundle;
}

static double *filled(int first, int m, int n)
{
    double *bundle = new_bundle(m, n), *matrix = calloc((size_t)m * (size_t)n, sizeof *matrix);
    for (int l = 0; l < IND_LANES; l++) {
        fill(first + l, m, n, matrix);
        ind_lanes_put(m, n, matrix, l, bundle);
    }
    free(matrix);
    return bundle;
}

static void near(double value, double truth, double within)
{
    if (!(fabs(value - truth) <= within))
        fail_msg("%.17g, not %.17g", value, truth);
}

static void what_is_put_is_taken(void **state)
{
    (void)state;
    double *bundle = filled(0, M, N), matrix[M * N], truth[M * N];
    for (int l = 0; l < IND_LANES; l++) {
        fill(l, M, N, truth);
        ind_lanes_take(M, N, bundle, l, matrix);
        assert_memory_equal(matrix, truth, sizeof truth);
        assert_true(bundle[(2 * M + 5) * IND_LANES + l] == truth[5 * N + 2]);
    }
    free(bundle);
}

/* The same bundle as one matrix after the other, in every set and of shapes that end in no whole
 * vector. */
static void all_are_put_as_one_by_one(void **state)
{
    (void)state;
    static const int shapes[][2] = {{M, N}, {N, N}, {13, 7}, {5, 1}, {1, 9}};
    for (int t = 0; t < set_count; t++) {
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
            const int m = shapes[i][0], n = shapes[i][1];
            double matrices[IND_LANES * M * N], *one = new_bundle(m, n), *all = new_bundle(m, n);
            for (int l = 0; l < IND_LANES; l++) {
                fill(l, m, n, matrices + l * m * n);
                ind_lanes_put(m, n, matrices + l * m * n, l, one);
            }
            set[t]->lanes_put_all(m, n, matrices, all);
            assert_memory_equal(all, one, (size_t)(m * n * IND_LANES) * sizeof *all);
            free(one);
            free(all);
        }
    }
}

static void qr_reproduces_the_matrix(void **state)
{
    (void)state;
    for (int t = 0; t < set_count; t++) {
        double *a = filled(0, M, N), *tau = new_bundle(N, 1), *r = new_bundle(M, N);
        double matrix[M * N], truth[M * N];
        set[t]->lanes_qr(M, N, a, tau);
        for (int j = 0; j < N; j++)
            memcpy(r + j * M * IND_LANES, a + j * M * IND_LANES,
                   (size_t)(j + 1) * IND_LANES * sizeof *r);
        set[t]->lanes_apply_q(M, N, a, tau, N, r);
        for (int l = 0; l < IND_LANES; l++) {
            fill(l, M, N, truth);
            ind_lanes_take(M, N, r, l, matrix);
            for (int i = 0; i < M * N; i++)
                near(matrix[i], truth[i], 1e-14);
        }
        free(a);
        free(tau);
        free(r);
    }
}

static void singular_values_are_lapacks(void **state)
{
    (void)state;
    struct ind_decomp decomp;
    assert_int_equal(ind_decomp_init(&decomp, M, N, NULL), IND_OK);
    for (int t = 0; t < set_count; t++) {
        double *w = filled(0, M, N), *norms = new_bundle(N, 1), *products = new_bundle(N, N);
        double matrix[M * N], s[N], product[N * N];
        assert_true(set[t]->lanes_orthogonalise(M, N, w, norms));
        set[t]->lanes_cross(M, N, N, w, w, products);
        for (int l = 0; l < IND_LANES; l++) {
            fill(l, M, N, matrix);
            assert_int_equal(ind_decomp_svd(&decomp, M, N, matrix, s, NULL, NULL, NULL), IND_OK);
            ind_lanes_take(N, N, products, l, product);
            for (int i = 0; i < N; i++) {
                near(norms[i * IND_LANES + l], s[i], 1e-14 * s[0]);
                for (int j = 0; j < i; j++)
                    near(product[i * N + j], 0.0,
                         1e-14 * sqrt(product[i * N + i] * product[j * N + j]) +
                             1e-15 * s[0] * s[0]);
            }
        }
        free(w);
        free(norms);
        free(products);
    }
    ind_decomp_release(&decomp);
}

static void inverses_are_lapacks(void **state)
{
    (void)state;
    for (int t = 0; t < set_count; t++) {
        double *a = filled(0, M, N), *g = new_bundle(N, N),
               ratio[IND_LANES] __attribute__((aligned(64)));
        set[t]->lanes_cross(M, N, N, a, a, g);
        double gram[IND_LANES][N * N], truth[N * N], inverse[N * N];
        for (int l = 0; l < IND_LANES; l++)
            ind_lanes_take(N, N, g, l, gram[l]);
        for (int i = 0; i < N; i++) /* not positive definite */
            g[(i * N + i) * IND_LANES + 7] = i == 4 ? -1.0 : 1.0;
        set[t]->lanes_inverse(N, g, ratio);
        for (int l = 0; l < IND_LANES - 1; l++) {
            const double wanted = ind_decomp_inverse(N, gram[l], truth);
            if (l == 1 || l == 2 || l == 3) {
                assert_false(ratio[l] > 1e-3 || wanted > 1e-3);
                continue;
            }
            near(ratio[l], wanted, 1e-12);
            ind_lanes_take(N, N, g, l, inverse);
            for (int i = 0; i < N * N; i++)
                near(inverse[i], truth[i], 1e-11 * fabs(truth[0]));
        }
        assert_false(ratio[7] > 0.0);
        free(a);
        free(g);
    }
}

/* u and v agree but for their common sign. */
static void same_pair(int m, const double *u, const double *v, const double *lapack_u,
                      const double *lapack_v, int columns, double within)
{
    double along = 0.0;
    for (int i = 0; i < m; i++)
        along += u[i * R] * lapack_u[i * columns];
    for (int i = 0; i < m; i++) {
        near(u[i * R], along > 0 ? lapack_u[i * columns] : -lapack_u[i * columns], within);
        near(v[i * R], along > 0 ? lapack_v[i * columns] : -lapack_v[i * columns], within);
    }
}

static void products_have_lapacks_spectra(void **state)
{
    (void)state;
    struct ind_decomp decomp;
    struct ind_lanes_svd svd;
    bool good[IND_LANES];
    double *s = new_bundle(N, 1), *left = new_bundle(M, R), *right = new_bundle(M, R);
    assert_int_equal(ind_decomp_init(&decomp, M, N, NULL), IND_OK);
    assert_int_equal(ind_lanes_svd_init(&svd, M, N, R, NULL), IND_OK);
    for (int l = 0; l < IND_LANES; l++) {
        double a[M * N], b[M * N];
        fill(l, M, N, a);
        fill(l + 11, M, N, b);
        ind_lanes_put(M, N, a, l, svd.a);
        ind_lanes_put(M, N, b, l, svd.b);
    }
    ind_lanes_product_svd(&svd, s, left, right, good);
    for (int l = 0; l < IND_LANES; l++) {
        double a[M * N], b[M * N], truth[N], u[M * N], v[M * N], ours_u[M * R], ours_v[M * R];
        fill(l, M, N, a);
        fill(l + 11, M, N, b);
        assert_int_equal(ind_decomp_product_svd(&decomp, M, M, N, a, b, truth, u, v, NULL), IND_OK);
        for (int i = 0; i < N; i++)
            near(s[i * IND_LANES + l], truth[i], 1e-14 * truth[0]);
        assert_int_equal(good[l], l != 3);
        if (l == 3)
            continue;
        ind_lanes_take(M, R, left, l, ours_u);
        ind_lanes_take(M, R, right, l, ours_v);
        for (int j = 0; j < R; j++)
            same_pair(M, ours_u + j, ours_v + j, u + j, v + j, N, 1e-11);
    }
    free(s);
    free(left);
    free(right);
    ind_lanes_svd_release(&svd);
    ind_decomp_release(&decomp);
}

/* A NaN, an infinity, sizes whose squares vanish, fewer directions than asked for: not good, and
 * the others are. */
static void what_is_not_safe_is_not_good(void **state)
{
    (void)state;
    struct ind_lanes_svd svd;
    bool good[IND_LANES];
    double *s = new_bundle(N, 1), *left = new_bundle(M, R), *right = new_bundle(M, R);
    assert_int_equal(ind_lanes_svd_init(&svd, M, N, R, NULL), IND_OK);
    for (int l = 0; l < IND_LANES; l++) {
        double a[M * N], b[M * N];
        fill(20 + l, M, N, a);
        fill(31 + l, M, N, b);
        for (int i = 0; i < M * N; i++) {
            a[i] *= l == 4 ? 1e-70 : l == 6 && i % N >= R - 1 ? 1e-9 : 1.0;
            b[i] *= l == 5 ? 1e70 : 1.0;
        }
        a[7] = l == 1 ? NAN : l == 2 ? INFINITY : a[7];
        ind_lanes_put(M, N, a, l, svd.a);
        ind_lanes_put(M, N, b, l, svd.b);
    }
    ind_lanes_product_svd(&svd, s, left, right, good);
    const bool expected[IND_LANES] = {true, false, false, true, false, false, false, true};
    for (int l = 0; l < IND_LANES; l++) {
        if (good[l] != expected[l])
            fail_msg("lane %d is %s", l, good[l] ? "good" : "not good");
    }
    free(s);
    free(left);
    free(right);
    ind_lanes_svd_release(&svd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_is_taken),
        cmocka_unit_test(all_are_put_as_one_by_one),
        cmocka_unit_test(qr_reproduces_the_matrix),
        cmocka_unit_test(singular_values_are_lapacks),
        cmocka_unit_test(inverses_are_lapacks),
        cmocka_unit_test(products_have_lapacks_spectra),
        cmocka_unit_test(what_is_not_safe_is_not_good),
    };
    ind_blas_init();
    return cmocka_run_group_tests(tests, find_sets, NULL);
}
