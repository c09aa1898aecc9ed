/*
 * Decompositions against exact truths (known spectra, rotations, rank one, zero) and against each
 * other: the spectrum of a product of factors is that of the dense product.
 */
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include <induct/math/decomp.h>
#include <induct/math/product.h>

enum { SIDE = 40 };
static const double tolerance = 1e-12;

/* Numbers of no particular structure: fixed, in -1..1. */
static void fill(double *a, int count, double seed)
{
    for (int i = 0; i < count; i++)
        a[i] = sin(12.9898 * (i + 1) + 78.233 * seed + 0.37 * i * i);
}

static void assert_close(double value, double truth)
{
    if (!(fabs(value - truth) <= tolerance * fmax(1.0, fabs(truth))))
        fail_msg("%.17g is not %.17g", value, truth);
}

static void assert_orthonormal(const double *q, int rows, int columns)
{
    double gram[SIDE * SIDE];
    ind_product_double(true, false, columns, columns, rows, q, columns, q, columns, NULL, gram,
                       columns);
    for (int i = 0; i < columns; i++) {
        for (int j = 0; j < columns; j++)
            assert_close(gram[i * columns + j], i == j ? 1.0 : 0.0);
    }
}

/* a [m,n] = left [m,r] diag(s) right [n,r]^T, s descending and not negative. */
static void assert_svd(int m, int n, int r, const double *a, const double *s, const double *left,
                       const double *right)
{
    assert_orthonormal(left, m, r);
    assert_orthonormal(right, n, r);
    for (int i = 0; i < r; i++)
        assert_true(s[i] >= 0.0 && (i == 0 || s[i] <= s[i - 1]));
    for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
            double sum = 0.0;
            for (int l = 0; l < r; l++)
                sum += left[i * r + l] * s[l] * right[j * r + l];
            assert_close(sum, a[i * n + j]);
        }
    }
}

static int setup(void **state)
{
    static struct ind_decomp decomp;
    *state = &decomp;
    return ind_decomp_init(&decomp, SIDE, SIDE, NULL);
}

static int teardown(void **state)
{
    ind_decomp_release(*state);
    return 0;
}

static const int shapes[][2] = {{40, 40}, {40, 5}, {5, 40}, {7, 3}, {3, 7}, {1, 9}, {9, 1}, {1, 1}};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

static void qr_of_every_shape(void **state)
{
    struct ind_decomp *decomp = *state;
    double a[SIDE * SIDE], q[SIDE * SIDE], r[SIDE * SIDE], alone[SIDE * SIDE], back[SIDE * SIDE];
    for (int t = 0; t < SHAPES; t++) {
        const int m = shapes[t][0], k = shapes[t][1], rank = m < k ? m : k;
        fill(a, m * k, t);
        ind_decomp_qr(decomp, m, k, a, q, r);
        assert_orthonormal(q, m, rank);
        for (int i = 0; i < rank; i++) {
            for (int j = 0; j < i; j++)
                assert_true(r[i * k + j] == 0.0);
        }
        ind_product_double(false, false, m, k, rank, q, rank, r, k, NULL, back, k);
        for (int i = 0; i < m * k; i++)
            assert_close(back[i], a[i]);
        ind_decomp_qr(decomp, m, k, a, NULL, alone);
        assert_memory_equal(alone, r, sizeof *r * rank * k);
    }
}

static void svd_of_every_shape(void **state)
{
    struct ind_decomp *decomp = *state;
    double a[SIDE * SIDE], left[SIDE * SIDE], right[SIDE * SIDE], s[SIDE], alone[SIDE];
    for (int t = 0; t < SHAPES; t++) {
        const int m = shapes[t][0], n = shapes[t][1], r = m < n ? m : n;
        fill(a, m * n, t);
        assert_int_equal(ind_decomp_svd(decomp, m, n, a, s, left, right, NULL), IND_OK);
        assert_svd(m, n, r, a, s, left, right);
        assert_int_equal(ind_decomp_svd(decomp, m, n, a, alone, NULL, NULL, NULL), IND_OK);
        for (int i = 0; i < r; i++)
            assert_close(alone[i], s[i]);
    }
}

