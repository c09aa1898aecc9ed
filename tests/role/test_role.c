/* Roles, on tables made by hand: who is first, at which epoch, with which interval, and who
 * holds. */
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <induct/role/role.h>

static struct ind_sheet sheet_of(const char *text)
{
    struct ind_sheet sheet;
    struct ind_error err;
    FILE *stream = fmemopen((void *)(size_t)text, strlen(text), "r");
    if (ind_sheet_read_stream(&sheet, stream, "a.tsv", IND_TORN_LEFT_OUT, &err) != IND_OK)
        fail_msg("%s", err.text);
    fclose(stream);
    return sheet;
}

static struct ind_roles roles_of(const char *scores, const char *accuracy)
{
    struct ind_roles roles = {0};
    struct ind_error err;
    struct ind_sheet sheet = sheet_of(scores ? scores : accuracy);
    int status = scores ? ind_roles_add_scores(&roles, &sheet, &err)
                        : ind_roles_add_accuracy(&roles, &sheet, &err);
    if (status != IND_OK)
        fail_msg("%s", err.text);
    ind_sheet_release(&sheet);
    return roles;
}

static void expect(const struct ind_roles *roles, int place, enum ind_role_kind kind, int rank,
                   const char *name, double peak, long peak_epoch, double last, bool holds)
{
    assert_in_range(place, 0, roles->count - 1);
    const struct ind_standing *standing = &roles->items[place];
    assert_int_equal(standing->kind, kind);
    assert_int_equal(standing->rank, rank);
    assert_string_equal(standing->name, name);
    assert_true(fabs(standing->peak.value - peak) < 1e-12);
    assert_int_equal(standing->peak.epoch, peak_epoch);
    assert_true(fabs(standing->last.value - last) < 1e-12);
    assert_int_equal(standing->holds, holds);
}

/* The previous-token head is in layer 1 of three, and a higher score stands in the last layer. */
static void heads_of_any_layer(void **state)
{
    (void)state;
    struct ind_roles roles = roles_of("epoch\thead\tprev_token\tinduction\n"
                                      "0\tL0H0\t0.02\tnan\n"
                                      "0\tL1H0\t0.03\t0.01\n"
                                      "0\tL2H0\t0.05\t0.02\n"
                                      "0\tL2H10\t0.05\t0.02\n"
                                      "100\tL0H0\t0.09\tnan\n"
                                      "100\tL1H0\t0.7\t0.03\n"
                                      "100\tL2H0\t0.8\t0.6\n"
                                      "100\tL2H10\t0.8\t0.6\n"
                                      "200\tL0H0\t0.08\tnan\n"
                                      "200\tL1H0\t0.5\t0.02\n"
                                      "200\tL2H0\t0.8\t0.4\n"
                                      "200\tL2H10\t0.1\t0.6\n",
                                      NULL);
    assert_int_equal(roles.count, 7);
    assert_int_equal(roles.layers, 3);
    expect(&roles, 0, IND_ROLE_PREVIOUS, 1, "L2H0", 0.8, 100, 0.8, true);
    expect(&roles, 1, IND_ROLE_PREVIOUS, 2, "L2H10", 0.8, 100, 0.1, true);
    expect(&roles, 2, IND_ROLE_PREVIOUS, 3, "L1H0", 0.7, 100, 0.5, true);
    expect(&roles, 3, IND_ROLE_PREVIOUS, 4, "L0H0", 0.09, 100, 0.08, false);
    expect(&roles, 4, IND_ROLE_INDUCTION, 1, "L2H0", 0.6, 100, 0.4, true);
    expect(&roles, 6, IND_ROLE_INDUCTION, 3, "L1H0", 0.03, 100, 0.02, false);
    assert_string_equal(ind_roles_writer(&roles)->name, "L1H0");
    assert_ptr_equal(ind_roles_first(&roles, IND_ROLE_INDUCTION), &roles.items[4]);
    assert_null(ind_roles_first(&roles, IND_ROLE_PERIOD));
    assert_true(isnan(roles.items[0].chance) && isnan(roles.items[0].peak.lo));
    ind_roles_release(&roles);
}

