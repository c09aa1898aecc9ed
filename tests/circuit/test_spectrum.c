/*
 * Spectra: known values, the dense matrix's, what a gauge transformation leaves alone, angles known
 * by construction. Norms: against sums over the elements.
 */
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/circuit/norms.h>
#include <induct/circuit/spectrum.h>
#include <induct/math/blas.h>
#include <induct/math/decomp.h>

#include "support/compositions.h"

enum { R = 2 };

/* Memory behind one spectrum. */
struct storage {
    double s[K], left[D * R], right[D * R];
};

static struct ind_spectrum spectrum_of(struct ind_spectra *spectra, const struct ind_params *params,
                                       struct ind_head head, enum ind_head_matrix matrix,
                                       struct storage *storage)
{
    struct ind_spectrum out = {storage->s, storage->left, storage->right};
    assert_int_equal(ind_spectra_run(spectra, params, head, matrix, &out, NULL), IND_OK);
    return out;
}

static void ranks_of_known_spectra(void **state)
{
    (void)state;
    const double flat[] = {3, 3, 3, 3}, one[] = {5, 0, 0, 0}, none[] = {0, 0};
    const double two[] = {3, 1}, tiny[] = {1e-200, 1e-200};
    assert_near(ind_effective_rank(flat, 4), 4.0, 1e-12);
    assert_near(ind_participation_ratio(flat, 4), 4.0, 1e-12);
    assert_near(ind_effective_rank(one, 4), 1.0, 1e-12);
    assert_near(ind_participation_ratio(one, 4), 1.0, 1e-12);
    /* p = 3/4, 1/4; (9 + 1)^2 / (81 + 1) */
    assert_near(ind_effective_rank(two, 2), pow(4.0 / 3.0, 0.75) * pow(4.0, 0.25), 1e-12);
    assert_near(ind_participation_ratio(two, 2), 100.0 / 82.0, 1e-12);
    assert_near(ind_participation_ratio(tiny, 2), 2.0, 1e-12);
    assert_true(isnan(ind_effective_rank(none, 2)) && isnan(ind_participation_ratio(none, 2)));
}

static void values_are_those_of_the_dense_matrix(void **state)
{
    (void)state;
    const struct ind_config config = compositions_config();
    struct model model;
    struct ind_spectra spectra;
    struct ind_decomp decomp;
    struct storage storage;
    double dense[D * D], s[D], left[D * D], right[D * D], cosines[R];
    model_init(&model, &config, 1, 40);
    assert_int_equal(ind_spectra_init(&spectra, &config, R, IND_FOLD_NORM, NULL), IND_OK);
    assert_int_equal(ind_decomp_init(&decomp, D, D, NULL), IND_OK);
    for (int i = 0; i < 2 * LAYERS * HEADS; i++) {
        const struct ind_head head = {i / 2 / HEADS, i / 2 % HEADS};
        const struct ind_spectrum fast =
            spectrum_of(&spectra, &model.params, head, i % 2, &storage);
        compositions_dense(&model.params, head, i % 2, false, dense);
        assert_int_equal(ind_decomp_svd(&decomp, D, D, dense, s, left, right, NULL), IND_OK);
        for (int j = 0; j < K; j++)
            assert_near(fast.s[j], s[j], 1e-12);
        /* The leading vectors span the same planes. */
        for (int j = 0; j < D * R; j++) {
            left[j] = left[j / R * D + j % R];
            right[j] = right[j / R * D + j % R];
        }
        assert_int_equal(ind_decomp_cosines(&decomp, D, R, fast.left, R, left, cosines, NULL), 0);
        assert_near(cosines[R - 1], 1.0, 1e-12);
        assert_int_equal(ind_decomp_cosines(&decomp, D, R, fast.right, R, right, cosines, NULL), 0);
        assert_near(cosines[R - 1], 1.0, 1e-12);
    }
    ind_decomp_release(&decomp);
    ind_spectra_release(&spectra);
    model_release(&model);
}

/* W_V keeps axes 0..2 with factors 4, 2, 1; W_O sends them to axes 3, 4 and 5, the first two turned
 * by `degrees` in the planes (3,6) and (4,7). */
static void build_turned(struct ind_params *params, double degrees)
{
    struct ind_layer_params *l = &params->layers[0];
    memset(params->data, 0, params->layout->total * sizeof *params->data);
    for (int i = 0; i < K; i++) {
        l->W_V[i * K + i] = (float)(4 >> i);
        l->W_O[i * D + 3 + i] = i < 2 ? (float)cos((i + 1) * degrees * M_PI / 180) : 1.0F;
        if (i < 2)
            l->W_O[i * D + 6 + i] = (float)sin((i + 1) * degrees * M_PI / 180);
    }
}

