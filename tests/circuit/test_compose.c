/*
 * Composition scores: equal to the dense product, exactly 1 and 0 where built so, unchanged by what
 * must not change them.
 */
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include <induct/math/blas.h>

#include "support/compositions.h"

static void scores_are_those_of_the_dense_product(void **state)
{
    (void)state;
    const struct ind_config config = compositions_config();
    struct model model;
    struct ind_composition list[MANY];
    double a[D * D], b[D * D], ab[D * D];
    model_init(&model, &config, 1, 1);
    compositions_of(&model.params, IND_FOLD_NORM, NULL, list);
    assert_int_equal(ind_composition_count(&config), 3 * (4 + 4 + 4));
    for (size_t i = 0; i < ind_composition_count(&config); i++) {
        compositions_dense(&model.params, list[i].writer, IND_MATRIX_OV, false, a);
        compositions_reader(&model.params, &list[i], b);
        compositions_times(a, b, ab);
        const double s = compositions_norm(ab) / (compositions_norm(a) * compositions_norm(b));
        assert_near(list[i].score, s, 1e-12);
        assert_near(list[i].excess, s * s - 1.0 / D, 1e-12);
        assert_near(list[i].chance, sqrt(1.0 / D), 1e-15);
    }
    model_release(&model);
}

static void pairs_come_in_order(void **state)
{
    (void)state;
    struct ind_config config = compositions_config();
    struct model model;
    struct ind_composition list[MANY];
    model_init(&model, &config, 1, 1);
    compositions_of(&model.params, IND_FOLD_NORM, NULL, list);
    long last = -1;
    for (size_t i = 0; i < ind_composition_count(&config); i++) {
        const struct ind_composition *c = &list[i];
        assert_true(c->writer.layer < c->reader.layer);
        const long key = (((c->writer.layer * HEADS + c->writer.head) * 10L +
                           c->reader.layer * HEADS + c->reader.head) *
                          3L) +
                         (int)c->kind;
        assert_true(key > last);
        last = key;
    }
    config.layers = 1;
    assert_int_equal(ind_composition_count(&config), 0);
    model_release(&model);
}

/* The variance from its definition, through the dense M and N. */
static double dense_variance(const double *a, const double *b)
{
    double m[D * D], n[D * D], trace_m = 0.0, trace_n = 0.0, m0 = 0.0, n0 = 0.0;
    for (int i = 0; i < D; i++) {
        for (int j = 0; j < D; j++) {
            m[i * D + j] = n[i * D + j] = 0.0;
            for (int l = 0; l < D; l++) {
                m[i * D + j] += a[l * D + i] * a[l * D + j];
                n[i * D + j] += b[i * D + l] * b[j * D + l];
            }
        }
        trace_m += m[i * D + i];
        trace_n += n[i * D + i];
    }
    for (int i = 0; i < D * D; i++) {
        const bool diagonal = i % (D + 1) == 0;
        m0 += pow(m[i] - (diagonal ? trace_m / D : 0.0), 2);
        n0 += pow(n[i] - (diagonal ? trace_n / D : 0.0), 2);
    }
    return 2.0 / ((D - 1.0) * (D + 2.0)) * m0 * n0 / pow(trace_m * trace_n, 2);
}

/* Both tails of a gamma variable of this mean and variance, the smaller one twice, by the midpoint
 * rule. */
static double two_sided_by_integration(double value, double mean, double variance)
{
    enum { STEPS = 200000 };
    const double shape = mean * mean / variance, rate = mean / variance, end = value * rate;
    double lower = 0.0;
    for (int i = 0; i < STEPS; i++) {
        const double x = (i + 0.5) / STEPS * end;
        lower += exp((shape - 1.0) * log(x) - x - lgamma(shape)) * end / STEPS;
    }
    return 2.0 * fmin(lower, 1.0 - lower);
}

static void z_and_p_follow_from_the_dense_variance(void **state)
{
    (void)state;
    const struct ind_config config = compositions_config();
    struct model model;
    struct ind_composition list[MANY];
    double a[D * D], b[D * D];
    model_init(&model, &config, 1, 2);
    compositions_of(&model.params, IND_FOLD_NORM, NULL, list);
    const size_t count = ind_composition_count(&config);
    for (size_t i = 0; i < count; i++) {
        compositions_dense(&model.params, list[i].writer, IND_MATRIX_OV, false, a);
        compositions_reader(&model.params, &list[i], b);
        const double variance = dense_variance(a, b), square = pow(list[i].score, 2);
        assert_near(list[i].z, list[i].excess / sqrt(variance), 1e-9);
        assert_near(list[i].p, two_sided_by_integration(square, 1.0 / D, variance), 1e-6);
        assert_true(list[i].p_holm >= list[i].p && list[i].p_holm <= 1.0);
    }
    /* The smallest p of all is multiplied by the number of all. */
    size_t least = 0;
    for (size_t i = 1; i < count; i++)
        least = list[i].p < list[least].p ? i : least;
    assert_near(list[least].p_holm, fmin(1.0, (double)count * list[least].p), 1e-12);
    model_release(&model);
}

