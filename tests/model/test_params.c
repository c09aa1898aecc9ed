/*
 * The table of tensors of every kind of model, initial weights, the sinusoidal table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/model/params.h>

#include "support/models.h"

struct fixture {
    struct ind_layout layout;
    struct ind_params params;
};

static void open_fixture(struct fixture *f, const struct ind_config *config)
{
    struct ind_error err;
    assert_int_equal(ind_layout_init(&f->layout, config, &err), IND_OK);
    assert_int_equal(ind_params_init(&f->params, &f->layout, &err), IND_OK);
}

static void close_fixture(struct fixture *f)
{
    ind_params_release(&f->params);
    ind_layout_release(&f->layout);
}

/* ---- The table ------------------------------------------------------------------------------ */

static void the_studys_model_has_65536_trained_parameters(void **state)
{
    (void)state;
    struct ind_config c = ind_config_default();
    struct fixture f;
    open_fixture(&f, &c);
    assert_int_equal(f.layout.trained, 65536);
    assert_int_equal(f.layout.total, 65536 + 80 * 64);
    const char *const names[] = {"embed.W_E",         "blocks.0.attn.W_Q", "blocks.0.attn.W_K",
                                 "blocks.0.attn.W_V", "blocks.0.attn.W_O", "blocks.1.attn.W_Q",
                                 "blocks.1.attn.W_K", "blocks.1.attn.W_V", "blocks.1.attn.W_O",
                                 "unembed.W_U",       "pos_embed.W_pos"};
    assert_int_equal(f.layout.tensor_count, 11);
    for (int i = 0; i < 11; i++)
        assert_string_equal(f.layout.tensors[i].name, names[i]);
    assert_false(f.layout.tensors[10].trained);
    const struct ind_tensor *W_O = ind_layout_find(&f.layout, "blocks.1.attn.W_O");
    assert_true(W_O->rank == 3 && W_O->shape[0] == 4 && W_O->shape[1] == 16 && W_O->shape[2] == 64);
    assert_ptr_equal(W_O, ind_layout_role(&f.layout, IND_W_O, 1));
    assert_ptr_equal(f.params.layers[1].W_O, f.params.data + W_O->offset);
    assert_null(ind_layout_find(&f.layout, "blocks.2.attn.W_O"));
    assert_null(ind_layout_role(&f.layout, IND_B_U, -1));
    assert_null(f.params.b_U);
    close_fixture(&f);
}

/* No holes, no repeated name, trained tensors first. */
static void every_table_is_contiguous(void **state)
{
    (void)state;
    for (int k = 0; k < model_kind_count; k++) {
        struct fixture f;
        size_t end = 0;
        open_fixture(&f, &model_kinds[k].config);
        for (int i = 0; i < f.layout.tensor_count; i++) {
            const struct ind_tensor *t = &f.layout.tensors[i];
            size_t count = 1;
            for (int r = 0; r < t->rank; r++)
                count *= (size_t)t->shape[r];
            assert_true(t->rank >= 1 && t->rank <= 3);
            assert_int_equal(t->count, count);
            assert_int_equal(t->offset, end);
            assert_int_equal(t->trained, t->offset < f.layout.trained);
            assert_ptr_equal(ind_layout_find(&f.layout, t->name), t);
            assert_ptr_equal(ind_layout_role(&f.layout, t->role, t->layer), t);
            end += count;
        }
        assert_int_equal(end, f.layout.total);
        close_fixture(&f);
    }
}

static void options_bring_their_tensors(void **state)
{
    (void)state;
    struct ind_config c = ind_config_default();
    struct fixture f;
    c.norm = IND_NORM_LN;
    c.bias = true;
    c.positions = IND_POSITIONS_LEARNED;
    open_fixture(&f, &c);
    const char *const names[] = {"pos_embed.W_pos",   "blocks.1.ln1.w",    "blocks.1.ln1.b",
                                 "blocks.1.attn.b_Q", "blocks.1.attn.b_K", "blocks.1.attn.b_V",
                                 "blocks.1.attn.b_O", "ln_final.w",        "ln_final.b",
                                 "unembed.b_U"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_non_null(ind_layout_find(&f.layout, names[i]));
        assert_true(ind_layout_find(&f.layout, names[i])->trained);
    }
    assert_int_equal(f.layout.trained, f.layout.total);
    close_fixture(&f);

    c = ind_config_default();
    c.norm = IND_NORM_LNPRE;
    c.positions = IND_POSITIONS_ROTARY;
    open_fixture(&f, &c);
    assert_int_equal(f.layout.tensor_count, 10);
    assert_null(f.params.W_pos);
    close_fixture(&f);
}