static void angles_known_by_construction(void **state)
{
    (void)state;
    const struct ind_config config = compositions_config();
    const struct ind_head head = {0, 0};
    struct model model;
    struct ind_spectra spectra;
    struct storage before, after, zero;
    double left[R], right[R];
    model_init(&model, &config, 1, 41);
    assert_int_equal(ind_spectra_init(&spectra, &config, R, IND_FOLD_NORM, NULL), IND_OK);
    build_turned(&model.params, 0.0);
    const struct ind_spectrum a =
        spectrum_of(&spectra, &model.params, head, IND_MATRIX_OV, &before);
    for (int i = 0; i < K; i++)
        assert_near(a.s[i], 4 >> i, 1e-14);
    build_turned(&model.params, 25.0);
    const struct ind_spectrum b = spectrum_of(&spectra, &model.params, head, IND_MATRIX_OV, &after);
    assert_int_equal(ind_spectra_angles(&spectra, &a, &b, left, right, NULL), IND_OK);
    assert_near(left[0], 0.0, 1e-5);
    assert_near(left[1], 0.0, 1e-5);
    assert_near(right[0], 25.0, 1e-5);
    assert_near(right[1], 50.0, 1e-5);
    /* QK of the same model is zero: nothing to have an angle with. */
    const struct ind_spectrum c = spectrum_of(&spectra, &model.params, head, IND_MATRIX_QK, &zero);
    assert_near(c.s[0], 0.0, 0.0);
    assert_int_equal(ind_spectra_angles(&spectra, &a, &c, left, right, NULL), IND_OK);
    assert_true(isnan(left[0]) && isnan(right[1]));
    ind_spectra_release(&spectra);
    model_release(&model);
}

/* W_Q -> W_Q G, W_K -> W_K G^-T with G = diag(2, -4, 1/2) exactly, mixed by a swap of columns. */
static void gauge_transformations_change_nothing(void **state)
{
    (void)state;
    const struct ind_config config = compositions_config();
    const struct ind_head head = {1, 1};
    const float g[K] = {2.0F, -4.0F, 0.5F};
    struct model model;
    struct ind_spectra spectra;
    struct storage before, after;
    double left[R], right[R];
    model_init(&model, &config, 1, 42);
    assert_int_equal(ind_spectra_init(&spectra, &config, R, IND_FOLD_NORM, NULL), IND_OK);
    const struct ind_spectrum a =
        spectrum_of(&spectra, &model.params, head, IND_MATRIX_QK, &before);
    float *q = model.params.layers[1].W_Q + D * K, *k = model.params.layers[1].W_K + D * K;
    for (int i = 0; i < D; i++, q += K, k += K) {
        const float row_q[K] = {q[0], q[1], q[2]}, row_k[K] = {k[0], k[1], k[2]};
        for (int j = 0; j < K; j++) {
            q[j] = row_q[(j + 1) % K] * g[j];
            k[j] = row_k[(j + 1) % K] / g[j];
        }
    }
    const struct ind_spectrum b = spectrum_of(&spectra, &model.params, head, IND_MATRIX_QK, &after);
    for (int i = 0; i < K; i++)
        assert_near(b.s[i], a.s[i], 1e-12);
    assert_int_equal(ind_spectra_angles(&spectra, &a, &b, left, right, NULL), IND_OK);
    assert_near(left[R - 1], 0.0, 1e-5);
    assert_near(right[R - 1], 0.0, 1e-5);
    ind_spectra_release(&spectra);
    model_release(&model);
}

static void a_head_wider_than_the_model(void **state)
{
    (void)state;
    struct ind_config config = compositions_config();
    config.d_model = 5;
    config.d_head = 9;
    struct model model;
    struct ind_spectra spectra;
    double s[5], left[25], right[25], a[5], b[5];
    struct ind_spectrum out = {s, left, right};
    model_init(&model, &config, 1, 43);
    assert_int_equal(ind_spectrum_size(&config), 5);
    assert_int_equal(ind_spectra_init(&spectra, &config, 5, IND_FOLD_NORM, NULL), IND_OK);
    assert_int_equal(ind_spectra_run(&spectra, &model.params, (struct ind_head){0, 0},
                                     IND_MATRIX_QK, &out, NULL),
                     IND_OK);
    assert_true(s[4] > 0.0);
    /* All of five dimensions: no angle with anything. */
    assert_int_equal(ind_spectra_angles(&spectra, &out, &out, a, b, NULL), IND_OK);
    assert_near(a[4], 0.0, 1e-5);
    ind_spectra_release(&spectra);
    model_release(&model);
}

