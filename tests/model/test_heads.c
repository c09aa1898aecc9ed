/*
 * Which heads a selector names, and what it says when it names none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <induct/model/heads.h>

static struct ind_config model(int layers, int heads)
{
    struct ind_config c = ind_config_default();
    c.layers = layers;
    c.heads = heads;
    return c;
}

/* The selection as "L0H1 L1H0". */
static void selects(const struct ind_config *config, const char *selector, const char *names)
{
    struct ind_heads heads;
    struct ind_error err = {""};
    char all[256] = "", name[16];
    if (ind_heads_select(&heads, config, selector, &err))
        fail_msg("'%s': %s", selector, err.text);
    for (int i = 0; i < heads.count; i++) {
        size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s%s", i ? " " : "",
                 ind_head_name(heads.items[i], name));
    }
    assert_string_equal(all, names);
    ind_heads_release(&heads);
    assert_null(heads.items);
}

static void patterns_and_lists(void **state)
{
    (void)state;
    struct ind_config c = model(2, 4);
    selects(&c, "L0H2", "L0H2");
    selects(&c, "L1H*", "L1H0 L1H1 L1H2 L1H3");
    selects(&c, "L*H[02]", "L0H0 L0H2 L1H0 L1H2");
    selects(&c, "L*H[0,2]", "L0H0 L0H2 L1H0 L1H2");
    selects(&c, "L?H[!1-3]", "L0H0 L1H0");
    selects(&c, "*", "L0H0 L0H1 L0H2 L0H3 L1H0 L1H1 L1H2 L1H3");
    selects(&c, "L1H3,L0H1", "L0H1 L1H3");
    selects(&c, "L1H0,L1H*,L1H0", "L1H0 L1H1 L1H2 L1H3");
}

static void names_have_several_digits(void **state)
{
    (void)state;
    struct ind_config c = model(12, 11);
    selects(&c, "L11H10", "L11H10");
    selects(&c, "L1H1", "L1H1");
    selects(&c, "L1?H10", "L10H10 L11H10");
    char name[16];
    assert_string_equal(ind_head_name((struct ind_head){255, 1023}, name), "L255H1023");
}

static void refused(const struct ind_config *config, const char *selector, const char *message)
{
    struct ind_heads heads;
    struct ind_error err = {""};
    assert_int_equal(ind_heads_select(&heads, config, selector, &err), IND_FAILED);
    assert_string_equal(err.text, message);
    assert_int_equal(heads.count, 0);
    ind_heads_release(&heads);
}

static void what_matches_nothing_is_an_error(void **state)
{
    (void)state;
    struct ind_config c = model(2, 4), one = model(1, 1);
    refused(&c, "L2H*", "no head matches 'L2H*': the model has L0H0 to L1H3");
    refused(&c, "L0H1,L0H4", "no head matches 'L0H4': the model has L0H0 to L1H3");
    refused(&c, "l0h1", "no head matches 'l0h1': the model has L0H0 to L1H3");
    refused(&c, "L[", "no head matches 'L[': the model has L0H0 to L1H3");
    refused(&c, "L1", "no head matches 'L1': the model has L0H0 to L1H3 (all of a layer: 'L1H*')");
    refused(&one, "L1H0", "no head matches 'L1H0': the model has only L0H0");
    refused(&c, "", "head selector '' has an empty item");
    refused(&c, "L0H1,", "head selector 'L0H1,' has an empty item");
    char text[101];
    memset(text, '*', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct ind_heads heads;
    struct ind_error err;
    assert_int_equal(ind_heads_select(&heads, &c, text, &err), IND_FAILED);
    assert_non_null(strstr(err.text, "longer than 63 characters"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_and_lists),
        cmocka_unit_test(names_have_several_digits),
        cmocka_unit_test(what_matches_nothing_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