static void svd_of_known_matrices(void **state)
{
    struct ind_decomp *decomp = *state;
    double s[4], left[16], right[16];
    const double diagonal[] = {0, -3, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 7};
    assert_int_equal(ind_decomp_svd(decomp, 3, 4, diagonal, s, left, right, NULL), IND_OK);
    assert_close(s[0], 7.0);
    assert_close(s[1], 3.0);
    assert_close(s[2], 0.5);
    /* The largest belongs to row 2 and column 3, and nothing else to either. */
    assert_close(fabs(left[2 * 3 + 0]), 1.0);
    assert_close(fabs(right[3 * 3 + 0]), 1.0);
    /* Rank one: u v^T with |u| = 3 and |v| = 5. */
    const double u[] = {1, 2, 2}, v[] = {3, 0, 4};
    double outer[9];
    for (int i = 0; i < 9; i++)
        outer[i] = u[i / 3] * v[i % 3];
    assert_int_equal(ind_decomp_svd(decomp, 3, 3, outer, s, left, right, NULL), IND_OK);
    assert_close(s[0], 15.0);
    assert_close(s[1], 0.0);
    assert_close(s[2], 0.0);
    for (int i = 0; i < 3; i++) {
        assert_close(fabs(left[i * 3]), u[i] / 3.0);
        assert_close(fabs(right[i * 3]), v[i] / 5.0);
    }
    const double zero[9] = {0};
    assert_int_equal(ind_decomp_svd(decomp, 3, 3, zero, s, left, right, NULL), IND_OK);
    assert_svd(3, 3, 3, zero, s, left, right);
}

static void product_is_the_dense_product(void **state)
{
    struct ind_decomp *decomp = *state;
    static const int cases[][3] = {{40, 40, 5}, {40, 12, 5}, {12, 40, 5}, {40, 3, 5}, {3, 40, 5},
                                   {6, 7, 40},  {9, 8, 1},   {1, 1, 1},   {5, 5, 5},  {2, 3, 4}};
    double a[SIDE * SIDE], b[SIDE * SIDE], dense[SIDE * SIDE], truth[SIDE], s[SIDE];
    double left[SIDE * SIDE], right[SIDE * SIDE], alone[SIDE];
    for (size_t t = 0; t < sizeof cases / sizeof cases[0]; t++) {
        const int m = cases[t][0], n = cases[t][1], k = cases[t][2];
        const int full = m < n ? m : n, r = full < k ? full : k;
        fill(a, m * k, (double)t);
        fill(b, n * k, (double)t + 0.5);
        ind_product_double(false, true, m, n, k, a, k, b, k, NULL, dense, n);
        assert_int_equal(ind_decomp_svd(decomp, m, n, dense, truth, NULL, NULL, NULL), IND_OK);
        assert_int_equal(ind_decomp_product_svd(decomp, m, n, k, a, b, s, left, right, NULL),
                         IND_OK);
        assert_svd(m, n, r, dense, s, left, right);
        assert_int_equal(ind_decomp_product_svd(decomp, m, n, k, a, b, alone, NULL, NULL, NULL),
                         IND_OK);
        for (int i = 0; i < full; i++)
            assert_close(i < r ? s[i] : 0.0, truth[i]);
        for (int i = 0; i < r; i++)
            assert_close(alone[i], s[i]);
    }
}

/* W_Q -> W_Q G, W_K -> W_K G^-T leaves QK, hence its spectrum, as it is. */
static void product_does_not_see_the_gauge(void **state)
{
    struct ind_decomp *decomp = *state;
    double a[SIDE * 2], b[SIDE * 2], turned_a[SIDE * 2], turned_b[SIDE * 2], s[2], turned_s[2];
    const double g[] = {2, 1, 3, 2}, inverse[] = {2, -1, -3, 2};
    fill(a, SIDE * 2, 1);
    fill(b, SIDE * 2, 2);
    ind_product_double(false, false, SIDE, 2, 2, a, 2, g, 2, NULL, turned_a, 2);
    ind_product_double(false, true, SIDE, 2, 2, b, 2, inverse, 2, NULL, turned_b, 2);
    assert_int_equal(ind_decomp_product_svd(decomp, SIDE, SIDE, 2, a, b, s, NULL, NULL, NULL),
                     IND_OK);
    assert_int_equal(ind_decomp_product_svd(decomp, SIDE, SIDE, 2, turned_a, turned_b, turned_s,
                                            NULL, NULL, NULL),
                     IND_OK);
    assert_close(turned_s[0], s[0]);
    assert_close(turned_s[1], s[1]);
}

