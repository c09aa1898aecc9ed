/* The library knows its release and its revision. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <induct/base/version.h>

static void version_is_three_numbers(void **state)
{
    const char *rest = ind_version();
    const char ends[] = {'.', '.', '\0'};

    (void)state;
    for (size_t i = 0; i < sizeof ends; i++) {
        size_t digits = strspn(rest, "0123456789");

        assert_in_range(digits, 1, 4);
        assert_int_equal(rest[digits], ends[i]);
        rest += digits + 1;
    }
}

static void revision_is_one_word(void **state)
{
    (void)state;
    assert_true(strlen(ind_revision()) >= 7);
    assert_null(strpbrk(ind_revision(), " \t\n@"));
}

static void compiler_has_a_number_and_a_processor(void **state)
{
    (void)state;
    assert_true(strcspn(ind_compiler(), "0123456789") < strlen(ind_compiler()));
    assert_non_null(strstr(ind_compiler(), " for "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_is_three_numbers),
        cmocka_unit_test(revision_is_one_word),
        cmocka_unit_test(compiler_has_a_number_and_a_processor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
