/*
 * Events of curves whose events are known: steps, ramps and sigmoids with noise. Bias and coverage
 * of breaks, false alarms on flat curves, and that cutting a run moves no crossing.
 */
#include <cmocka.h>

#include <math.h>

#include <induct/data/random.h>
#include <induct/onset/onset.h>

enum { COUNT = 120, TRIALS = 200 };

/* Checkpoints at 100, 200, ...: dense late, as real series are on this axis. */
static void axis(double *x)
{
    for (int i = 0; i < COUNT; i++)
        x[i] = log10(100.0 * (i + 1));
}

/* ---- Crossings ------------------------------------------------------------------------------- */

static void three_in_a_row_cross(void **state)
{
    (void)state;
    const double y[] = {0.0, 0.6, 0.6, 0.4, 0.7, NAN, 0.7, 0.7, 0.7, 0.1};
    assert_int_equal(ind_onset_crossing(y, 10, 0.5), 6);
    assert_int_equal(ind_onset_crossing(y, 8, 0.5), -1);
    assert_int_equal(ind_onset_crossing(y, 10, 0.7), -1); /* above, not at */
    double fall[10];
    ind_onset_fall(y, 10, fall);
    assert_true(fall[0] == 0.0 && fabs(fall[3] - 0.2) < 1e-15 && isnan(fall[5]) &&
                fabs(fall[9] - 0.6) < 1e-15);
}

static void cutting_a_run_moves_no_crossing(void **state)
{
    (void)state;
    struct ind_random random = ind_random_at(1, IND_STREAM_CONTROL, 0, 0);
    for (int trial = 0; trial < TRIALS; trial++) {
        double y[COUNT];
        for (int i = 0; i < COUNT; i++)
            y[i] = 0.01 * i + 0.3 * ind_random_normal(&random);
        const int whole = ind_onset_crossing(y, COUNT, 0.5);
        for (int cut = 0; cut <= COUNT; cut++) {
            const int there = ind_onset_crossing(y, cut, 0.5);
            assert_int_equal(there, cut >= whole + IND_ONSET_ROW && whole >= 0 ? whole : -1);
        }
    }
}

static void half_and_steepest_of_a_sigmoid(void **state)
{
    (void)state;
    double x[COUNT], y[COUNT], slope = 0.0;
    axis(x);
    for (int i = 0; i < COUNT; i++)
        y[i] = 1.0 / (1.0 + exp(-10.0 * (x[i] - 3.4)));
    assert_true(fabs(x[ind_onset_half(y, COUNT)] - 3.4) < 0.03);
    assert_true(fabs(x[ind_onset_steepest(x, y, COUNT, &slope)] - 3.4) < 0.03);
    assert_true(fabs(slope - 2.5) < 0.1); /* a quarter of the rate */
    assert_int_equal(ind_onset_half(x, 1), -1);
}

/* ---- Breaks ---------------------------------------------------------------------------------- */

static double ramp(double x, double from, double to)
{
    return x < from ? 0.0 : x > to ? 1.0 : (x - from) / (to - from);
}

static void breaks_are_where_they_were_put(void **state)
{
    (void)state;
    double x[COUNT], y[COUNT], lo[IND_BREAKS_MOST], hi[IND_BREAKS_MOST], bias = 0.0;
    int found = 0, covered = 0;
    axis(x);
    for (uint32_t trial = 0; trial < TRIALS; trial++) {
        struct ind_random random = ind_random_at(2, IND_STREAM_CONTROL, trial, 0);
        struct ind_breaks breaks;
        for (int i = 0; i < COUNT; i++)
            y[i] = ramp(x[i], 3.2, 3.5) + 0.05 * ind_random_normal(&random);
        assert_int_equal(ind_breaks_fit(x, y, COUNT, &breaks, NULL), IND_OK);
        const int onset = ind_breaks_onset(&breaks);
        if (onset < 0)
            continue;
        assert_int_equal(ind_breaks_intervals(x, y, COUNT, &breaks, lo, hi, NULL), IND_OK);
        found++;
        covered += lo[onset] <= 3.2 && 3.2 <= hi[onset];
        bias += breaks.at[onset] - 3.2;
    }
    print_message("ramp: found %d of %d, bias %.4f decades, coverage %.3f\n", found, TRIALS,
                  bias / found, (double)covered / found);
    assert_int_equal(found, TRIALS);
    assert_true(fabs(bias / found) < 0.01);
    assert_true((double)covered / found > 0.9);
}

static void a_step_is_found(void **state)
{
    (void)state;
    double x[COUNT], y[COUNT];
    axis(x);
    for (uint32_t trial = 0; trial < TRIALS; trial++) {
        struct ind_random random = ind_random_at(5, IND_STREAM_CONTROL, trial, 0);
        struct ind_breaks breaks;
        for (int i = 0; i < COUNT; i++)
            y[i] = (i >= 30) + 0.1 * ind_random_normal(&random);
        assert_int_equal(ind_breaks_fit(x, y, COUNT, &breaks, NULL), IND_OK);
        const int onset = ind_breaks_onset(&breaks);
        assert_true(onset >= 0);
        assert_true(fabs(breaks.at[onset] - x[29]) < 0.08);
    }
}

