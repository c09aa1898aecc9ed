/*
 * The split of scores on random models of every kind: its terms against a second computation in
 * double, models from which terms are taken away, means and sources.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/patch/split.h>

#include "support/models.h"
#include "support/slow_split.h"

enum { BATCH = 3 };

/* ---- Random models of every kind that can be split ------------------------------------------- */

struct fixture {
    struct model model;
    struct ind_cache cache;
    struct ind_heads heads;  /* all after layer 0, or all of the one layer */
    struct slow_split *slow; /* [BATCH] */
    int length;
};

static void open_fixture(struct fixture *f, const struct ind_config *config, unsigned dropped)
{
    struct ind_error err;
    const char *later = config->layers > 2 ? "L1H*,L2H*" : config->layers > 1 ? "L1H*" : "*";
    f->length = config->context - 1;
    model_init(&f->model, config, BATCH, 11);
    f->slow = malloc(BATCH * sizeof *f->slow);
    assert_non_null(f->slow);
    for (int b = 0; b < BATCH; b++)
        slow_split_run(&f->model, b, f->length, dropped, &f->slow[b]);
    assert_int_equal(ind_cache_init(&f->cache, config, BATCH, f->length, IND_KEEP_SCORES, &err),
                     IND_OK);
    ind_forward(&f->model.params, f->model.tokens, config->context, NULL, 0, &f->cache);
    assert_int_equal(ind_heads_select(&f->heads, config, later, &err), IND_OK);
}

static void close_fixture(struct fixture *f)
{
    ind_heads_release(&f->heads);
    ind_cache_release(&f->cache);
    free(f->slow);
    model_release(&f->model);
}

/* A score as the model computed it. */
static double kept_score(const struct fixture *f, struct ind_head head, int b, int i, int j)
{
    const size_t map = (size_t)b * f->cache.config.heads + head.head;
    return (double)f->cache.layers[head.layer].scores[(map * f->length + i) * f->length + j];
}

static void assert_close(double got, double expected, double size)
{
    if (!(fabs(got - expected) <= 1e-5 * (1.0 + size)))
        fail_msg("%.9g, expected %.9g", got, expected);
}

static void check_head(const struct fixture *f, struct ind_splitter *splitter, int head, int b)
{
    const int T = f->length, layer = splitter->layer;
    const size_t stride = ind_splitter_stride(splitter), matrix = (size_t)T * stride;
    const float factor = (float)(1.0 / ind_config_scale(&f->cache.config));
    float *terms = calloc(IND_SPLIT_TERMS * matrix, sizeof *terms);
    for (int term = 0; term < IND_SPLIT_TERMS; term++)
        ind_splitter_term(splitter, term, head, b, factor, terms + term * matrix);
    for (int i = 0; i < T; i++) {
        for (int j = 0; j <= i; j++) {
            double sum = 0.0, size = 0.0;
            for (int term = 0; term < IND_SPLIT_TERMS; term++) {
                const double got = (double)terms[term * matrix + (size_t)i * stride + j];
                const double expected = f->slow[b].terms[layer][head][term][i][j];
                assert_close(got, expected, fabs(expected));
                sum += got;
                size += fabs(got);
            }
            assert_close(sum, kept_score(f, (struct ind_head){layer, head}, b, i, j), size);
        }
    }
    free(terms);
}

static void terms_are_those_of_the_formulas_and_sum_to_the_scores(void **state)
{
    (void)state;
    int kinds = 0;
    for (int m = 0; m < model_kind_count; m++) {
        const struct ind_config *c = &model_kinds[m].config;
        struct ind_error err;
        struct fixture f;
        struct ind_splitter splitter;
        if (ind_split_check(c, &err) != IND_OK)
            continue;
        kinds++;
        open_fixture(&f, c, 0);
        assert_int_equal(ind_splitter_init(&splitter, c, BATCH, f.length, &err), IND_OK);
        ind_splitter_start(&splitter, &f.model.params, &f.cache);
        for (int layer = 0; layer < c->layers; layer++) {
            ind_splitter_reach(&splitter, &f.model.params, &f.cache, layer);
            for (int n = 0; n < BATCH * c->heads; n++)
                check_head(&f, &splitter, n % c->heads, n / c->heads);
        }
        ind_splitter_release(&splitter);
        close_fixture(&f);
    }
    assert_true(kinds >= 6);
}

/* ---- Dropping -------------------------------------------------------------------------------- */

static void check_residual(const struct fixture *f)
{
    const struct ind_config *c = &f->cache.config;
    const float *got = f->cache.residual[c->layers];
    for (int row = 0; row < BATCH * f->length; row++) {
        const struct slow_split *s = &f->slow[row / f->length];
        for (int e = 0; e < c->d_model; e++, got++) {
            const double content = s->x[IND_SPLIT_CONTENT][row % f->length][e];
            const double position = s->x[IND_SPLIT_POSITION][row % f->length][e];
            assert_close((double)*got, content + position, 10.0 * (fabs(content) + fabs(position)));
        }
    }
}

