/*
 * Distances against the definition, written out; and models of which it is known what they do: one
 * that knows nothing, a hand-built induction circuit, and a hand-built rule of one fixed offset.
 */
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/eval/strategy.h>

#include "support/handbuilt.h"
#include "support/models.h"

enum { CONTEXT = 24, VOCAB = 9, SEQUENCES = 10 };
static const double e = 1e-3;

struct outcome {
    struct ind_strategy strategy;
    struct ind_strategy_count counts[SEQUENCES];
    double margin;
    int contested, pseudo, chance, predictions;
};

static void run(const struct ind_params *params, int period, struct ind_trained trained,
                struct outcome *out)
{
    const struct ind_config *config = &params->layout->config;
    struct ind_eval_data data;
    struct ind_strategy_data strategy;
    struct ind_strategist strategist;
    assert_int_equal(
        ind_eval_data_init(&data, config->vocab, config->context, 3, period, SEQUENCES, NULL),
        IND_OK);
    assert_int_equal(ind_strategy_data_init(&strategy, &data, config->vocab, trained, 3, NULL),
                     IND_OK);
    assert_int_equal(ind_strategist_init(&strategist, config, config->context - 1,
                                         strategy.class_count, trained.hi - trained.lo + 1, NULL),
                     IND_OK);
    *out = (struct outcome){.strategy.counts = out->counts};
    ind_strategise(&strategist, params, &strategy, &out->strategy);
    for (int s = 0; s < SEQUENCES; s++) {
        out->margin += out->counts[s].margin;
        out->contested += out->counts[s].contested;
        out->pseudo += out->counts[s].pseudo;
        out->chance += out->counts[s].pseudo_chance;
        out->predictions += out->counts[s].predictions;
    }
    ind_strategist_release(&strategist);
    ind_strategy_data_release(&strategy);
    ind_eval_data_release(&data);
}

/* ---- By the definition ----------------------------------------------------------------------- */

/* Probability of v at input i of x, predictor a, trained periods lo..hi. */
static double predictor(int a, const int32_t *x, int i, int v, int lo, int hi)
{
    const double words = VOCAB - 1;
    double count = 0.0, of = 0.0, q = 1.0 / words;
    for (int j = 0; j <= i; j++)
        count += a == IND_PREDICT_UNIGRAM && x[j] == v;
    for (int j = 0; j < i; j++) {
        const bool match =
            x[j] == x[i] && (a != IND_PREDICT_CONTENT2 || (j > 0 && i > 0 && x[j - 1] == x[i - 1]));
        if (match && a != IND_PREDICT_UNIGRAM && a != IND_PREDICT_OFFSET) {
            of++;
            count += x[j + 1] == v;
        }
    }
    for (int n = lo; n <= hi && a == IND_PREDICT_OFFSET; n++) {
        of += i - n + 1 >= 0;
        count += i - n + 1 >= 0 && x[i - n + 1] == v;
    }
    if (a == IND_PREDICT_UNIGRAM)
        q = (count + 1.0) / (i + 1.0 + words);
    else if (a == IND_PREDICT_BIGRAM)
        q = (count + 1.0) / (of + words);
    else if (a != IND_PREDICT_UNIFORM && of > 0.0)
        q = count / of;
    return (1.0 - e) * q + e / words;
}

static void distances_are_those_of_the_definition(void **state)
{
    (void)state;
    struct ind_config config = ind_config_default();
    config.vocab = VOCAB;
    config.context = CONTEXT;
    config.d_model = 16;
    config.d_head = 8;
    config.heads = 2;
    struct model model;
    model_init(&model, &config, 1, 5);
    struct outcome got;
    const int period = 7, lo = 4, hi = 6;
    run(&model.params, period, (struct ind_trained){lo, hi}, &got);

    struct ind_eval_data data;
    struct ind_cache cache;
    float logits[(CONTEXT - 1) * VOCAB];
    double kl[IND_PREDICTORS] = {0}, mixture = 0.0;
    int predictions = 0;
    assert_int_equal(ind_eval_data_init(&data, VOCAB, CONTEXT, 3, period, SEQUENCES, NULL), IND_OK);
    assert_int_equal(ind_cache_init(&cache, &config, 1, CONTEXT - 1, 0, NULL), IND_OK);
    for (int s = 0; s < SEQUENCES; s++) {
        const int32_t *x = data.tokens + s * CONTEXT;
        ind_forward(&model.params, x, CONTEXT, NULL, 0, &cache);
        ind_logits(&model.params, &cache, 0, CONTEXT - 1, logits);
        for (int i = period; i < CONTEXT - 1; i++, predictions++) {
            double sum = 0.0;
            for (int v = 1; v < VOCAB; v++)
                sum += exp((double)logits[i * VOCAB + v]);
            for (int v = 1; v < VOCAB; v++) {
                const double p = exp((double)logits[i * VOCAB + v]) / sum;
                double mixed = 0.0;
                for (int a = 0; a < IND_PREDICTORS; a++) {
                    const double q = predictor(a, x, i, v, lo, hi);
                    kl[a] += p * log(p / q);
                    mixed += got.strategy.weights[a] * q;
                }
                mixture += p * log(p / mixed);
            }
        }
    }
    assert_int_equal(got.predictions, predictions);
    for (int a = 0; a < IND_PREDICTORS; a++) {
        assert_true(fabs(got.strategy.kl[a] - kl[a] / predictions) < 1e-5);
        assert_true(got.strategy.kl_mixture <= got.strategy.kl[a] + 1e-9);
    }
    assert_true(fabs(got.strategy.kl_mixture - mixture / predictions) < 1e-5);
    ind_cache_release(&cache);
    ind_eval_data_release(&data);
    model_release(&model);
}

