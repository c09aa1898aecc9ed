/*
 * Composition beside its chance and beside the data: the mean and variance under random rotations
 * that are claimed, the covariance of real outputs, and LayerNorm.
 */
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/data/random.h>
#include <induct/math/blas.h>
#include <induct/math/decomp.h>

#include "support/compositions.h"
#include "support/reference.h"

/* ---- Chance ---------------------------------------------------------------------------------- */

/* Q of a Gaussian matrix, signs made so that R's diagonal is positive: uniform on O(D). */
static void random_rotation(struct ind_decomp *decomp, uint32_t index, double *q)
{
    struct ind_random random = ind_random_at(77, IND_STREAM_CONTROL, index, 0);
    double a[D * D], r[D * D];
    for (int i = 0; i < D * D; i++)
        a[i] = ind_random_normal(&random);
    ind_decomp_qr(decomp, D, D, a, q, r);
    for (int i = 0; i < D * D; i++)
        q[i] *= r[i % D * (D + 1)] < 0.0 ? -1.0 : 1.0;
}

/* Turns what the head writes: W_O := W_O Q. */
static void rotate_output(float *W_O, const float *original, const double *q)
{
    for (int i = 0; i < K; i++) {
        for (int j = 0; j < D; j++) {
            double sum = 0.0;
            for (int l = 0; l < D; l++)
                sum += original[i * D + l] * q[l * D + j];
            W_O[i * D + j] = (float)sum;
        }
    }
}

static void random_rotations_have_the_claimed_mean_and_variance(void **state)
{
    (void)state;
    enum { DRAWS = 6000 };
    const struct ind_config config = compositions_config();
    const struct ind_head writer = {0, 0}, reader = {1, 1};
    struct model model;
    struct ind_composer composer;
    struct ind_composition list[MANY];
    struct ind_decomp decomp;
    double q[D * D], covariance[LAYERS * HEADS * K * K] = {0};
    double excess = 0.0, z = 0.0, z2 = 0.0, overlap = 0.0, weighted = 0.0;
    double overlap_z = 0.0, overlap_z2 = 0.0;
    int below = 0;
    model_init(&model, &config, 1, 7);
    /* A spectrum that is far from flat, so that the variance formula has something to say. */
    for (int i = 0; i < D; i++)
        model.params.layers[0].W_V[i * K] *= 6.0F;
    covariance[0] = 5.0;
    covariance[K + 1] = 1.0;
    assert_int_equal(ind_decomp_init(&decomp, D, D, NULL), IND_OK);
    assert_int_equal(ind_composer_init(&composer, &config, IND_FOLD_NORM, NULL), IND_OK);
    float original[K * D];
    memcpy(original, model.params.layers[0].W_O, sizeof original);
    for (uint32_t i = 0; i < DRAWS; i++) {
        random_rotation(&decomp, i, q);
        rotate_output(model.params.layers[0].W_O, original, q);
        assert_int_equal(ind_composer_run(&composer, &model.params, covariance, list, NULL),
                         IND_OK);
        const struct ind_composition *c =
            compositions_find(list, ind_composition_count(&config), writer, reader, IND_COMPOSE_K);
        excess += c->excess / DRAWS;
        z += c->z / DRAWS;
        z2 += c->z * c->z / DRAWS;
        overlap += c->overlap / DRAWS;
        overlap_z += c->overlap_z / DRAWS;
        overlap_z2 += c->overlap_z * c->overlap_z / DRAWS;
        weighted += c->weighted * c->weighted / DRAWS;
        below += c->p < 0.05;
    }
    print_message("mean z %.4f, mean z^2 %.4f, mean overlap %.4f (chance %.4f), mean weighted^2 "
                  "%.4f (1/d = %.4f), p < .05 in %.4f\n",
                  z, z2, overlap, (double)K * K / D, weighted, 1.0 / D, (double)below / DRAWS);
    assert_near(z, 0.0, 4.0 / sqrt(DRAWS));
    assert_near(z2, 1.0, 0.1);
    assert_near(excess, 0.0, 0.005);
    assert_near(overlap, (double)K * K / D, 0.03);
    print_message("mean overlap z %.4f, mean of its square %.4f\n", overlap_z, overlap_z2);
    assert_near(overlap_z, 0.0, 4.0 / sqrt(DRAWS));
    assert_near(overlap_z2, 1.0, 0.1);
    assert_near(weighted, 1.0 / D, 0.005);
    assert_true(below > DRAWS * 0.02 && below < DRAWS * 0.08);
    ind_composer_release(&composer);
    ind_decomp_release(&decomp);
    model_release(&model);
}

/* ---- Data ------------------------------------------------------------------------------------ */

/* White input has the covariance W_V^T W_V: then the weighted form is the plain one. */
static void white_input_weights_nothing(void **state)
{
    (void)state;
    const struct ind_config config = compositions_config();
    struct model model;
    struct ind_composition list[MANY];
    double covariance[LAYERS * HEADS * K * K], factor[D * K];
    model_init(&model, &config, 1, 8);
    for (int i = 0; i < LAYERS * HEADS; i++) {
        ind_factor_read(&model.params, (struct ind_head){i / HEADS, i % HEADS}, IND_FACTOR_V,
                        IND_FOLD_NORM, factor);
        ind_factor_gram(D, K, factor, covariance + i * K * K);
    }
    compositions_of(&model.params, IND_FOLD_NORM, covariance, list);
    for (size_t i = 0; i < ind_composition_count(&config); i++)
        assert_near(list[i].weighted, list[i].score, 1e-13);
    model_release(&model);
}

