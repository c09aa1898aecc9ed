/* Shares of a logit sum to it, on models of every kind. */
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include <induct/eval/attribution.h>

#include "support/models.h"

enum { BATCH = 2 };

struct fixture {
    struct model model;
    struct ind_cache cache;
    struct ind_attribution attribution;
    float *logits; /* [rows, vocab] */
    double *shares, *sources;
};

static void open_fixture(struct fixture *f, const struct ind_config *config,
                         const struct ind_patch *patches, int patch_count)
{
    const int length = config->context - 1;
    model_init(&f->model, config, BATCH, 7);
    assert_int_equal(ind_cache_init(&f->cache, config, BATCH, length, 0, NULL), IND_OK);
    assert_int_equal(ind_attribution_init(&f->attribution, config, NULL), IND_OK);
    f->logits = malloc((size_t)BATCH * length * config->vocab * sizeof(float));
    f->shares = malloc((size_t)ind_attribution_count(config) * sizeof(double));
    f->sources = malloc((size_t)length * sizeof(double));
    assert_true(f->logits && f->shares && f->sources);
    ind_forward(&f->model.params, f->model.tokens, config->context, patches, patch_count,
                &f->cache);
    ind_logits(&f->model.params, &f->cache, 0, BATCH * length, f->logits);
    ind_attribution_start(&f->attribution, &f->model.params);
}

static void close_fixture(struct fixture *f)
{
    free(f->logits);
    free(f->shares);
    free(f->sources);
    ind_attribution_release(&f->attribution);
    ind_cache_release(&f->cache);
    model_release(&f->model);
}

static void assert_near(double got, double expected, const char *kind)
{
    if (!(fabs(got - expected) <= 2e-5 * (1.0 + fabs(expected))))
        fail_msg("%s: %.9g, expected %.9g", kind, got, expected);
}

static void aim(struct fixture *f, int row, int32_t token)
{
    const int context = f->model.layout.config.context, length = context - 1;
    ind_attribution_aim(&f->attribution, &f->model.params, &f->cache, row, token);
    ind_attribution_components(&f->attribution, &f->model.params, &f->cache, row,
                               f->model.tokens[row / length * context + row % length], f->shares);
}

/* logit(token) minus the mean logit */
static double expected(const struct fixture *f, int row, int32_t token)
{
    const int vocab = f->model.layout.config.vocab;
    double mean = 0.0;
    for (int v = 0; v < vocab; v++)
        mean += (double)f->logits[(size_t)row * vocab + v] / vocab;
    return (double)f->logits[(size_t)row * vocab + token] - mean;
}

static double sum(const double *values, int count)
{
    double total = 0.0;
    for (int i = 0; i < count; i++)
        total += values[i];
    return total;
}

static void components_sum_to_the_logit(void **state)
{
    (void)state;
    for (int kind = 0; kind < model_kind_count; kind++) {
        const struct ind_config *config = &model_kinds[kind].config;
        struct fixture f;
        open_fixture(&f, config, NULL, 0);
        for (int row = 0; row < BATCH * f.cache.length; row += 3) {
            const int32_t token = row % config->vocab;
            aim(&f, row, token);
            assert_near(sum(f.shares, ind_attribution_count(config)), expected(&f, row, token),
                        model_kinds[kind].name);
        }
        close_fixture(&f);
    }
}

/* Also of a model that is operated on: z is what it is. */
static void patched_components_sum_to_the_logit(void **state)
{
    (void)state;
    const struct ind_patch zero = {.kind = IND_PATCH_Z, .layer = 0, .head = 0};
    const struct ind_config *config = &model_kinds[0].config;
    struct fixture f;
    open_fixture(&f, config, &zero, 1);
    aim(&f, f.cache.length + 4, 1);
    assert_near(sum(f.shares, ind_attribution_count(config)), expected(&f, f.cache.length + 4, 1),
                "patched");
    assert_true(f.shares[2] == 0.0); /* token, position, L0H0 */
    close_fixture(&f);
}

static void sources_sum_to_the_head(void **state)
{
    (void)state;
    for (int kind = 0; kind < model_kind_count; kind++) {
        const struct ind_config *config = &model_kinds[kind].config;
        struct fixture f;
        open_fixture(&f, config, NULL, 0);
        const int row = 2 * f.cache.length - 1, first = ind_config_adds_positions(config) ? 2 : 1;
        aim(&f, row, 1);
        for (int h = 0; h < config->layers * config->heads; h++) {
            const struct ind_head head = {h / config->heads, h % config->heads};
            ind_attribution_by_source(&f.attribution, &f.model.params, &f.cache, row, head,
                                      f.sources);
            assert_near(sum(f.sources, f.cache.length), f.shares[first + h],
                        model_kinds[kind].name);
        }
        close_fixture(&f);
    }
}

static void components_have_names(void **state)
{
    (void)state;
    struct ind_config config = ind_config_default();
    char name[16];
    assert_int_equal(ind_attribution_count(&config), 10);
    assert_string_equal(ind_attribution_name(&config, 0, name), "token");
    assert_string_equal(ind_attribution_name(&config, 1, name), "position");
    assert_string_equal(ind_attribution_name(&config, 9, name), "L1H3");
    config.positions = IND_POSITIONS_ROTARY;
    config.norm = IND_NORM_LN;
    assert_int_equal(ind_attribution_count(&config), 10);
    assert_string_equal(ind_attribution_name(&config, 1, name), "L0H0");
    assert_string_equal(ind_attribution_name(&config, 9, name), "bias");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(components_sum_to_the_logit),
        cmocka_unit_test(patched_components_sum_to_the_logit),
        cmocka_unit_test(sources_sum_to_the_head),
        cmocka_unit_test(components_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