/* ---- Norms ----------------------------------------------------------------------------------- */

static const struct ind_weight_norm *find_norm(const struct ind_weight_norm *list, size_t count,
                                               const char *matrix, int row)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i].matrix, matrix) == 0 && list[i].row == row)
            return &list[i];
    }
    fail_msg("no norm of %s", matrix);
    return NULL;
}

static double sum_norm(const float *values, int count)
{
    double sum = 0.0;
    for (int i = 0; i < count; i++)
        sum += (double)values[i] * (double)values[i];
    return sqrt(sum);
}

static void norms_are_sums_over_elements(void **state)
{
    (void)state;
    for (int each = 0; each < 2; each++) {
        const struct ind_config config = compositions_config();
        struct model model;
        model_init(&model, &config, 1, 44);
        const size_t count = ind_norms_count(&model.layout, each);
        struct ind_weight_norm *list = calloc(count, sizeof *list);
        double *scratch = calloc(ind_norms_scratch(&model.layout), sizeof *scratch);
        double dense[D * D];
        ind_norms_run(&model.params, each, scratch, list);

        const struct ind_params *p = &model.params;
        assert_near(find_norm(list, count, "L2H1.W_O", IND_ROWS_ALL)->norm,
                    sum_norm(p->layers[2].W_O + K * D, K * D), 1e-12);
        assert_near(find_norm(list, count, "W_U", IND_ROWS_ALL)->norm,
                    sum_norm(p->W_U, D * config.vocab), 1e-12);
        assert_near(find_norm(list, count, "W_E", 0)->norm, sum_norm(p->W_E, D), 1e-12);
        assert_near(find_norm(list, count, "W_E", IND_ROWS_FROM_1)->norm,
                    sum_norm(p->W_E + D, D * (config.vocab - 1)), 1e-12);
        const struct ind_weight_norm *pos = find_norm(list, count, "W_pos", IND_ROWS_ALL);
        /* sin^2 + cos^2 */
        assert_near(pos->row_mean, sqrt(D / 2.0), 1e-6);
        assert_near(pos->row_max - pos->row_min, 0.0, 1e-6);
        assert_int_equal(pos->decays, 0);
        compositions_dense(p, (struct ind_head){1, 0}, IND_MATRIX_QK, false, dense);
        const struct ind_weight_norm *qk = find_norm(list, count, "L1H0.QK", IND_ROWS_ALL);
        assert_near(qk->norm, compositions_norm(dense), 1e-12);
        assert_int_equal(qk->decays, 2);
        assert_int_equal(find_norm(list, count, "L0H0.W_Q", IND_ROWS_ALL)->decays, 1);
        if (each)
            assert_near(find_norm(list, count, "W_E", 7)->norm, sum_norm(p->W_E + 7 * D, D), 1e-12);
        free(list);
        free(scratch);
        model_release(&model);
    }
}

static void every_kind_of_model_has_its_norms(void **state)
{
    (void)state;
    for (int m = 0; m < model_kind_count; m++) {
        struct model model;
        model_init(&model, &model_kinds[m].config, 1, 45);
        const size_t count = ind_norms_count(&model.layout, true);
        struct ind_weight_norm *list = calloc(count, sizeof *list);
        double *scratch = calloc(ind_norms_scratch(&model.layout), sizeof *scratch);
        ind_norms_run(&model.params, true, scratch, list);
        for (size_t i = 0; i < count; i++)
            assert_true(strlen(list[i].matrix) > 0 && list[i].norm >= 0.0);
        free(list);
        free(scratch);
        model_release(&model);
    }
}

static void decay_by_hand(void **state)
{
    (void)state;
    assert_near(ind_pure_decay(0.1, 0.5, 1, 2), 0.95 * 0.95, 1e-15);
    assert_near(ind_pure_decay(0.1, 0.5, 2, 1), 0.95 * 0.95, 1e-15);
    assert_near(ind_pure_decay(0.1, 0.5, 0, 1000), 1.0, 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_of_known_spectra),
        cmocka_unit_test(values_are_those_of_the_dense_matrix),
        cmocka_unit_test(angles_known_by_construction),
        cmocka_unit_test(gauge_transformations_change_nothing),
        cmocka_unit_test(a_head_wider_than_the_model),
        cmocka_unit_test(norms_are_sums_over_elements),
        cmocka_unit_test(every_kind_of_model_has_its_norms),
        cmocka_unit_test(decay_by_hand),
    };
    ind_blas_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