static void product_of_zero_is_zero(void **state)
{
    struct ind_decomp *decomp = *state;
    double a[SIDE * 3] = {0}, b[SIDE * 3], s[3], left[SIDE * 3], right[SIDE * 3];
    fill(b, SIDE * 3, 4);
    assert_int_equal(ind_decomp_product_svd(decomp, SIDE, SIDE, 3, a, b, s, left, right, NULL),
                     IND_OK);
    for (int i = 0; i < 3; i++)
        assert_true(s[i] == 0.0);
    assert_orthonormal(left, SIDE, 3);
    assert_orthonormal(right, SIDE, 3);
}

static void eigenvalues_of_known_matrices(void **state)
{
    struct ind_decomp *decomp = *state;
    double re[3], im[3];
    for (double angle = 0.1; angle < 3.0; angle += 0.3) {
        const double rotation[] = {cos(angle), -sin(angle), 0, sin(angle), cos(angle), 0, 0, 0, -2};
        assert_int_equal(ind_decomp_eigenvalues(decomp, 3, rotation, re, im, NULL), IND_OK);
        assert_close(re[0], cos(angle));
        assert_close(im[0], sin(angle));
        assert_close(re[1], cos(angle));
        assert_close(im[1], -sin(angle));
        assert_close(re[2], -2.0);
        assert_close(im[2], 0.0);
    }
    const double triangle[] = {4, 100, -7, 0, 0, 33, 0, 0, -1};
    assert_int_equal(ind_decomp_eigenvalues(decomp, 3, triangle, re, im, NULL), IND_OK);
    double sum = 0.0, squares = 0.0;
    for (int i = 0; i < 3; i++) {
        assert_true(im[i] == 0.0);
        sum += re[i];
        squares += re[i] * re[i];
    }
    assert_close(sum, 3.0);
    assert_close(squares, 17.0);
    const double zero[9] = {0}, one = -5.0;
    assert_int_equal(ind_decomp_eigenvalues(decomp, 3, zero, re, im, NULL), IND_OK);
    assert_true(re[0] == 0.0 && re[1] == 0.0 && re[2] == 0.0);
    assert_int_equal(ind_decomp_eigenvalues(decomp, 1, &one, re, im, NULL), IND_OK);
    assert_true(re[0] == -5.0 && im[0] == 0.0);
}

static void angles_between_planes(void **state)
{
    struct ind_decomp *decomp = *state;
    double cosines[2];
    for (double angle = 0.0; angle < 1.5; angle += 0.25) {
        /* e1, e2 against e1, cos e2 + sin e3. */
        const double u[] = {1, 0, 0, 1, 0, 0, 0, 0};
        const double v[] = {1, 0, 0, cos(angle), 0, sin(angle), 0, 0};
        assert_int_equal(ind_decomp_cosines(decomp, 4, 2, u, 2, v, cosines, NULL), IND_OK);
        assert_close(cosines[0], 1.0);
        assert_true(cosines[0] <= 1.0);
        assert_close(cosines[1], cos(angle));
        const double line[] = {0, sin(angle), 0, cos(angle)};
        assert_int_equal(ind_decomp_cosines(decomp, 4, 2, u, 1, line, cosines, NULL), IND_OK);
        assert_close(cosines[0], sin(angle));
    }
    /* A basis turned within its span is at angle zero to itself. */
    double a[SIDE * 2], q[SIDE * 2], r[4], turned[SIDE * 2];
    const double turn[] = {0.6, -0.8, 0.8, 0.6};
    fill(a, SIDE * 2, 3);
    ind_decomp_qr(decomp, SIDE, 2, a, q, r);
    ind_product_double(false, false, SIDE, 2, 2, q, 2, turn, 2, NULL, turned, 2);
    assert_int_equal(ind_decomp_cosines(decomp, SIDE, 2, q, 2, turned, cosines, NULL), IND_OK);
    assert_close(cosines[0], 1.0);
    assert_close(cosines[1], 1.0);
}