/* What is left of every score is the terms not dropped, of the residual that the drop has
   changed. */
static void dropping_leaves_exactly_the_other_terms(void **state)
{
    (void)state;
    const unsigned sets[] = {1U << IND_SPLIT_PP, 1U << IND_SPLIT_CC,
                             1U << IND_SPLIT_CP | 1U << IND_SPLIT_PC | 1U << IND_SPLIT_PP, 15U};
    for (int m = 0; m < model_kind_count; m++) {
        const struct ind_config *c = &model_kinds[m].config;
        struct ind_error err;
        if (ind_split_check(c, &err) != IND_OK || c->layers == 1)
            continue;
        for (int n = 0; n < 4; n++) {
            struct fixture f;
            struct ind_split_drop drop;
            open_fixture(&f, c, sets[n]);
            assert_int_equal(ind_split_drop_init(&drop, c, BATCH, f.length, &err), IND_OK);
            /* One set after another on one cache: nothing of the first is left. */
            ind_split_drop_run(&drop, &f.model.params, &f.heads, sets[(n + 1) % 4], &f.cache);
            ind_split_drop_run(&drop, &f.model.params, &f.heads, sets[n], &f.cache);
            check_residual(&f);
            ind_split_drop_release(&drop);
            close_fixture(&f);
        }
    }
}

static void dropping_nothing_changes_no_bit(void **state)
{
    (void)state;
    struct ind_error err;
    struct fixture f;
    struct ind_split_drop drop;
    const struct ind_config *c = &model_kinds[0].config;
    open_fixture(&f, c, 0);
    const float *residual = f.cache.residual[c->layers];
    const size_t bytes = (size_t)BATCH * f.length * c->d_model * sizeof *residual;
    float *before = malloc(bytes);
    memcpy(before, residual, bytes);
    assert_int_equal(ind_split_drop_init(&drop, c, BATCH, f.length, &err), IND_OK);
    ind_split_drop_run(&drop, &f.model.params, &f.heads, 1U << IND_SPLIT_PP, &f.cache);
    assert_true(memcmp(before, residual, bytes) != 0);
    ind_split_drop_run(&drop, &f.model.params, &f.heads, 0, &f.cache);
    assert_memory_equal(before, residual, bytes);
    ind_split_drop_release(&drop);
    free(before);
    close_fixture(&f);
}

/* ---- Sums over pairs and rows ---------------------------------------------------------------- */

enum { FIRST = 2, LAST = 4 }; /* offsets that count as trained */

static void check_means(const struct fixture *f, const struct ind_split_offsets *offsets, int h)
{
    const struct ind_head head = f->heads.items[h];
    for (int o = 0; o < f->length; o++) {
        double pp = 0.0, total = 0.0, terms = 0.0;
        for (int b = 0; b < BATCH; b++) {
            for (int i = o; i < f->length; i++) {
                pp += f->slow[b].terms[head.layer][head.head][IND_SPLIT_PP][i][i - o];
                total += kept_score(f, head, b, i, i - o);
            }
        }
        const double pairs = BATCH * (f->length - o);
        for (int term = 0; term < IND_SPLIT_TERMS; term++)
            terms += ind_split_offsets_mean(offsets, h, term, o);
        assert_close(ind_split_offsets_mean(offsets, h, IND_SPLIT_PP, o), pp / pairs, 1.0);
        assert_close(ind_split_offsets_mean(offsets, h, IND_SPLIT_TOTAL, o), total / pairs, 1.0);
        assert_close(terms, total / pairs, 1.0);
    }
}

static double slow_within(const struct fixture *f, struct ind_head head)
{
    double sum = 0.0;
    for (int b = 0; b < BATCH; b++) {
        double(*pp)[SLOW_LENGTH] = f->slow[b].terms[head.layer][head.head][IND_SPLIT_PP];
        for (int i = LAST + 1; i < f->length; i++) {
            sum += (pp[i][i - 2] + pp[i][i - 3] + pp[i][i - 4]) / 3.0;
            for (int j = 0; j < i - LAST; j++)
                sum -= pp[i][j] / (i - LAST);
        }
    }
    return sum / (BATCH * (f->length - LAST - 1));
}