/* ---- Exact truths ---------------------------------------------------------------------------- */

static void clear(struct ind_params *params)
{
    memset(params->data, 0, params->layout->total * sizeof *params->data);
}

/* Head 0 of layer 0 writes along axis `out`; head 1 of layer 2 reads keys along axis `in`. */
static void build_rank_one(struct ind_params *params, int out, int in)
{
    clear(params);
    params->layers[0].W_V[4 * K + 1] = 2.0F;
    params->layers[0].W_O[1 * D + out] = -3.0F;
    params->layers[2].W_K[D * K + in * K + 2] = 0.5F;
    params->layers[2].W_Q[D * K + 7 * K + 2] = 4.0F;
}

static void one_and_zero_where_built_so(void **state)
{
    (void)state;
    const struct ind_config config = compositions_config();
    const struct ind_head writer = {0, 0}, reader = {2, 1}, dead = {1, 0};
    struct model model;
    struct ind_composition list[MANY];
    const size_t count = ind_composition_count(&config);
    model_init(&model, &config, 1, 3);

    build_rank_one(&model.params, 5, 5);
    compositions_of(&model.params, IND_FOLD_NORM, NULL, list);
    const struct ind_composition *k = compositions_find(list, count, writer, reader, IND_COMPOSE_K);
    assert_near(k->score, 1.0, 1e-15);
    assert_near(k->overlap, 1.0, 1e-15);
    assert_near(k->overlap_chance, 1.0 / D, 1e-15);
    assert_near(compositions_find(list, count, writer, reader, IND_COMPOSE_Q)->score, 0.0, 0.0);
    assert_true(isnan(compositions_find(list, count, writer, reader, IND_COMPOSE_V)->score));

    build_rank_one(&model.params, 5, 6);
    compositions_of(&model.params, IND_FOLD_NORM, NULL, list);
    k = compositions_find(list, count, writer, reader, IND_COMPOSE_K);
    assert_near(k->score, 0.0, 0.0);
    assert_near(k->overlap, 0.0, 0.0);

    /* A head of zeros has no score, and is not a test for Holm. */
    const struct ind_composition *none =
        compositions_find(list, count, writer, dead, IND_COMPOSE_K);
    assert_true(isnan(none->score) && isnan(none->z) && isnan(none->p) && isnan(none->p_holm) &&
                isnan(none->overlap) && isnan(none->overlap_chance) && isnan(none->overlap_z) &&
                isnan(none->weighted));
    assert_near(k->p_holm, fmin(1.0, 2.0 * k->p), 1e-12);
    model_release(&model);
}

/* An output of full rank K inside, or beside, what is read. */
static void overlap_counts_common_dimensions(void **state)
{
    (void)state;
    const struct ind_config config = compositions_config();
    const struct ind_head writer = {0, 1}, reader = {1, 0};
    struct model model;
    struct ind_composition list[MANY];
    model_init(&model, &config, 1, 4);
    for (int common = 0; common <= K; common++) {
        float *W_O = model.params.layers[0].W_O + K * D, *W_Q = model.params.layers[1].W_Q;
        memset(W_O, 0, sizeof *W_O * K * D);
        memset(W_Q, 0, sizeof *W_Q * K * D);
        /* Independent, far from orthogonal mixtures of the axes 0..K-1 and
           K-common..2K-common-1. */
        for (int i = 0; i < K; i++) {
            for (int j = i; j < K; j++) {
                W_O[i * D + j] = 1.0F + (float)(i + j);
                W_Q[(j + K - common) * K + i] = 2.0F - (float)(i * j);
            }
        }
        W_Q[(2 * K - common - 1) * K + K - 1] = 1.0F;
        compositions_of(&model.params, IND_FOLD_NORM, NULL, list);
        const struct ind_composition *q =
            compositions_find(list, ind_composition_count(&config), writer, reader, IND_COMPOSE_Q);
        assert_near(q->overlap, common, 1e-12);
        assert_near(q->overlap_chance, (double)K * K / D, 1e-15);
    }
    model_release(&model);
}

/* ---- Invariance ------------------------------------------------------------------------------ */

/* m [rows,K] := m G for the head's slice of W_Q, W_K or W_V. */
static void mix_columns(float *m, const double *g)
{
    for (int i = 0; i < D; i++) {
        double row[K];
        for (int j = 0; j < K; j++) {
            row[j] = 0.0;
            for (int l = 0; l < K; l++)
                row[j] += m[i * K + l] * g[l * K + j];
        }
        for (int j = 0; j < K; j++)
            m[i * K + j] = (float)row[j];
    }
}

/* m [K,D] := G m for the head's slice of W_O. */
static void mix_rows(float *m, const double *g)
{
    for (int j = 0; j < D; j++) {
        double column[K];
        for (int i = 0; i < K; i++) {
            column[i] = 0.0;
            for (int l = 0; l < K; l++)
                column[i] += g[i * K + l] * m[l * D + j];
        }
        for (int i = 0; i < K; i++)
            m[i * D + j] = (float)column[i];
    }
}

