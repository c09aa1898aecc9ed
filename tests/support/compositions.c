#include "support/compositions.h"

#include <cmocka.h>

#include <math.h>

struct ind_config compositions_config(void)
{
    struct ind_config config = ind_config_default();
    config.layers = LAYERS;
    config.heads = HEADS;
    config.d_model = D;
    config.d_head = K;
    config.vocab = 11;
    config.context = 9;
    return config;
}

void compositions_of(const struct ind_params *params, enum ind_fold fold, const double *covariance,
                     struct ind_composition *out)
{
    const struct ind_config *config = &params->layout->config;
    struct ind_composer composer;
    assert_int_equal(ind_composer_init(&composer, config, fold, NULL), IND_OK);
    assert_true(ind_composition_count(config) <= MANY);
    assert_int_equal(ind_composer_run(&composer, params, covariance, out, NULL), IND_OK);
    ind_composer_release(&composer);
}

const struct ind_composition *compositions_find(const struct ind_composition *list, size_t count,
                                                struct ind_head writer, struct ind_head reader,
                                                int kind)
{
    for (size_t i = 0; i < count; i++) {
        const struct ind_composition *c = &list[i];
        if (c->writer.layer == writer.layer && c->writer.head == writer.head &&
            c->reader.layer == reader.layer && c->reader.head == reader.head &&
            (int)c->kind == kind)
            return c;
    }
    fail_msg("no such pair");
    return NULL;
}

void assert_near(double value, double truth, double tolerance)
{
    if (!(fabs(value - truth) <= tolerance))
        fail_msg("%.17g is not %.17g within %g", value, truth, tolerance);
}

/* out [D,D] = left right^T of a head's matrix, transposed if asked, by the definition. */
void compositions_dense(const struct ind_params *params, struct ind_head head,
                        enum ind_head_matrix matrix, bool transposed, double *out)
{
    const struct ind_layer_params *layer = &params->layers[head.layer];
    for (int i = 0; i < D; i++) {
        for (int j = 0; j < D; j++) {
            double sum = 0.0;
            for (int l = 0; l < K; l++) {
                const size_t base = (size_t)head.head * D * K;
                sum += matrix == IND_MATRIX_QK
                           ? (double)layer->W_Q[base + i * K + l] * layer->W_K[base + j * K + l]
                           : (double)layer->W_V[base + i * K + l] * layer->W_O[base + l * D + j];
            }
            out[transposed ? j * D + i : i * D + j] = sum;
        }
    }
}

double compositions_norm(const double *a)
{
    double sum = 0.0;
    for (int i = 0; i < D * D; i++)
        sum += a[i] * a[i];
    return sqrt(sum);
}

void compositions_times(const double *a, const double *b, double *out)
{
    for (int i = 0; i < D; i++) {
        for (int j = 0; j < D; j++) {
            out[i * D + j] = 0.0;
            for (int l = 0; l < D; l++)
                out[i * D + j] += a[i * D + l] * b[l * D + j];
        }
    }
}

void compositions_reader(const struct ind_params *params, const struct ind_composition *c,
                         double *out)
{
    compositions_dense(params, c->reader, c->kind == IND_COMPOSE_V ? IND_MATRIX_OV : IND_MATRIX_QK,
                       c->kind == IND_COMPOSE_K, out);
}

void assert_same_scores(const struct ind_composition *a, const struct ind_composition *b,
                        double tolerance)
{
    assert_near(a->score, b->score, tolerance);
    assert_near(a->z, b->z, 20 * tolerance);
    assert_near(a->overlap, b->overlap, 10 * tolerance);
    if (!isnan(b->weighted))
        assert_near(a->weighted, b->weighted, tolerance);
}

void compositions_outputs(const struct model *model, int length, double *covariance)
{
    struct ind_outputs outputs;
    assert_int_equal(ind_outputs_init(&outputs, &model->layout.config, model->tokens, model->batch,
                                      length, NULL),
                     IND_OK);
    ind_outputs_run(&outputs, &model->params, covariance);
    ind_outputs_release(&outputs);
}
