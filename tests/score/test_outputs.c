/* What heads bring: the participation ratio of their output, and attention weighted by its values,
 * where both are known in closed form, and against a pass and an average written out. */
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/data/task.h>
#include <induct/score/pattern.h>
#include <induct/score/score.h>

#include "support/models.h"

enum { SEQUENCES = 9, PERIOD = 5, SEED = 4 };

static double participation(int k, const double *covariance, const double *gram)
{
    const struct ind_score *score = NULL;
    for (int i = 0; ind_score_registry[i]; i++)
        if (strcmp(ind_score_registry[i]->name, "participation") == 0)
            score = ind_score_registry[i];
    assert_non_null(score);
    return score->of_output(&(struct ind_score_output){k, covariance, gram});
}

static void assert_near(double got, double expected, double tolerance)
{
    if (!(fabs(got - expected) <= tolerance))
        fail_msg("%.9g, expected %.9g", got, expected);
}

static void spectra_that_are_known(void **state)
{
    (void)state;
    const double one[] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, wide[] = {4, 0, 0, 0, 1, 0, 0, 0, 1};
    const double line[] = {1, 2, 3, 2, 4, 6, 3, 6, 9}, nothing[9] = {0};
    assert_near(participation(3, one, one), 3.0, 1e-12);
    assert_near(participation(3, line, one), 1.0, 1e-12);
    assert_near(participation(3, wide, one), 36.0 / 18.0, 1e-12);
    assert_near(participation(3, one, wide), 36.0 / 18.0, 1e-12);
    assert_near(participation(3, wide, wide), 18.0 * 18.0 / 258.0, 1e-12);
    assert_true(isnan(participation(3, nothing, one)));
}

/* ---- Models ---------------------------------------------------------------------------------- */

struct fixture {
    struct model model;
    int32_t *tokens;
    double *values; /* [heads, choices] */
    struct ind_score_choices choices;
};

static void open_fixture(struct fixture *f, const struct ind_config *config, const char *scores)
{
    model_init(&f->model, config, 1, 7);
    f->tokens = malloc(sizeof *f->tokens * SEQUENCES * config->context);
    assert_int_equal(ind_score_choices_init(&f->choices, scores, NULL), IND_OK);
    f->values = malloc(sizeof *f->values * config->layers * config->heads * f->choices.count);
    assert_true(f->tokens && f->values);
    ind_task_eval(config->vocab, config->context, SEED, PERIOD, 0, SEQUENCES, f->tokens);
}

static void close_fixture(struct fixture *f)
{
    free(f->tokens);
    free(f->values);
    ind_score_choices_release(&f->choices);
    model_release(&f->model);
}

static void score(struct fixture *f, bool value_weighted)
{
    struct ind_scorer scorer;
    assert_int_equal(ind_scorer_init(&scorer, &f->model.layout.config, f->tokens, SEQUENCES, PERIOD,
                                     IND_COMPAT_NONE, NULL),
                     IND_OK);
    scorer.value_weighted = value_weighted;
    ind_scorer_run(&scorer, &f->model.params, &f->choices, f->values);
    ind_scorer_release(&scorer);
}

/* The covariance of z W_O itself, d x d: its trace, and the sum of squares of its entries, which
 * are those of its eigenvalues. */
static double written_out(const struct fixture *f, struct ind_head head)
{
    const struct ind_config *c = &f->model.layout.config;
    const int T = c->context - 1, d = c->d_model, k = c->d_head;
    const float *W_O = f->model.params.layers[head.layer].W_O + (size_t)head.head * k * d;
    double *mean = calloc((size_t)d, sizeof *mean), *square = calloc((size_t)(d * d), sizeof *mean);
    double *out = malloc((size_t)d * sizeof *out), trace = 0.0, squares = 0.0;
    struct ind_cache cache;
    int rows = 0;
    assert_true(mean && square && out);
    assert_int_equal(ind_cache_init(&cache, c, SEQUENCES, T, 0, NULL), IND_OK);
    ind_forward(&f->model.params, f->tokens, c->context, NULL, 0, &cache);
    for (int row = 0; row < SEQUENCES * T; row++) {
        const float *z = cache.layers[head.layer].z + ((size_t)row * c->heads + head.head) * k;
        if (row % T < PERIOD)
            continue;
        rows++;
        for (int e = 0; e < d; e++) {
            out[e] = 0.0;
            for (int a = 0; a < k; a++)
                out[e] += (double)z[a] * (double)W_O[a * d + e];
            mean[e] += out[e];
        }
        for (int e = 0; e < d * d; e++)
            square[e] += out[e / d] * out[e % d];
    }
    for (int e = 0; e < d * d; e++) {
        const double covariance = square[e] / rows - mean[e / d] / rows * (mean[e % d] / rows);
        trace += e / d == e % d ? covariance : 0.0;
        squares += covariance * covariance;
    }
    ind_cache_release(&cache);
    free(mean);
    free(square);
    free(out);
    return trace * trace / squares;
}