static void a_bad_configuration_has_no_layout(void **state)
{
    (void)state;
    struct ind_layout layout;
    struct ind_error err;
    struct ind_config c = ind_config_default();
    c.heads = 0;
    assert_int_equal(ind_layout_init(&layout, &c, &err), IND_FAILED);
    assert_non_null(strstr(err.text, "heads"));
    ind_layout_release(&layout);
}

/* ---- Initial weights ------------------------------------------------------------------------ */

struct moments {
    double mean, variance, kurtosis, lowest, highest;
};

static struct moments moments_of(const struct fixture *f, const char *name)
{
    const struct ind_tensor *t = ind_layout_find(&f->layout, name);
    const float *x = f->params.data + t->offset;
    double n = (double)t->count;
    struct moments m = {.lowest = HUGE_VAL, .highest = -HUGE_VAL};
    for (size_t i = 0; i < t->count; i++) {
        m.mean += (double)x[i] / n;
        m.lowest = fmin(m.lowest, (double)x[i]);
        m.highest = fmax(m.highest, (double)x[i]);
    }
    for (size_t i = 0; i < t->count; i++) {
        double centred = (double)x[i] - m.mean;
        m.variance += centred * centred / n;
        m.kurtosis += centred * centred * centred * centred / n;
    }
    m.kurtosis /= m.variance * m.variance;
    return m;
}

/* Five standard errors: mean 1/sqrt(n), variance sqrt(2/n), kurtosis sqrt(24/n). */
static void is_standard_normal(const struct fixture *f, const char *name)
{
    struct moments m = moments_of(f, name);
    double n = (double)ind_layout_find(&f->layout, name)->count;
    assert_true(fabs(m.mean) < 5.0 / sqrt(n));
    assert_true(fabs(m.variance - 1.0) < 5.0 * sqrt(2.0 / n));
    assert_true(fabs(m.kurtosis - 3.0) < 5.0 * sqrt(24.0 / n));
}

/* Variance bound^2 / 3 with standard error bound^2 sqrt(4/45/n); the extremes come within 1 % of
   the bound (4,096 draws miss that with probability e^-20). */
static void is_uniform(const struct fixture *f, const char *name, double bound)
{
    struct moments m = moments_of(f, name);
    double n = (double)ind_layout_find(&f->layout, name)->count;
    assert_true(m.lowest >= -bound && m.highest <= bound);
    assert_true(m.lowest < -0.99 * bound && m.highest > 0.99 * bound);
    assert_true(fabs(m.mean) < 5.0 * bound / sqrt(3.0 * n));
    assert_true(fabs(m.variance - bound * bound / 3.0) < 5.0 * bound * bound * sqrt(4.0 / 45 / n));
}

static void initial_weights_have_their_distributions(void **state)
{
    (void)state;
    struct ind_config c = ind_config_default();
    struct fixture f;
    c.d_head = 25; /* heads * d_head = 100, so that the two fan_in differ */
    c.positions = IND_POSITIONS_LEARNED;
    c.norm = IND_NORM_LN;
    c.bias = true;
    open_fixture(&f, &c);
    ind_params_randomise(&f.params, 3);
    is_standard_normal(&f, "embed.W_E");
    is_standard_normal(&f, "pos_embed.W_pos");
    is_uniform(&f, "blocks.0.attn.W_Q", 0.125);
    is_uniform(&f, "blocks.1.attn.W_K", 0.125);
    is_uniform(&f, "blocks.0.attn.W_V", 0.125);
    is_uniform(&f, "blocks.1.attn.W_O", 0.1);
    is_uniform(&f, "unembed.W_U", 0.125);
    for (int i = 0; i < c.d_model; i++) {
        assert_true(f.params.layers[1].ln1_w[i] == 1.0F && f.params.ln_final_w[i] == 1.0F);
        assert_true(f.params.layers[1].ln1_b[i] == 0.0F && f.params.ln_final_b[i] == 0.0F);
        assert_true(f.params.layers[0].b_O[i] == 0.0F);
    }
    close_fixture(&f);
}

