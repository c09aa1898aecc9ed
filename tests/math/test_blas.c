/* Products against sums written out, for every transposition, with strides wider than the rows. */
#include <cmocka.h>

#include <dirent.h>
#include <math.h>
#include <string.h>

#include <induct/base/team.h>
#include <induct/math/blas.h>

enum { M = 5, N = 7, K = 3, WIDE = 11 };

static double element(int row, int column, int which)
{
    return sin(1.0 + row + 13.0 * column + 101.0 * which);
}

/* What C[i,j] must become. */
static double expected(bool transpose_a, bool transpose_b, int i, int j, double alpha, double beta)
{
    double sum = 0.0;
    for (int l = 0; l < K; l++) {
        const double a = transpose_a ? element(l, i, 0) : element(i, l, 0);
        const double b = transpose_b ? element(j, l, 1) : element(l, j, 1);
        sum += a * b;
    }
    return alpha * sum + beta * element(i, j, 2);
}

static void fill(double *d, float *f, int which)
{
    for (int i = 0; i < WIDE; i++) {
        for (int j = 0; j < WIDE; j++) {
            d[i * WIDE + j] = element(i, j, which);
            f[i * WIDE + j] = (float)element(i, j, which);
        }
    }
}

static void products_in_every_transposition(void **state)
{
    (void)state;
    double a[WIDE * WIDE], b[WIDE * WIDE], c[WIDE * WIDE];
    float fa[WIDE * WIDE], fb[WIDE * WIDE], fc[WIDE * WIDE];
    for (int which = 0; which < 4; which++) {
        const bool ta = which & 1, tb = which & 2;
        fill(a, fa, 0);
        fill(b, fb, 1);
        fill(c, fc, 2);
        ind_dgemm(ta, tb, M, N, K, 0.5, a, WIDE, b, WIDE, -2.0, c, WIDE);
        ind_sgemm(ta, tb, M, N, K, 0.5f, fa, WIDE, fb, WIDE, -2.0f, fc, WIDE);
        for (int i = 0; i < WIDE; i++) {
            for (int j = 0; j < WIDE; j++) {
                const bool inside = i < M && j < N;
                const double truth = inside ? expected(ta, tb, i, j, 0.5, -2.0) : element(i, j, 2);
                assert_true(fabs(c[i * WIDE + j] - truth) < 1e-14);
                assert_true(fabs((double)fc[i * WIDE + j] - truth) < 1e-5);
            }
        }
    }
}

static void empty_products_are_allowed(void **state)
{
    (void)state;
    double a[4] = {1, 2, 3, 4}, c[4] = {5, 6, 7, 8};
    ind_dgemm(false, false, 0, 0, 0, 1.0, a, 0, a, 0, 0.0, c, 0);
    assert_true(c[0] == 5.0);
    ind_dgemm(false, false, 2, 2, 0, 1.0, a, 0, a, 2, 0.0, c, 2);
    assert_true(c[0] == 0.0 && c[3] == 0.0);
}

static void library_is_named(void **state)
{
    (void)state;
    ind_blas_init();
    ind_blas_init();
    char text[IND_BLAS_VERSION_SIZE];
    assert_ptr_equal(ind_blas_version(text), text);
    assert_int_equal(strncmp(text, "OpenBLAS 0.", 11), 0);
    assert_null(strchr(text + 9, ' '));
    assert_true(strlen(ind_blas_core()) > 0);
}

/* Threads of this process, as the kernel lists them. */
static int threads(void)
{
    DIR *tasks = opendir("/proc/self/task");
    int count = 0;
    assert_non_null(tasks);
    for (struct dirent *entry; (entry = readdir(tasks)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(tasks);
    return count;
}

/* They would look for work, which never comes, on the processors that ours run on. */
static void no_helper_thread_is_left(void **state)
{
    (void)state;
    ind_blas_init();
    assert_int_equal(threads(), 1);
    double one = 1.0, product = 0.0;
    ind_dgemm(false, false, 1, 1, 1, 2.0, &one, 1, &one, 1, 0.0, &product, 1);
    assert_true(product == 2.0);
    assert_int_equal(threads(), 1);
}

/* ---- Side by side ------------------------------------------------------------------------------ */

enum { SIDE = 48, TIMES = 2000, WORKERS = 4 };

struct beside {
    double a[SIDE * SIDE], wanted[SIDE * SIDE];
    int different[WORKERS];
};

static void multiply_often(void *context, int worker)
{
    struct beside *beside = context;
    double c[SIDE * SIDE];
    for (int i = 0; i < TIMES; i++) {
        ind_dgemm(false, true, SIDE, SIDE, SIDE, 1.0, beside->a, SIDE, beside->a, SIDE, 0.0, c,
                  SIDE);
        beside->different[worker] += memcmp(c, beside->wanted, sizeof c) != 0;
    }
}

/* Where the library says that it may be done: with the serial flavour this finds differences. */
static void products_side_by_side_are_the_same(void **state)
{
    (void)state;
    static struct beside beside;
    struct ind_team team;
    struct ind_error err;
    ind_blas_init();
    if (!ind_blas_concurrent()) {
        print_message("skipped: the serial OpenBLAS, which only one thread may use\n");
        skip();
    }
    for (int i = 0; i < SIDE * SIDE; i++)
        beside.a[i] = element(i / SIDE, i % SIDE, 0);
    ind_dgemm(false, true, SIDE, SIDE, SIDE, 1.0, beside.a, SIDE, beside.a, SIDE, 0.0,
              beside.wanted, SIDE);
    assert_int_equal(ind_team_init(&team, WORKERS, &err), IND_OK);
    ind_team_run(&team, multiply_often, &beside);
    ind_team_release(&team);
    for (int worker = 0; worker < WORKERS; worker++)
        assert_int_equal(beside.different[worker], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_helper_thread_is_left),
        cmocka_unit_test(products_in_every_transposition),
        cmocka_unit_test(empty_products_are_allowed),
        cmocka_unit_test(library_is_named),
        cmocka_unit_test(products_side_by_side_are_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