static void participation_is_that_of_the_output(void **state)
{
    (void)state;
    for (int kind = 0; kind < model_kind_count; kind++) {
        const struct ind_config *c = &model_kinds[kind].config;
        struct fixture f;
        if (c->context <= PERIOD + 1)
            continue;
        open_fixture(&f, c, "participation");
        score(&f, false);
        for (int h = 0; h < c->layers * c->heads; h++)
            assert_near(f.values[h] /
                            written_out(&f, (struct ind_head){h / c->heads, h % c->heads}),
                        1.0, 1e-4);
        close_fixture(&f);
    }
}

/* ---- Value-weighted attention ---------------------------------------------------------------- */

static void run_mean(const struct fixture *f, bool value_weighted, const struct ind_heads *heads,
                     double *out)
{
    const struct ind_config *c = &f->model.layout.config;
    struct ind_pattern_mean mean;
    assert_int_equal(
        ind_pattern_mean_init(&mean, c, f->tokens, 1, c->context, c->context - 1, NULL), IND_OK);
    mean.value_weighted = value_weighted;
    ind_pattern_mean_run(&mean, &f->model.params, heads, out);
    ind_pattern_mean_release(&mean);
}

/* The contribution of every key, as long as it is: A v W_O, and its share. */
static void attention_is_weighted_by_what_it_brings(void **state)
{
    (void)state;
    const struct ind_config *c = &model_kinds[0].config;
    const int T = c->context - 1, d = c->d_model, k = c->d_head;
    struct ind_head last = {c->layers - 1, c->heads - 1};
    const struct ind_heads heads = {.items = &last, .count = 1};
    double *plain = malloc(sizeof *plain * T * T), *weighted = malloc(sizeof *weighted * T * T);
    struct fixture f;
    struct ind_cache cache;
    open_fixture(&f, c, "prev_token");
    run_mean(&f, false, &heads, plain);
    run_mean(&f, true, &heads, weighted);
    assert_int_equal(ind_cache_init(&cache, c, 1, T, 0, NULL), IND_OK);
    ind_forward(&f.model.params, f.tokens, c->context, NULL, 0, &cache);
    const float *W_O = f.model.params.layers[last.layer].W_O + (size_t)last.head * k * d;
    for (int i = 0; i < T; i++) {
        double brought[512], sum = 0.0;
        assert_true(T <= 512);
        for (int j = 0; j <= i; j++) {
            const float *v =
                cache.layers[last.layer].v + (size_t)j * cache.qkv_stride + last.head * k;
            double square = 0.0;
            for (int e = 0; e < d; e++) {
                double x = 0.0;
                for (int a = 0; a < k; a++)
                    x += plain[i * T + j] * (double)v[a] * (double)W_O[a * d + e];
                square += x * x;
            }
            sum += brought[j] = sqrt(square);
        }
        for (int j = 0; j <= i; j++)
            assert_near(weighted[i * T + j], brought[j] / sum, 1e-5);
    }
    ind_cache_release(&cache);
    close_fixture(&f);
    free(plain);
    free(weighted);
}

/* Of values that are all alike attention is what it was; of none at all too. */
static void equal_values_weigh_nothing(void **state)
{
    (void)state;
    const struct ind_config *c = &model_kinds[0].config;
    for (int zero = 0; zero < 2; zero++) {
        struct fixture f;
        double plain[64];
        open_fixture(&f, c, "prev_token,induction");
        const int cells = c->heads * f.choices.count;
        assert_true(cells <= 64);
        /* values read one coordinate, and every token and position has the same there */
        memset(f.model.params.layers[0].W_V, 0, sizeof(float) * c->heads * c->d_model * c->d_head);
        for (int h = 0; h < c->heads && !zero; h++)
            f.model.params.layers[0].W_V[(size_t)h * c->d_model * c->d_head] = 1.0F;
        for (int t = 0; t < c->vocab; t++)
            f.model.params.W_E[(size_t)t * c->d_model] = 2.0F;
        for (int i = 0; i < c->context; i++)
            f.model.params.W_pos[(size_t)i * c->d_model] = 0.0F;
        score(&f, false);
        memcpy(plain, f.values, sizeof *plain * cells);
        score(&f, true);
        for (int i = 0; i < cells; i++)
            assert_near(f.values[i], plain[i], 1e-6);
        close_fixture(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spectra_that_are_known),
        cmocka_unit_test(participation_is_that_of_the_output),
        cmocka_unit_test(attention_is_weighted_by_what_it_brings),
        cmocka_unit_test(equal_values_weigh_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