static void initial_weights_are_a_function_of_the_seed(void **state)
{
    (void)state;
    struct ind_config c = ind_config_default();
    struct fixture a, b;
    open_fixture(&a, &c);
    open_fixture(&b, &c);
    size_t bytes = a.layout.total * sizeof(float);
    ind_params_randomise(&a.params, 7);
    memset(b.params.data, 0xff, bytes);
    ind_params_randomise(&b.params, 7);
    assert_memory_equal(a.params.data, b.params.data, bytes);
    ind_params_randomise(&b.params, 8);
    assert_memory_not_equal(a.params.W_U, b.params.W_U, 64);
    assert_memory_not_equal(a.params.layers[0].W_Q, a.params.layers[0].W_K, 64);
    assert_memory_not_equal(a.params.layers[0].W_Q, a.params.layers[1].W_Q, 64);
    close_fixture(&b);

    /* Other positions, a bias and one more layer leave the rest of the weights where they were. */
    struct ind_config d = c;
    d.positions = IND_POSITIONS_LEARNED;
    d.bias = true;
    d.layers = 3;
    open_fixture(&b, &d);
    ind_params_randomise(&b.params, 7);
    assert_memory_equal(a.params.W_E, b.params.W_E, 256 * 64 * sizeof(float));
    assert_memory_equal(a.params.W_U, b.params.W_U, 256 * 64 * sizeof(float));
    assert_memory_equal(a.params.layers[1].W_O, b.params.layers[1].W_O, 64 * 64 * sizeof(float));
    close_fixture(&a);
    close_fixture(&b);
}

/* ---- The sinusoidal table ------------------------------------------------------------------- */

/* sin and cos of i / 10000^(2m/64), worked out as power series with 50 digits. */
static void sinusoidal_known_answers(void **state)
{
    (void)state;
    float table[80 * 64];
    ind_positions_sinusoidal(80, 64, table);
    const struct {
        int position, column;
        double value;
    } known[] = {
        {0, 0, 0.0000000000},   {0, 1, 1.0000000000},   {1, 0, 0.8414709848},
        {1, 1, 0.5403023059},   {79, 0, -0.4441126687}, {79, 1, -0.8959709468},
        {1, 2, 0.6815613504},   {10, 33, 0.9950041653}, {79, 32, 0.7103532724},
        {79, 62, 0.0105346245}, {79, 63, 0.9999445093}, {40, 17, -0.6536436209},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        double got = (double)table[known[i].position * 64 + known[i].column];
        assert_true(fabs(got - known[i].value) < 1e-7);
    }
    float odd[2 * 3];
    ind_positions_sinusoidal(2, 3, odd);
    assert_true(fabs((double)odd[5] - sin(pow(10000.0, -2.0 / 3.0))) < 1e-7);
}

static void the_fixed_table_is_filled_in(void **state)
{
    (void)state;
    struct ind_config c = ind_config_default();
    struct fixture f;
    float table[80 * 64];
    open_fixture(&f, &c);
    ind_params_randomise(&f.params, 1);
    ind_positions_sinusoidal(80, 64, table);
    assert_memory_equal(f.params.W_pos, table, sizeof table);
    close_fixture(&f);
}

/* ---- Checks --------------------------------------------------------------------------------- */

static void the_first_bad_tensor_is_named(void **state)
{
    (void)state;
    struct ind_config c = ind_config_default();
    struct fixture f, copy;
    open_fixture(&f, &c);
    open_fixture(&copy, &c);
    ind_params_randomise(&f.params, 1);
    assert_null(ind_params_find_nonfinite(&f.params));
    f.params.W_U[256 * 64 - 1] = NAN;
    assert_string_equal(ind_params_find_nonfinite(&f.params), "unembed.W_U");
    f.params.layers[1].W_K[0] = -INFINITY;
    assert_string_equal(ind_params_find_nonfinite(&f.params), "blocks.1.attn.W_K");
    ind_params_copy(&copy.params, &f.params);
    assert_memory_equal(copy.params.data, f.params.data, f.layout.total * sizeof(float));
    close_fixture(&f);
    close_fixture(&copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_studys_model_has_65536_trained_parameters),
        cmocka_unit_test(every_table_is_contiguous),
        cmocka_unit_test(options_bring_their_tensors),
        cmocka_unit_test(a_bad_configuration_has_no_layout),
        cmocka_unit_test(initial_weights_have_their_distributions),
        cmocka_unit_test(initial_weights_are_a_function_of_the_seed),
        cmocka_unit_test(sinusoidal_known_answers),
        cmocka_unit_test(the_fixed_table_is_filled_in),
        cmocka_unit_test(the_first_bad_tensor_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
