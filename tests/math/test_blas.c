/* OpenBLAS as the library sets it up: which it is, one thread, and several callers at once. */
#include <cmocka.h>

#include <dirent.h>
#include <math.h>
#include <string.h>

#include <cblas.h>

#include <induct/base/team.h>
#include <induct/math/blas.h>

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

enum { SIDE = 256, TIMES = 20, WORKERS = 4 };

/* c = a a^T: large enough for every flavour to share it out, if it may. */
static void multiply(const double *a, double *c)
{
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, SIDE, SIDE, SIDE, 1.0, a, SIDE, a, SIDE,
                0.0, c, SIDE);
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
#ifdef __SANITIZE_THREAD__
    count--; /* ThreadSanitizer's own */
#endif
    return count;
}

/* They would look for work, which never comes, on the processors that ours run on. */
static void no_helper_thread_is_left(void **state)
{
    (void)state;
    ind_blas_init();
    assert_int_equal(threads(), 1);
    static double a[SIDE * SIDE], square[SIDE * SIDE];
    a[0] = 2.0;
    multiply(a, square);
    assert_true(square[0] == 4.0);
    assert_int_equal(threads(), 1);
}

/* ---- Side by side ---------------------------------------------------------------------------- */

struct beside {
    double a[SIDE * SIDE], wanted[SIDE * SIDE];
    int different[WORKERS];
};

static void multiply_often(void *context, int worker)
{
    struct beside *beside = context;
    double c[SIDE * SIDE];
    for (int i = 0; i < TIMES; i++) {
        multiply(beside->a, c);
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
        beside.a[i] = sin(1.0 + i / SIDE + 13.0 * (i % SIDE));
    multiply(beside.a, beside.wanted);
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
        cmocka_unit_test(library_is_named),
        cmocka_unit_test(products_side_by_side_are_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
