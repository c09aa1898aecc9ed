/* --epochs: which checkpoints are selected; lists of integers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <induct/tool/walk.h>

/* A run whose checkpoints are not evenly spaced: a log-spaced schedule and every hundredth. */
static long EPOCHS[] = {0, 1, 2, 5, 10, 50, 100, 200, 300, 350, 400};
static char PATH[] = "runs/a";
static struct ind_series SERIES = {.path = PATH,
                                   .epochs = EPOCHS,
                                   .count = sizeof EPOCHS / sizeof *EPOCHS};

/* The selected epochs as "1 2 5", or the error. */
static void select_epochs(const char *text, char out[1100])
{
    struct ind_tool tool = {.epochs = {.text = text}};
    struct ind_error err;
    int *indices, count;
    out[0] = '\0';
    if (ind_walk_select(&tool, &SERIES, &indices, &count, &err) != IND_OK) {
        assert_null(indices);
        snprintf(out, 1100, "%s", err.text);
        return;
    }
    for (int i = 0; i < count; i++) {
        size_t used = strlen(out);
        snprintf(out + used, 1100 - used, "%s%ld", i ? " " : "", EPOCHS[indices[i]]);
    }
    free(indices);
}

static void selections(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {NULL, "0 1 2 5 10 50 100 200 300 350 400"},
        {":", "0 1 2 5 10 50 100 200 300 350 400"},
        {"first", "0"},
        {"last", "400"},
        {"-1", "400"},
        {"-2", "350"},
        {"-11", "0"},
        {"50", "50"},
        {"200,5,5,last,first", "0 5 200 400"}, /* in epoch order, each once */
        {"5:100", "5 10 50 100"},
        {"6:99", "10 50"},
        {"300:", "300 350 400"},
        {":5", "0 1 2 5"},
        {"0:400:100", "0 100 200 300 400"},
        {"::100", "0 100 200 300 400"},
        {"50::100", "50 350"},
        {"1::1", "1 2 5 10 50 100 200 300 350 400"},
        {":10:5,350", "0 5 10 350"},
        {"0:9223372036854775807:9223372036854775807", "0"},
        {"3",
         "--epochs: no checkpoint matches '3': runs/a has 11, epochs 0 to 400; nearest 2 and 5"},
        {"401:", "--epochs: no checkpoint matches '401:': runs/a has 11, epochs 0 to 400"},
        {"100,3",
         "--epochs: no checkpoint matches '3': runs/a has 11, epochs 0 to 400; nearest 2 and 5"},
        {"7:9,100", "--epochs: no checkpoint matches '7:9': runs/a has 11, epochs 0 to 400"},
        {"-12", "--epochs: no checkpoint matches '-12': runs/a has 11, epochs 0 to 400"},
        {"-9223372036854775807",
         "--epochs: no checkpoint matches '-9223372036854775807': runs/a has 11, epochs 0 to 400"},
        {"x", "--epochs: 'x' is not a whole number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char got[1100];
        select_epochs(cases[i][0], got);
        assert_string_equal(got, cases[i][1]);
    }
}

/* A program that selects twice says which option it is about. */
static void another_option(void **state)
{
    (void)state;
    struct ind_tool tool = {.epochs = {.text = "3", .option = "--from"}};
    struct ind_error err;
    int *indices, count;
    assert_int_equal(ind_walk_select(&tool, &SERIES, &indices, &count, &err), IND_FAILED);
    assert_string_equal(
        err.text,
        "--from: no checkpoint matches '3': runs/a has 11, epochs 0 to 400; nearest 2 and 5");
}

static void expect_ints(const char *text, int count, const int *expected)
{
    struct ind_ints list = {0};
    struct ind_error err;
    assert_int_equal(ind_ints_parse(&list, text, &err), IND_OK);
    assert_int_equal(list.count, count);
    assert_memory_equal(list.items, expected, (size_t)count * sizeof *expected);
    ind_ints_release(&list);
    assert_null(list.items);
}

static void lists_of_integers(void **state)
{
    (void)state;
    expect_ints("5", 1, (const int[]){5});
    expect_ints("5,10,20:23,30:40:5", 9, (const int[]){5, 10, 20, 21, 22, 23, 30, 35, 40});
    expect_ints("3,1,3", 3, (const int[]){3, 1, 3});
    expect_ints("-2:1", 4, (const int[]){-2, -1, 0, 1});
    expect_ints("30:41:5", 3, (const int[]){30, 35, 40});
    expect_ints("-2147483648,2147483647", 2, (const int[]){INT_MIN, INT_MAX});
    expect_ints("-2147483648:2147483647:4294967295", 2, (const int[]){INT_MIN, INT_MAX});
}

static void a_bad_list_keeps_the_old_one(void **state)
{
    (void)state;
    struct ind_ints list = {0};
    struct ind_error err;
    assert_int_equal(ind_ints_parse(&list, "1:5", &err), IND_OK);
    static const char *const bad[] = {
        "",   "5,x",  "2147483648", "-2147483649:0", "0:1000000",          "5 6",
        ":5", "5:6:", "5:x",        "5::2",          "9223372036854775808"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(ind_ints_parse(&list, bad[i], &err), IND_FAILED);
        assert_int_equal(list.count, 5);
        assert_int_equal(list.items[4], 5);
    }
    assert_int_equal(ind_ints_parse(&list, "7", &err), IND_OK);
    assert_int_equal(list.count, 1);
    ind_ints_release(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(selections),
        cmocka_unit_test(another_option),
        cmocka_unit_test(lists_of_integers),
        cmocka_unit_test(a_bad_list_keeps_the_old_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