static void flat_curves_have_no_onset(void **state)
{
    (void)state;
    double x[COUNT], y[COUNT];
    int alarms = 0;
    axis(x);
    for (uint32_t trial = 0; trial < TRIALS; trial++) {
        struct ind_random random = ind_random_at(4, IND_STREAM_CONTROL, trial, 0);
        struct ind_breaks breaks;
        for (int i = 0; i < COUNT; i++)
            y[i] = 0.5 + 0.05 * ind_random_normal(&random);
        assert_int_equal(ind_breaks_fit(x, y, COUNT, &breaks, NULL), IND_OK);
        alarms += breaks.count > 0;
    }
    print_message("flat: %d false alarms of %d\n", alarms, TRIALS);
    assert_true(alarms <= TRIALS / 20);
}

/* Residual sum of squares with breaks at these places, by Gram and Schmidt. */
static double rss_at(const double *x, const double *y, int count, const double *at, int breaks)
{
    double columns[2 + IND_BREAKS_MOST][COUNT], rest[COUNT], rss = 0.0;
    for (int i = 0; i < count; i++) {
        columns[0][i] = 1.0;
        columns[1][i] = x[i];
        for (int k = 0; k < breaks; k++)
            columns[2 + k][i] = fmax(0.0, x[i] - at[k]);
        rest[i] = y[i];
    }
    for (int a = 0; a < breaks + 2; a++) {
        for (int b = 0; b <= a; b++) { /* the last of them for y itself */
            double *target = b < a ? columns[a] : rest, dot = 0.0, square = 0.0;
            for (int i = 0; i < count; i++) {
                dot += columns[b < a ? b : a][i] * target[i];
                square += columns[b < a ? b : a][i] * columns[b < a ? b : a][i];
            }
            for (int i = 0; i < count; i++)
                target[i] -= dot / square * columns[b < a ? b : a][i];
        }
    }
    for (int i = 0; i < count; i++)
        rss += rest[i] * rest[i];
    return rss;
}

/* A walk has minima everywhere; no choice of points may lie below the one that was found. */
static void no_choice_of_points_does_better(void **state)
{
    (void)state;
    enum { POINTS = 60, WALKS = 16 };
    double x[COUNT], y[POINTS];
    int found = 0;
    axis(x);
    for (uint32_t trial = 0; trial < WALKS; trial++) {
        struct ind_random random = ind_random_at(6, IND_STREAM_CONTROL, trial, 0);
        struct ind_breaks breaks;
        double walk = 0.0;
        for (int i = 0; i < POINTS; i++)
            y[i] = walk += ind_random_normal(&random);
        assert_int_equal(ind_breaks_fit(x, y, POINTS, &breaks, NULL), IND_OK);
        const double rss = rss_at(x, y, POINTS, breaks.at, breaks.count);
        assert_true(fabs(rss - breaks.rss) < 1e-9 * rss);
        if (breaks.count < IND_BREAKS_MOST)
            continue;
        found++;
        for (int a = 2; a < POINTS - 3; a++) {
            for (int b = a + IND_ONSET_ROW; b < POINTS - 3; b++) {
                for (int c = b + IND_ONSET_ROW; c < POINTS - 3; c++)
                    assert_true(rss_at(x, y, POINTS, (double[]){x[a], x[b], x[c]}, 3) >= rss);
            }
        }
    }
    print_message("walks: %d of %d with three breaks\n", found, WALKS);
    assert_true(found > WALKS / 2);
}

static void what_has_no_break_has_none(void **state)
{
    (void)state;
    double x[COUNT], y[COUNT];
    struct ind_breaks breaks;
    axis(x);
    for (int i = 0; i < COUNT; i++)
        y[i] = 0.25;
    assert_int_equal(ind_breaks_fit(x, y, COUNT, &breaks, NULL), IND_OK);
    assert_int_equal(breaks.count, 0);
    for (int i = 0; i < COUNT; i++)
        y[i] = 2.0 * x[i] - 1.0;
    assert_int_equal(ind_breaks_fit(x, y, COUNT, &breaks, NULL), IND_OK);
    assert_int_equal(breaks.count, 0);
    assert_true(fabs(breaks.slope[0] - 2.0) < 1e-9);
    assert_int_equal(ind_breaks_fit(x, y, 5, &breaks, NULL), IND_OK);
    assert_int_equal(breaks.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_in_a_row_cross),
        cmocka_unit_test(cutting_a_run_moves_no_crossing),
        cmocka_unit_test(half_and_steepest_of_a_sigmoid),
        cmocka_unit_test(breaks_are_where_they_were_put),
        cmocka_unit_test(a_step_is_found),
        cmocka_unit_test(flat_curves_have_no_onset),
        cmocka_unit_test(no_choice_of_points_does_better),
        cmocka_unit_test(what_has_no_break_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
