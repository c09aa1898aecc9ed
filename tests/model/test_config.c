/*
 * Limits of a configuration, each message naming its field; the words of config.json.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <math.h>
#include <string.h>

#include <induct/model/config.h>

static void the_default_is_the_studys_model(void **state)
{
    (void)state;
    struct ind_config c = ind_config_default();
    assert_int_equal(ind_config_check(&c, NULL), IND_OK);
    assert_int_equal(c.layers, 2);
    assert_int_equal(c.heads, 4);
    assert_int_equal(c.d_model, 64);
    assert_int_equal(c.d_head, 16);
    assert_int_equal(c.vocab, 256);
    assert_int_equal(c.context, 80);
    assert_int_equal(c.positions, IND_POSITIONS_SINUSOIDAL);
    assert_true(ind_config_is_linear(&c) && !c.bias);
    assert_true(ind_config_scale(&c) == 4.0);
    c.attn_scale = 2.5;
    assert_true(ind_config_scale(&c) == 2.5);
}

static void refused(const struct ind_config *config, const char *field)
{
    struct ind_error err = {""};
    assert_int_equal(ind_config_check(config, &err), IND_FAILED);
    if (!strstr(err.text, field) || strchr(err.text, '\n'))
        fail_msg("'%s' does not name %s in one line", err.text, field);
}

static void counts_have_limits(void **state)
{
    (void)state;
    struct ind_config c = ind_config_default();
    const struct {
        const char *field;
        int *value, limit;
    } counts[] = {
        {"layers", &c.layers, 256},   {"heads", &c.heads, 1024},    {"d_model", &c.d_model, 16384},
        {"d_head", &c.d_head, 16384}, {"vocab", &c.vocab, 1000000}, {"context", &c.context, 65536},
    };
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        int kept = *counts[i].value;
        const int bad[] = {0, -1, INT_MIN, counts[i].limit + 1, INT_MAX};
        for (size_t j = 0; j < sizeof bad / sizeof bad[0]; j++) {
            *counts[i].value = bad[j];
            refused(&c, counts[i].field);
        }
        *counts[i].value = 1;
        assert_int_equal(ind_config_check(&c, NULL), IND_OK);
        *counts[i].value = counts[i].limit;
        assert_int_equal(ind_config_check(&c, NULL), IND_OK);
        *counts[i].value = kept;
    }
}

static void kinds_and_numbers_are_checked(void **state)
{
    (void)state;
    struct ind_config c = ind_config_default();
    c.positions = (enum ind_positions)9;
    refused(&c, "positions");
    c = ind_config_default();
    c.norm = (enum ind_norm)3;
    refused(&c, "norm");

    const double bad[] = {(double)NAN, HUGE_VAL, -HUGE_VAL, -1.0};
    for (int i = 0; i < 4; i++) {
        c = ind_config_default();
        c.attn_scale = bad[i];
        refused(&c, "attn_scale");
        c = ind_config_default();
        c.norm = IND_NORM_LN;
        c.norm_eps = bad[i];
        refused(&c, "norm_eps");
        c = ind_config_default();
        c.positions = IND_POSITIONS_ROTARY;
        c.rotary_base = bad[i];
        refused(&c, "rotary_base");
    }
}

static void rotary_dimensions_come_in_pairs(void **state)
{
    (void)state;
    struct ind_config c = ind_config_default();
    c.positions = IND_POSITIONS_ROTARY;
    assert_int_equal(ind_config_check(&c, NULL), IND_OK);
    assert_int_equal(ind_config_rotary_dim(&c), 16);
    const int bad[] = {-2, 3, 17, 18};
    for (int i = 0; i < 4; i++) {
        c.rotary_dim = bad[i];
        refused(&c, "rotary_dim");
    }
    c.rotary_dim = 8;
    assert_int_equal(ind_config_check(&c, NULL), IND_OK);
    assert_int_equal(ind_config_rotary_dim(&c), 8);
    c.rotary_dim = 0;
    c.d_head = 15;
    refused(&c, "d_head");
    c.rotary_dim = 14;
    assert_int_equal(ind_config_check(&c, NULL), IND_OK);
}

static void words_there_and_back(void **state)
{
    (void)state;
    const char *const positions[] = {"sinusoidal", "learned", "none", "rotary", "shortformer"};
    for (int i = 0; i < 5; i++) {
        enum ind_positions p;
        assert_int_equal(ind_positions_parse(positions[i], &p, NULL), IND_OK);
        assert_int_equal(p, i);
        assert_string_equal(ind_positions_name(p), positions[i]);
    }
    const char *const norms[] = {"none", "LN", "LNPre"};
    for (int i = 0; i < 3; i++) {
        enum ind_norm n;
        assert_int_equal(ind_norm_parse(norms[i], &n, NULL), IND_OK);
        assert_int_equal(n, i);
        assert_string_equal(ind_norm_name(n), norms[i]);
    }
    struct ind_error err;
    enum ind_positions p;
    enum ind_norm n;
    assert_int_equal(ind_positions_parse("Learned", &p, &err), IND_FAILED);
    assert_string_equal(err.text, "positions 'Learned': it must be sinusoidal, learned, none, "
                                  "rotary or shortformer");
    assert_int_equal(ind_norm_parse("", &n, &err), IND_FAILED);
    assert_string_equal(err.text, "norm '': it must be none, LN or LNPre");
    assert_null(ind_positions_name((enum ind_positions)5));
    assert_null(ind_norm_name((enum ind_norm)3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_is_the_studys_model),
        cmocka_unit_test(counts_have_limits),
        cmocka_unit_test(kinds_and_numbers_are_checked),
        cmocka_unit_test(rotary_dimensions_come_in_pairs),
        cmocka_unit_test(words_there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
