/* The library knows its release and its revision. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <induct/base/version.h>

static void version_is_three_numbers(void **state)
{
    int major, minor, patch;
    char rest;

    (void)state;
    assert_int_equal(sscanf(ind_version(), "%d.%d.%d%c", &major, &minor, &patch, &rest), 3);
}

static void revision_is_one_word(void **state)
{
    (void)state;
    assert_true(strlen(ind_revision()) >= 7);
    assert_null(strpbrk(ind_revision(), " \t\n@"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_is_three_numbers),
        cmocka_unit_test(revision_is_one_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
