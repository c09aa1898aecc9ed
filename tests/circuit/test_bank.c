/* Spectra of many matrices at a time against those of one at a time. */
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/circuit/bank.h>
#include <induct/math/blas.h>

#include "support/compositions.h"

enum { MOST = 64 };

/* Every head's QK and OV, the heads backwards. */
static int all_products(const struct ind_config *config, struct ind_head_product *products)
{
    int count = 0;
    for (int i = config->layers * config->heads - 1; i >= 0; i--) {
        for (int m = 0; m < 2; m++)
            products[count++] =
                (struct ind_head_product){{i / config->heads, i % config->heads}, m};
    }
    assert_true(count <= MOST);
    return count;
}

/* The same matrices of two models, in both ways. */
static void compare(const struct ind_params *a, const struct ind_params *b, int r,
                    enum ind_fold fold)
{
    const struct ind_config *config = &a->layout->config;
    const int size = ind_spectrum_size(config), d = config->d_model;
    struct ind_head_product products[MOST];
    const int count = all_products(config, products);
    struct ind_banker banker;
    struct ind_bank banks[2];
    struct ind_spectra spectra;
    struct ind_spectrum one[2];
    double *left = calloc((size_t)count * r, sizeof *left),
           *right = calloc((size_t)count * r, sizeof *right);
    double *wanted_left = calloc(r, sizeof *left), *wanted_right = calloc(r, sizeof *right);
    assert_int_equal(ind_banker_init(&banker, config, r, fold, NULL), IND_OK);
    assert_int_equal(ind_spectra_init(&spectra, config, r, fold, NULL), IND_OK);
    for (int m = 0; m < 2; m++) {
        assert_int_equal(ind_bank_init(&banks[m], config, r, count, NULL), IND_OK);
        assert_int_equal(ind_banker_fill(&banker, m ? b : a, products, &banks[m], NULL), IND_OK);
        one[m].s = calloc(size, sizeof(double));
        one[m].left = calloc((size_t)d * r, sizeof(double));
        one[m].right = calloc((size_t)d * r, sizeof(double));
    }
    assert_int_equal(ind_banker_angles(&banker, &banks[0], &banks[1], left, right, NULL), IND_OK);
    for (int i = 0; i < count; i++) {
        for (int m = 0; m < 2; m++) {
            assert_int_equal(ind_spectra_run(&spectra, m ? b : a, products[i].head,
                                             products[i].matrix, &one[m], NULL),
                             IND_OK);
            for (int j = 0; j < size; j++)
                assert_near(banks[m].s[i * size + j], one[m].s[j], 1e-12 * one[m].s[0]);
        }
        assert_int_equal(
            ind_spectra_angles(&spectra, &one[0], &one[1], wanted_left, wanted_right, NULL),
            IND_OK);
        for (int j = 0; j < r; j++) {
            assert_int_equal(isnan(left[i * r + j]), isnan(wanted_left[j]));
            if (isnan(wanted_left[j]))
                continue;
            assert_near(left[i * r + j], wanted_left[j], 1e-5);
            assert_near(right[i * r + j], wanted_right[j], 1e-5);
        }
    }
    for (int m = 0; m < 2; m++) {
        ind_bank_release(&banks[m]);
        free(one[m].s);
        free(one[m].left);
        free(one[m].right);
    }
    free(left);
    free(right);
    free(wanted_left);
    free(wanted_right);
    ind_spectra_release(&spectra);
    ind_banker_release(&banker);
}

static void every_kind_of_model(void **state)
{
    (void)state;
    for (int m = 0; m < model_kind_count; m++) {
        struct model a, b;
        const int size = ind_spectrum_size(&model_kinds[m].config);
        model_init(&a, &model_kinds[m].config, 1, 60);
        model_init(&b, &model_kinds[m].config, 1, 61);
        compare(&a.params, &b.params, size < 2 ? size : 2, IND_FOLD_NORM);
        compare(&a.params, &b.params, size, IND_FOLD_NOTHING);
        model_release(&a);
        model_release(&b);
    }
}

static void the_study_s_shape(void **state)
{
    (void)state;
    struct ind_config config = ind_config_default();
    config.vocab = 3;
    config.context = 3;
    struct model a, b;
    model_init(&a, &config, 1, 62);
    model_init(&b, &config, 1, 63);
    compare(&a.params, &b.params, 4, IND_FOLD_NORM);
    compare(&a.params, &a.params, 16, IND_FOLD_NORM);
    model_release(&a);
    model_release(&b);
}

/* Heads wider than the model, and too wide for lanes. */
static void shapes_that_lapack_does(void **state)
{
    (void)state;
    const int shapes[][2] = {{5, 9}, {40, 34}, {1, 1}, {3, 1}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct ind_config config = compositions_config();
        config.d_model = shapes[i][0];
        config.d_head = shapes[i][1];
        struct model a, b;
        model_init(&a, &config, 1, 64);
        model_init(&b, &config, 1, 65);
        compare(&a.params, &b.params, 1, IND_FOLD_NORM);
        model_release(&a);
        model_release(&b);
    }
}

/* Heads of zeros, and of rank one, among others. */
static void dead_heads_are_left_out(void **state)
{
    (void)state;
    const struct ind_config config = compositions_config();
    struct model a, b;
    model_init(&a, &config, 1, 66);
    model_init(&b, &config, 1, 67);
    memset(a.params.layers[1].W_V, 0, D * K * sizeof(float));
    for (int i = 0; i < D * K; i++)
        b.params.layers[0].W_Q[i] = b.params.layers[0].W_Q[i / K * K];
    compare(&a.params, &b.params, 2, IND_FOLD_NORM);
    model_release(&a);
    model_release(&b);
}

static void what_is_not_finite_is_refused(void **state)
{
    (void)state;
    const struct ind_config config = compositions_config();
    const struct ind_head_product product = {{1, 1}, IND_MATRIX_OV};
    struct model model;
    struct ind_banker banker;
    struct ind_bank bank;
    struct ind_error err;
    model_init(&model, &config, 1, 68);
    model.params.layers[1].W_O[K * D + 4] = NAN;
    assert_int_equal(ind_banker_init(&banker, &config, 2, IND_FOLD_NORM, NULL), IND_OK);
    assert_int_equal(ind_bank_init(&bank, &config, 2, 1, NULL), IND_OK);
    assert_int_equal(ind_banker_fill(&banker, &model.params, &product, &bank, &err), IND_FAILED);
    assert_non_null(strstr(err.text, "ov of L1H1: "));
    ind_bank_release(&bank);
    ind_banker_release(&banker);
    model_release(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_model),           cmocka_unit_test(the_study_s_shape),
        cmocka_unit_test(shapes_that_lapack_does),       cmocka_unit_test(dead_heads_are_left_out),
        cmocka_unit_test(what_is_not_finite_is_refused),
    };
    ind_blas_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