/* ---- Models that are understood -------------------------------------------------------------- */

static void a_model_that_knows_nothing_is_uniform(void **state)
{
    (void)state;
    const struct ind_config config = handbuilt_config(VOCAB, CONTEXT, 1);
    struct handbuilt built;
    struct outcome got;
    handbuilt_init(&built, &config, HANDBUILT_CERTAIN, HANDBUILT_CERTAIN, 0.0);
    run(&built.params, 5, (struct ind_trained){6, 8}, &got);
    assert_true(fabs(got.strategy.kl[IND_PREDICT_UNIFORM]) < 1e-6);
    assert_true(got.strategy.weights[IND_PREDICT_UNIFORM] > 0.99);
    assert_true(got.margin == 0.0 && got.contested > 0);
    handbuilt_release(&built);
}

/* Vocabulary 60: nearly every token is unique in its period, and content is then certain. */
static void an_induction_circuit_follows_content(void **state)
{
    (void)state;
    const struct ind_config config = handbuilt_config(60, CONTEXT, 1);
    struct handbuilt built;
    struct outcome got;
    handbuilt_init(&built, &config, HANDBUILT_CERTAIN, HANDBUILT_CERTAIN, 30.0);
    run(&built.params, 5, (struct ind_trained){6, 8}, &got);
    /* the circuit spreads over all earlier copies just as `content` does */
    assert_true(got.strategy.kl[IND_PREDICT_CONTENT] < 0.02);
    assert_true(got.strategy.kl[IND_PREDICT_OFFSET] > 4.0);
    assert_true(got.strategy.weights[IND_PREDICT_CONTENT] +
                    got.strategy.weights[IND_PREDICT_CONTENT2] >
                0.95);
    assert_true(got.margin / got.contested > 25.0);
    assert_true((double)got.pseudo / got.contested < 0.05);
    handbuilt_release(&built);
}

/* L1H0 looks `period - 1` places back whatever is there, and copies it. */
static void look_back(struct handbuilt *built, int period)
{
    const struct ind_config *c = &built->layout.config;
    struct ind_layer_params *layer = &built->params.layers[1];
    const size_t size = (size_t)c->d_model * (size_t)c->d_head;
    memset(layer->W_Q, 0, size * sizeof(float));
    memset(layer->W_K, 0, size * sizeof(float));
    for (int i = 0; i < c->context; i++) {
        layer->W_K[(c->vocab + i) * c->d_head + i] = 1.0F;
        if (i - period + 1 >= 0)
            layer->W_Q[(c->vocab + i) * c->d_head + i - period + 1] =
                (float)(HANDBUILT_CERTAIN * ind_config_scale(c));
    }
}

static void a_fixed_offset_is_told_from_content(void **state)
{
    (void)state;
    const struct ind_config config = handbuilt_config(60, CONTEXT, 1);
    struct handbuilt built;
    struct outcome got;
    handbuilt_init(&built, &config, HANDBUILT_CERTAIN, HANDBUILT_CERTAIN, 30.0);
    look_back(&built, 4);
    run(&built.params, 7, (struct ind_trained){4, 4}, &got);
    assert_true(fabs(got.strategy.kl[IND_PREDICT_OFFSET] + log(1.0 - e + e / 59.0)) < 1e-5);
    assert_true(got.strategy.kl[IND_PREDICT_CONTENT] > 4.0);
    assert_true(got.strategy.weights[IND_PREDICT_OFFSET] > 0.99);
    assert_true(got.margin / got.contested < -25.0);
    assert_int_equal(got.pseudo, got.contested);
    /* one token of the six others of a period, drawn at random */
    assert_true((double)got.chance / got.contested > 0.08 &&
                (double)got.chance / got.contested < 0.28);
    handbuilt_release(&built);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_are_those_of_the_definition),
        cmocka_unit_test(a_model_that_knows_nothing_is_uniform),
        cmocka_unit_test(an_induction_circuit_follows_content),
        cmocka_unit_test(a_fixed_offset_is_told_from_content),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