static void what_is_not_finite_is_refused(void **state)
{
    struct ind_decomp *decomp = *state;
    struct ind_error err;
    double a[9] = {1, 2, 3, 4, NAN, 6, 7, 8, 9}, s[3], im[3];
    assert_int_equal(ind_decomp_svd(decomp, 3, 3, a, s, NULL, NULL, &err), IND_FAILED);
    assert_non_null(strstr(err.text, "not finite"));
    assert_int_equal(ind_decomp_eigenvalues(decomp, 3, a, s, im, &err), IND_FAILED);
    a[4] = INFINITY;
    assert_int_equal(ind_decomp_product_svd(decomp, 3, 3, 3, a, a, s, NULL, NULL, &err),
                     IND_FAILED);
}

/* A workspace made for a long thin shape serves every smaller one. */
static void thin_workspace(void **state)
{
    (void)state;
    struct ind_decomp decomp;
    assert_int_equal(ind_decomp_init(&decomp, 200, 3, NULL), IND_OK);
    double a[200 * 3], b[200 * 3], s[3], left[200 * 3], right[200 * 3];
    fill(a, 600, 1);
    fill(b, 600, 2);
    for (int m = 1; m <= 200; m += 33) {
        assert_int_equal(ind_decomp_product_svd(&decomp, m, 200, 3, a, b, s, left, right, NULL),
                         IND_OK);
        assert_orthonormal(right, 200, m < 3 ? m : 3);
        assert_int_equal(ind_decomp_svd(&decomp, m, 3, a, s, left, right, NULL), IND_OK);
        assert_int_equal(ind_decomp_svd(&decomp, 3, m, a, s, left, right, NULL), IND_OK);
    }
    ind_decomp_release(&decomp);
}

static void inverses_of_gram_matrices(void **state)
{
    (void)state;
    double a[SIDE * SIDE], g[SIDE * SIDE], inverse[SIDE * SIDE], unit[SIDE * SIDE];
    for (int k = 1; k <= 9; k += 4) {
        fill(a, SIDE * k, k);
        ind_product_double(true, false, k, k, SIDE, a, k, a, k, NULL, g, k);
        assert_true(ind_decomp_inverse(k, g, inverse) > 0.1);
        ind_product_double(false, false, k, k, k, g, k, inverse, k, NULL, unit, k);
        for (int i = 0; i < k * k; i++)
            assert_close(unit[i], i % (k + 1) == 0 ? 1.0 : 0.0);
        /* In place, and the same to the bit on either side of the diagonal. */
        ind_decomp_inverse(k, g, g);
        assert_memory_equal(g, inverse, sizeof *g * k * k);
        for (int i = 0; i < k * k; i++)
            assert_true(inverse[i] == inverse[i % k * k + i / k]);
    }
    double diagonal[] = {16, 0, 0, 4}, singular[] = {1, 1, 1, 1}, negative[] = {-1};
    double nothing[] = {0}, unknown[] = {NAN};
    assert_close(ind_decomp_inverse(2, diagonal, diagonal), 0.5);
    assert_close(diagonal[0], 1.0 / 16);
    assert_close(diagonal[3], 0.25);
    assert_true(ind_decomp_inverse(2, singular, singular) == 0.0);
    assert_true(ind_decomp_inverse(1, negative, negative) == 0.0);
    assert_true(ind_decomp_inverse(1, nothing, nothing) == 0.0);
    assert_true(ind_decomp_inverse(1, unknown, unknown) == 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(qr_of_every_shape),
        cmocka_unit_test(inverses_of_gram_matrices),
        cmocka_unit_test(svd_of_every_shape),
        cmocka_unit_test(svd_of_known_matrices),
        cmocka_unit_test(product_is_the_dense_product),
        cmocka_unit_test(product_does_not_see_the_gauge),
        cmocka_unit_test(product_of_zero_is_zero),
        cmocka_unit_test(eigenvalues_of_known_matrices),
        cmocka_unit_test(angles_between_planes),
        cmocka_unit_test(what_is_not_finite_is_refused),
        cmocka_unit_test(thin_workspace),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