/* Intervals decide, and what twice uniform attention and a tenth is. */
static void intervals_and_chance(void **state)
{
    (void)state;
    static const struct {
        const char *lo, *uniform;
        bool holds;
    } cases[] = {{"0.21", "0.1", true},  {"0.19", "0.1", false},  {"nan", "0.1", true},
                 {"0.11", "0.01", true}, {"0.09", "0.01", false}, {"nan", "0.2", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        snprintf(
            text, sizeof text,
            "epoch\thead\tprev_token\tprev_token_lo\tprev_token_hi\tprev_token_uniform\tinduction\n"
            "7\tL0H0\t0.25\t%s\t0.3\t%s\tnan\n",
            cases[i].lo, cases[i].uniform);
        struct ind_roles roles = roles_of(text, NULL);
        expect(&roles, 0, IND_ROLE_PREVIOUS, 1, "L0H0", 0.25, 7, 0.25, cases[i].holds);
        assert_true(fabs(roles.items[0].peak.hi - 0.3) < 1e-12);
        assert_string_equal(ind_roles_writer(&roles)->name, "L0H0"); /* there is one layer */
        ind_roles_release(&roles);
    }
}

static void half_way_up(void **state)
{
    (void)state;
    struct ind_roles roles =
        roles_of("epoch\thead\tprev_token\tprev_token_uniform\tinduction\tinduction_uniform\n"
                 "0\tL0H0\t0.1\t0.1\t0.04\t0.05\n"
                 "10\tL0H0\t0.29\t0.1\t0.03\t0.05\n"
                 "20\tL0H0\t0.31\t0.1\t0.01\t0.05\n"
                 "30\tL0H0\t0.5\t0.1\t0.02\t0.05\n"
                 "40\tL0H0\t0.2\t0.1\t0.02\t0.05\n",
                 NULL);
    assert_int_equal(roles.items[0].half_epoch, 20);
    assert_int_equal(roles.items[1].half_epoch, -1); /* never above chance */
    ind_roles_release(&roles);
}

/* Student's interval of five equal steps: s = sqrt(2.5) * 0.01. */
static void periods_of_a_log(void **state)
{
    (void)state;
    struct ind_roles roles = roles_of(NULL, "epoch\tloss\tood_10\tood_40\tseconds\n"
                                            "0\t5\t0.10\t0.00\t1\n"
                                            "1\t5\t0.90\t0.90\t1\n"
                                            "2\t5\t0.91\t0.91\t1\n"
                                            "3\t5\t0.92\t0.92\t1\n"
                                            "4\t5\t0.93\t0.93\t1\n"
                                            "5\t5\t0.94\t0.94\t1\n"
                                            "6\t5\t0.89\t0.10\t1\n"
                                            "7\t5\t0.90\t0.11\t1\n"
                                            "8\t5\t0.91\t0.12\t1\n"
                                            "9\t5\t0.92\t0.13\t1\n"
                                            "10\t5\t0.93\t0.14\t1\n"
                                            "11\t5\t0.9");
    expect(&roles, 0, IND_ROLE_PERIOD, 1, "40", 0.92, 3, 0.12, true);
    expect(&roles, 1, IND_ROLE_PERIOD, 2, "10", 0.92, 3, 0.91, false);
    const double half = 2.7764 * sqrt(2.5) * 0.01 / sqrt(5.0);
    assert_true(fabs(roles.items[0].peak.lo - (0.92 - half)) < 1e-9);
    assert_true(fabs(roles.items[0].last.hi - (0.12 + half)) < 1e-9);
    assert_int_equal(roles.items[0].last.epoch, 8);
    assert_int_equal(roles.items[0].period, 40);
    ind_roles_release(&roles);
}

/* An interval of accuracies ends where accuracies do. */
static void no_interval_leaves_a_share(void **state)
{
    (void)state;
    struct ind_roles roles = roles_of(NULL, "epoch\tloss\tood_40\tseconds\n"
                                            "0\t5\t1\t1\n"
                                            "1\t5\t1\t1\n"
                                            "2\t5\t0.6\t1\n"
                                            "3\t5\t1\t1\n"
                                            "4\t5\t1\t1\n"
                                            "5\t5\t0\t1\n"
                                            "6\t5\t0\t1\n"
                                            "7\t5\t0.1\t1\n"
                                            "8\t5\t0\t1\n"
                                            "9\t5\t0\t1\n");
    expect(&roles, 0, IND_ROLE_PERIOD, 1, "40", 0.92, 2, 0.02, true);
    assert_true(roles.items[0].peak.hi == 1.0 && roles.items[0].last.lo == 0.0);
    assert_true(roles.items[0].peak.lo < 0.92 && roles.items[0].last.hi > 0.02);
    ind_roles_release(&roles);
}

static void periods_of_an_evaluation(void **state)
{
    (void)state;
    struct ind_roles roles = roles_of(NULL, "epoch\tperiod\taccuracy\taccuracy_lo\taccuracy_hi\n"
                                            "100\t5\t0.9\t0.88\t0.92\n100\t40\t0.8\t0.78\t0.82\n"
                                            "200\t5\t0.89\t0.87\t0.91\n200\t40\t0.3\t0.28\t0.32\n");
    expect(&roles, 0, IND_ROLE_PERIOD, 1, "40", 0.8, 100, 0.3, true);
    expect(&roles, 1, IND_ROLE_PERIOD, 2, "5", 0.9, 100, 0.89, false);
    ind_roles_release(&roles);
}

/* A log of one row, one without other periods, scores of no row. */
static void little_and_nothing(void **state)
{
    (void)state;
    struct ind_roles roles = roles_of(NULL, "epoch\tood_10\n5\t0.5\n");
    expect(&roles, 0, IND_ROLE_PERIOD, 1, "10", 0.5, 5, 0.5, false);
    assert_true(isnan(roles.items[0].peak.lo));
    ind_roles_release(&roles);
    roles = roles_of(NULL, "epoch\tloss\n5\t0.5\n");
    assert_int_equal(roles.count, 0);
    ind_roles_release(&roles);
    roles = roles_of("epoch\thead\tprev_token\tinduction\n", NULL);
    assert_int_equal(roles.count, 0);
    assert_null(ind_roles_writer(&roles));
    ind_roles_release(&roles);
}

static void wrong_tables(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {{"epoch\thead\tinduction\n",
                  "a.tsv: no column 'prev_token'; there are: epoch, head, induction"},
                 {"epoch\thead\tprev_token\tinduction\n1\tL0\t1\t1\n", "a.tsv: 'L0' is no head"},
                 {"epoch\thead\tprev_token\tinduction\n1\tL0H0\tx\t1\n",
                  "a.tsv: line 2: 'x' in column 'prev_token' is no number"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ind_roles roles = {0};
        struct ind_error err;
        struct ind_sheet sheet = sheet_of(cases[i].text);
        assert_int_equal(ind_roles_add_scores(&roles, &sheet, &err), IND_FAILED);
        assert_string_equal(err.text, cases[i].message);
        ind_sheet_release(&sheet);
        ind_roles_release(&roles);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_of_any_layer),
        cmocka_unit_test(intervals_and_chance),
        cmocka_unit_test(half_way_up),
        cmocka_unit_test(periods_of_a_log),
        cmocka_unit_test(no_interval_leaves_a_share),
        cmocka_unit_test(periods_of_an_evaluation),
        cmocka_unit_test(little_and_nothing),
        cmocka_unit_test(wrong_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