static void gauge_transformations_change_nothing(void **state)
{
    (void)state;
    const double g[K * K] = {2, 1, 0, 0, 1, -1, 1, 0, 3}; /* determinant 5 */
    const double inverse[K * K] = {.6, -.6, -.2, -.2, 1.2, .4, -.2, .2, .4};
    double inverse_transposed[K * K];
    for (int i = 0; i < K * K; i++)
        inverse_transposed[i] = inverse[i % K * K + i / K];

    const struct ind_config config = compositions_config();
    struct model model;
    struct ind_composition before[MANY], after[MANY];
    double covariance[LAYERS * HEADS * K * K];
    model_init(&model, &config, 5, 5);
    compositions_outputs(&model, 8, covariance);
    compositions_of(&model.params, IND_FOLD_NORM, covariance, before);
    for (int layer = 0; layer < LAYERS; layer++) {
        for (int head = 0; head < HEADS; head++) {
            struct ind_layer_params *l = &model.params.layers[layer];
            mix_columns(l->W_Q + head * D * K, g);
            mix_columns(l->W_K + head * D * K, inverse_transposed);
            mix_columns(l->W_V + head * D * K, g);
            mix_rows(l->W_O + head * D * K, inverse);
        }
    }
    compositions_outputs(&model, 8, covariance);
    compositions_of(&model.params, IND_FOLD_NORM, covariance, after);
    for (size_t i = 0; i < ind_composition_count(&config); i++)
        assert_same_scores(&after[i], &before[i], 2e-6);
    model_release(&model);
}

/* A head that writes along one or two directions only, in a basis where float32 hides that behind
 * rounding. */
static void rounding_is_no_direction(void **state)
{
    (void)state;
    const double inverse[K * K] = {.6, -.6, -.2, -.2, 1.2, .4, -.2, .2, .4};
    const struct ind_config config = compositions_config();
    const struct ind_head writer = {0, 0}, reader = {1, 1};
    const size_t count = ind_composition_count(&config);
    for (int trial = 0; trial < 10; trial++) {
        const int rank = 1 + trial % 2;
        struct model model;
        struct ind_composition before[MANY], after[MANY];
        model_init(&model, &config, 1, 12 + (uint64_t)trial);
        float *W_O = model.params.layers[0].W_O;
        memset(W_O + rank * D, 0, sizeof *W_O * (size_t)((K - rank) * D));
        compositions_of(&model.params, IND_FOLD_NORM, NULL, before);
        mix_rows(W_O, inverse);
        compositions_of(&model.params, IND_FOLD_NORM, NULL, after);
        for (int kind = 0; kind < 3; kind++) {
            const struct ind_composition *a =
                compositions_find(before, count, writer, reader, kind);
            const struct ind_composition *b = compositions_find(after, count, writer, reader, kind);
            assert_near(a->overlap_chance, (double)rank * K / D, 1e-15);
            assert_near(b->overlap_chance, (double)rank * K / D, 1e-15);
            assert_near(b->overlap, a->overlap, 1e-5);
        }
        model_release(&model);
    }
}

static void swap_slices(float *m)
{
    for (int i = 0; i < D * K; i++) {
        const float kept = m[i];
        m[i] = m[D * K + i];
        m[D * K + i] = kept;
    }
}

static void head_order_changes_nothing(void **state)
{
    (void)state;
    const struct ind_config config = compositions_config();
    struct model model;
    struct ind_composition before[MANY], after[MANY];
    const size_t count = ind_composition_count(&config);
    model_init(&model, &config, 1, 6);
    compositions_of(&model.params, IND_FOLD_NORM, NULL, before);
    struct ind_layer_params *l = &model.params.layers[1];
    swap_slices(l->W_Q);
    swap_slices(l->W_K);
    swap_slices(l->W_V);
    swap_slices(l->W_O);
    compositions_of(&model.params, IND_FOLD_NORM, NULL, after);
    for (size_t i = 0; i < count; i++) {
        struct ind_head writer = before[i].writer, reader = before[i].reader;
        writer.head = writer.layer == 1 ? 1 - writer.head : writer.head;
        reader.head = reader.layer == 1 ? 1 - reader.head : reader.head;
        const struct ind_composition *same =
            compositions_find(after, count, writer, reader, (int)before[i].kind);
        assert_same_scores(same, &before[i], 1e-14);
        assert_near(same->p_holm, before[i].p_holm, 1e-13);
    }
    model_release(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_those_of_the_dense_product),
        cmocka_unit_test(pairs_come_in_order),
        cmocka_unit_test(z_and_p_follow_from_the_dense_variance),
        cmocka_unit_test(one_and_zero_where_built_so),
        cmocka_unit_test(overlap_counts_common_dimensions),
        cmocka_unit_test(gauge_transformations_change_nothing),
        cmocka_unit_test(rounding_is_no_direction),
        cmocka_unit_test(head_order_changes_nothing),
    };
    ind_blas_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