/* Covariance of the head's output [D,D] from the slow forward pass, and s with it for M. */
static double weighted_by_hand(const struct model *model, const struct reference *reference,
                               const struct ind_composition *c)
{
    const int rows = reference->batch * reference->length;
    double b[D * D], mean[D] = {0}, covariance[D * D] = {0}, trace = 0.0, product = 0.0;
    double *o = calloc((size_t)rows * D, sizeof *o);
    const double *z = reference->z + (size_t)c->writer.layer * rows * HEADS * K;
    const float *W_O = model->params.layers[c->writer.layer].W_O + c->writer.head * K * D;
    for (int row = 0; row < rows; row++) {
        for (int j = 0; j < D; j++) {
            for (int l = 0; l < K; l++)
                o[row * D + j] += z[(row * HEADS + c->writer.head) * K + l] * W_O[l * D + j];
            mean[j] += o[row * D + j] / rows;
        }
    }
    for (int row = 0; row < rows; row++) {
        for (int i = 0; i < D * D; i++)
            covariance[i] +=
                (o[row * D + i / D] - mean[i / D]) * (o[row * D + i % D] - mean[i % D]) / rows;
    }
    compositions_reader(&model->params, c, b);
    for (int i = 0; i < D; i++) {
        trace += covariance[i * D + i];
        for (int j = 0; j < D; j++) {
            double n = 0.0;
            for (int l = 0; l < D; l++)
                n += b[i * D + l] * b[j * D + l];
            product += covariance[i * D + j] * n;
        }
    }
    free(o);
    return sqrt(product / trace) / compositions_norm(b);
}

static void weighting_takes_the_real_output(void **state)
{
    (void)state;
    enum { LENGTH = 8 };
    const struct ind_config config = compositions_config();
    struct model model;
    struct reference reference;
    struct ind_composition list[MANY];
    double covariance[LAYERS * HEADS * K * K];
    model_init(&model, &config, 6, 9);
    reference_init(&reference, &config, model.batch, LENGTH);
    reference_forward(&reference, &model.layout, model.weights, model.tokens, config.context);
    compositions_outputs(&model, LENGTH, covariance);
    assert_true(isnan(covariance[LAYERS * HEADS * K * K - 1]));
    compositions_of(&model.params, IND_FOLD_NORM, covariance, list);
    for (size_t i = 0; i < ind_composition_count(&config); i++)
        assert_near(list[i].weighted, weighted_by_hand(&model, &reference, &list[i]), 1e-5);
    reference_release(&reference);
    model_release(&model);
}

/* Nine sequences of 600 do not fit one group: the sums go on over groups of unequal size. */
static void long_sequences_are_run_in_groups(void **state)
{
    (void)state;
    enum { LENGTH = 600, SEQUENCES = 9 };
    struct ind_config config = compositions_config();
    config.layers = 2;
    config.context = LENGTH;
    struct model model;
    struct reference reference;
    struct ind_composition list[MANY];
    double covariance[2 * HEADS * K * K];
    model_init(&model, &config, SEQUENCES, 10);
    reference_init(&reference, &config, SEQUENCES, LENGTH);
    reference_forward(&reference, &model.layout, model.weights, model.tokens, config.context);
    compositions_outputs(&model, LENGTH, covariance);
    compositions_of(&model.params, IND_FOLD_NORM, covariance, list);
    for (size_t i = 0; i < ind_composition_count(&config); i++)
        assert_near(list[i].weighted, weighted_by_hand(&model, &reference, &list[i]), 1e-5);
    reference_release(&reference);
    model_release(&model);
}

/* ---- LayerNorm ------------------------------------------------------------------------------- */

/* By hand: C diag(w) W for W_Q, W_K, W_V of every head. */
static void fold_by_hand(struct ind_params *params)
{
    for (int layer = 0; layer < LAYERS; layer++) {
        struct ind_layer_params *l = &params->layers[layer];
        float *matrices[] = {l->W_Q, l->W_K, l->W_V};
        for (int m = 0; m < 3 * HEADS; m++) {
            float *w = matrices[m / HEADS] + m % HEADS * D * K;
            for (int j = 0; j < K; j++) {
                double mean = 0.0;
                for (int i = 0; i < D; i++)
                    mean += (double)l->ln1_w[i] * w[i * K + j] / D;
                for (int i = 0; i < D; i++)
                    w[i * K + j] = (float)((double)l->ln1_w[i] * w[i * K + j] - mean);
            }
        }
    }
}

static void layer_norm_is_folded_unless_told(void **state)
{
    (void)state;
    struct ind_config config = compositions_config();
    config.norm = IND_NORM_LN;
    struct model model;
    struct ind_composition folded[MANY], raw[MANY], by_hand[MANY];
    model_init(&model, &config, 1, 11);
    compositions_of(&model.params, IND_FOLD_NORM, NULL, folded);
    compositions_of(&model.params, IND_FOLD_NOTHING, NULL, raw);
    fold_by_hand(&model.params);
    compositions_of(&model.params, IND_FOLD_NOTHING, NULL, by_hand);
    double difference = 0.0;
    for (size_t i = 0; i < ind_composition_count(&config); i++) {
        assert_same_scores(&folded[i], &by_hand[i], 2e-6);
        difference = fmax(difference, fabs(folded[i].score - raw[i].score));
    }
    assert_true(difference > 0.01);
    model_release(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_rotations_have_the_claimed_mean_and_variance),
        cmocka_unit_test(white_input_weights_nothing),
        cmocka_unit_test(weighting_takes_the_real_output),
        cmocka_unit_test(long_sequences_are_run_in_groups),
        cmocka_unit_test(layer_norm_is_folded_unless_told),
    };
    ind_blas_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
