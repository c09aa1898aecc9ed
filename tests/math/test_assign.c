/* Assignments against all permutations. */
#include <cmocka.h>

#include <math.h>

#include <induct/data/random.h>
#include <induct/math/assign.h>

enum { MOST = 6 };

struct brute {
    const double *gain;
    int n, used[MOST], order[MOST];
    double best, second; /* of all; of those that are not the best's order */
    int best_order[MOST];
    const int *forbidden; /* {row, column} or NULL */
};

static void try_all(struct brute *b, int row, double sum)
{
    if (row == b->n) {
        if (sum > b->best) {
            b->best = sum;
            for (int i = 0; i < b->n; i++)
                b->best_order[i] = b->order[i];
        }
        return;
    }
    for (int column = 0; column < b->n; column++) {
        if (b->used[column] ||
            (b->forbidden && b->forbidden[0] == row && b->forbidden[1] == column))
            continue;
        b->used[column] = 1;
        b->order[row] = column;
        try_all(b, row + 1, sum + b->gain[row * b->n + column]);
        b->used[column] = 0;
    }
}

static struct brute brute_force(const double *gain, int n, const int *forbidden)
{
    struct brute b = {.gain = gain, .n = n, .best = -(double)INFINITY, .forbidden = forbidden};
    try_all(&b, 0, 0);
    return b;
}

static void every_assignment_is_the_best_of_all_permutations(void **state)
{
    (void)state;
    struct ind_random random = ind_random_at(3, IND_STREAM_CONTROL, 0, 0);
    for (int trial = 0; trial < 300; trial++) {
        const int n = 1 + trial % MOST;
        double gain[MOST * MOST], total, margins[MOST];
        int match[MOST];
        struct ind_error err;
        for (int i = 0; i < n * n; i++)
            gain[i] = 2 * ind_random_uniform(&random) - 1;
        assert_int_equal(ind_assign(gain, n, match, &total, &err), IND_OK);
        const struct brute best = brute_force(gain, n, NULL);
        assert_true(fabs(total - best.best) < 1e-12);
        for (int i = 0; i < n; i++)
            assert_int_equal(match[i], best.best_order[i]);
        assert_int_equal(ind_assign_margins(gain, n, match, total, margins, &err), IND_OK);
        for (int i = 0; i < n; i++) {
            const int pair[] = {i, match[i]};
            const struct brute without = brute_force(gain, n, pair);
            assert_true(n == 1 ? isnan(margins[i])
                               : fabs(margins[i] - (best.best - without.best)) < 1e-12);
        }
    }
}

static void equal_rows_have_no_margin(void **state)
{
    (void)state;
    const double gain[] = {1, 0.5, 0, 1, 0.5, 0, 0, 0, 1};
    double total, margins[3];
    int match[3];
    struct ind_error err;
    assert_int_equal(ind_assign(gain, 3, match, &total, &err), IND_OK);
    assert_true(fabs(total - 2.5) < 1e-15 && match[2] == 2);
    assert_int_equal(ind_assign_margins(gain, 3, match, total, margins, &err), IND_OK);
    assert_true(fabs(margins[0]) < 1e-15 && fabs(margins[1]) < 1e-15);
    assert_true(fabs(margins[2] - 1.5) < 1e-15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_assignment_is_the_best_of_all_permutations),
        cmocka_unit_test(equal_rows_have_no_margin)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