static void means_by_offset_are_means_over_pairs(void **state)
{
    (void)state;
    struct ind_error err;
    struct fixture f;
    struct ind_splitter splitter;
    struct ind_split_offsets offsets;
    const struct ind_config *c = &model_kinds[1].config;
    open_fixture(&f, c, 0);
    assert_int_equal(ind_splitter_init(&splitter, c, BATCH, f.length, &err), IND_OK);
    assert_int_equal(ind_split_offsets_init(&offsets, &f.heads, f.length, FIRST, LAST, &err),
                     IND_OK);
    for (int time = 0; time < 2; time++) { /* the second as if the first had not been */
        ind_split_offsets_clear(&offsets);
        ind_split_offsets_add(&offsets, &splitter, &f.model.params, &f.cache);
        for (int h = 0; h < f.heads.count; h++) {
            check_means(&f, &offsets, h);
            assert_close(ind_split_offsets_bump(&offsets, h).within,
                         slow_within(&f, f.heads.items[h]), 1.0);
        }
    }
    ind_split_offsets_release(&offsets);
    ind_splitter_release(&splitter);
    close_fixture(&f);
}

/* The advantage of the model's own scores. */
static double whole_advantage(const struct fixture *f, struct ind_head head, int period)
{
    double sum = 0.0;
    int rows = 0;
    for (int b = 0; b < BATCH; b++) {
        for (int i = period; i < 2 * period && i < f->length; i++, rows++) {
            for (int j = 0; j <= i; j++) {
                const double score = kept_score(f, head, b, i, j);
                sum += j == i - period + 1 ? score : -score / i;
            }
        }
    }
    return sum / rows;
}

static void check_sources(const struct fixture *f, int period)
{
    struct ind_error err;
    struct ind_split_sources sources;
    const struct ind_config *c = &f->cache.config;
    assert_int_equal(ind_split_sources_init(&sources, c, &f->heads, f->length, period, &err),
                     IND_OK);
    ind_split_sources_add(&sources, &f->model.params, f->model.tokens, c->context, &f->cache);
    for (int h = 0; h < f->heads.count; h++) {
        const int count = ind_split_source_count(c, f->heads.items[h].layer);
        double sum = 0.0, size = 0.0;
        for (int n = 0; n < count * count; n++) {
            const double one = ind_split_sources_advantage(&sources, h, n / count, n % count);
            sum += one;
            size += fabs(one);
        }
        assert_close(sum, whole_advantage(f, f->heads.items[h], period), size);
    }
    ind_split_sources_release(&sources);
}

static void sources_sum_to_the_advantage_of_the_scores(void **state)
{
    (void)state;
    for (int m = 0; m < model_kind_count; m++) {
        const struct ind_config *c = &model_kinds[m].config;
        struct ind_error err;
        struct fixture f;
        if (ind_split_check(c, &err) != IND_OK)
            continue;
        open_fixture(&f, c, 0);
        for (int period = 1; period < f.length; period += 2)
            check_sources(&f, period);
        close_fixture(&f);
    }
}

static void sources_have_names(void **state)
{
    (void)state;
    struct ind_config c = ind_config_default();
    const char *const expected[] = {"token", "position", "L0H0", "L0H1", "L0H2", "L0H3", "bias"};
    char name[16];
    c.bias = true;
    assert_int_equal(ind_split_source_count(&c, 1), 7);
    for (int i = 0; i < 7; i++)
        assert_string_equal(ind_split_source_name(&c, 1, i, name), expected[i]);
    c.bias = false;
    assert_int_equal(ind_split_source_count(&c, 1), 6);
    assert_int_equal(ind_split_source_count(&c, 0), 2);
}

/* ---- What cannot be split -------------------------------------------------------------------- */

static void what_cannot_be_split_is_refused(void **state)
{
    (void)state;
    struct ind_error err;
    struct ind_config c = ind_config_default();
    assert_int_equal(ind_split_check(&c, &err), IND_OK);
    c.norm = IND_NORM_LNPRE;
    assert_int_equal(ind_split_check(&c, &err), IND_FAILED);
    assert_string_equal(err.text,
                        "a model with LayerNorm (LNPre) has no exact split of its scores");
    c.norm = IND_NORM_NONE;
    c.positions = IND_POSITIONS_ROTARY;
    assert_int_equal(ind_split_check(&c, &err), IND_FAILED);
    assert_string_equal(err.text, "positions are rotary: only a table added to the residual stream "
                                  "(sinusoidal, learned) can be split off");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terms_are_those_of_the_formulas_and_sum_to_the_scores),
        cmocka_unit_test(dropping_leaves_exactly_the_other_terms),
        cmocka_unit_test(dropping_nothing_changes_no_bit),
        cmocka_unit_test(means_by_offset_are_means_over_pairs),
        cmocka_unit_test(sources_sum_to_the_advantage_of_the_scores),
        cmocka_unit_test(sources_have_names),
        cmocka_unit_test(what_cannot_be_split_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
