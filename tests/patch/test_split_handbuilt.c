/*
 * The split of the hand-built circuit's scores: all is known in closed form.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include <induct/patch/split.h>

#include "support/handbuilt.h"

enum {
    BATCH = 3,
    VOCAB = 17,
    CONTEXT = 41,
    LENGTH = CONTEXT - 1,
    PERIOD = 7,
    SHARP = HANDBUILT_CERTAIN
};

static void assert_close(double got, double expected, double size)
{
    if (!(fabs(got - expected) <= 1e-5 * (1.0 + size)))
        fail_msg("%.9g, expected %.9g", got, expected);
}

struct built {
    struct handbuilt handbuilt;
    struct ind_cache cache;
    struct ind_heads heads; /* L0H0 and L1H0 */
    int32_t tokens[BATCH * CONTEXT];
};

static void open_built(struct built *f)
{
    struct ind_error err;
    const struct ind_config c = handbuilt_config(VOCAB, CONTEXT, 2);
    handbuilt_init(&f->handbuilt, &c, SHARP, SHARP, 9.0);
    assert_int_equal(ind_cache_init(&f->cache, &c, BATCH, LENGTH, 0, &err), IND_OK);
    assert_int_equal(ind_heads_select(&f->heads, &c, "L*H0", &err), IND_OK);
    for (int b = 0; b < BATCH; b++)
        handbuilt_sequence(VOCAB, PERIOD, 5 * b, CONTEXT, f->tokens + (size_t)b * CONTEXT);
    ind_forward(&f->handbuilt.params, f->tokens, CONTEXT, NULL, 0, &f->cache);
}

static void close_built(struct built *f)
{
    ind_heads_release(&f->heads);
    ind_cache_release(&f->cache);
    handbuilt_release(&f->handbuilt);
}

/* L0H0 is position on position; L1H0 matches content with content, and its one rule about position
 * 0 is content on position. */
static double built_term(const struct built *f, int layer, int term, int b, int i, int j)
{
    const int32_t *tokens = f->tokens + (size_t)b * CONTEXT;
    if (layer == 0)
        return term == IND_SPLIT_PP && j == i - 1 ? SHARP : 0.0;
    if (term == IND_SPLIT_CC)
        return tokens[j > 0 ? j - 1 : 0] == tokens[i] ? SHARP : 0.0;
    return term == IND_SPLIT_CP && j == 0 ? -SHARP : 0.0;
}

static void the_circuits_terms_are_those_built_in(void **state)
{
    (void)state;
    struct ind_error err;
    struct built f;
    struct ind_splitter splitter;
    open_built(&f);
    const struct ind_config *c = &f.cache.config;
    const float factor = (float)(1.0 / ind_config_scale(c));
    assert_int_equal(ind_splitter_init(&splitter, c, BATCH, LENGTH, &err), IND_OK);
    const size_t stride = ind_splitter_stride(&splitter);
    float *term = calloc(LENGTH * stride, sizeof *term);
    ind_splitter_start(&splitter, &f.handbuilt.params, &f.cache);
    for (int layer = 0; layer < 2; layer++) {
        ind_splitter_reach(&splitter, &f.handbuilt.params, &f.cache, layer);
        for (int n = 0; n < IND_SPLIT_TERMS * BATCH; n++) {
            const int which = n % IND_SPLIT_TERMS, b = n / IND_SPLIT_TERMS;
            ind_splitter_term(&splitter, which, 0, b, factor, term);
            for (int i = 0; i < LENGTH; i++)
                for (int j = 0; j <= i; j++)
                    assert_close((double)term[(size_t)i * stride + j],
                                 built_term(&f, layer, which, b, i, j), 0.1 * SHARP);
        }
    }
    free(term);
    ind_splitter_release(&splitter);
    close_built(&f);
}

static void bumps_of(const struct built *f, int first, int last, struct ind_split_bump bumps[2])
{
    struct ind_error err;
    struct ind_splitter splitter;
    struct ind_split_offsets offsets;
    assert_int_equal(ind_splitter_init(&splitter, &f->cache.config, BATCH, LENGTH, &err), IND_OK);
    assert_int_equal(ind_split_offsets_init(&offsets, &f->heads, LENGTH, first, last, &err),
                     IND_OK);
    ind_split_offsets_add(&offsets, &splitter, &f->handbuilt.params, &f->cache);
    for (int h = 0; h < 2; h++)
        bumps[h] = ind_split_offsets_bump(&offsets, h);
    ind_split_offsets_release(&offsets);
    ind_splitter_release(&splitter);
}

static void the_bump_of_a_previous_token_head_is_its_sharpness(void **state)
{
    (void)state;
    struct built f;
    struct ind_split_bump bumps[2];
    open_built(&f);
    bumps_of(&f, 1, 2, bumps);
    assert_close(bumps[0].inside, (double)SHARP * (LENGTH - 1) / (2 * LENGTH - 3), SHARP);
    assert_close(bumps[0].beyond, 0.0, 1.0);
    assert_close(bumps[0].bump, bumps[0].inside, 1.0);
    assert_close(bumps[0].within, SHARP / 2.0, SHARP);
    assert_true(isnan(bumps[0].before)); /* offsets 1..0 */
    assert_close(bumps[1].bump, 0.0, 1.0);
    bumps_of(&f, 3, 9, bumps);
    assert_close(bumps[0].before, (double)SHARP * (LENGTH - 1) / (2 * LENGTH - 3), SHARP);
    assert_close(bumps[0].bump, 0.0, 1.0);
    bumps_of(&f, 3, LENGTH + 5, bumps); /* nothing lies beyond */
    assert_true(isnan(bumps[0].bump) && isnan(bumps[0].within));
    close_built(&f);
}

static void the_circuits_advantage_comes_from_token_and_previous_token(void **state)
{
    (void)state;
    enum { TOKEN, POSITION, L0H0, SOURCES = 4 };
    struct ind_error err;
    struct built f;
    struct ind_split_sources sources;
    open_built(&f);
    const struct ind_config *c = &f.cache.config;
    assert_int_equal(ind_split_sources_init(&sources, c, &f.heads, LENGTH, PERIOD, &err), IND_OK);
    ind_split_sources_add(&sources, &f.handbuilt.params, f.tokens, CONTEXT, &f.cache);
    double first_key = 0.0; /* its share of the other keys */
    for (int i = PERIOD; i < 2 * PERIOD; i++)
        first_key += 1.0 / i / PERIOD;
    for (int n = 0; n < SOURCES * SOURCES; n++) {
        double expected = 0.0;
        if (n == TOKEN * SOURCES + L0H0) /* at i = PERIOD key 0 matches too, one of i others */
            expected = SHARP * (1.0 - 1.0 / (PERIOD * PERIOD));
        if (n == TOKEN * SOURCES + POSITION)
            expected = SHARP * first_key;
        assert_close(ind_split_sources_advantage(&sources, 1, n / SOURCES, n % SOURCES), expected,
                     0.1 * SHARP);
    }
    ind_split_sources_release(&sources);

    assert_int_equal(ind_split_sources_init(&sources, c, &f.heads, LENGTH, LENGTH, &err), IND_OK);
    ind_split_sources_add(&sources, &f.handbuilt.params, f.tokens, CONTEXT, &f.cache);
    assert_true(isnan(ind_split_sources_advantage(&sources, 1, 0, 0))); /* nothing repeats */
    ind_split_sources_release(&sources);
    close_built(&f);
}

/* Without CC nothing is matched: all positions alike but the first, which CP still avoids. */
static void the_circuit_without_its_content_term(void **state)
{
    (void)state;
    struct ind_error err;
    struct built f;
    struct ind_split_drop drop;
    struct ind_heads later;
    open_built(&f);
    const struct ind_config *c = &f.cache.config;
    assert_int_equal(ind_heads_select(&later, c, "L1H0", &err), IND_OK);
    assert_int_equal(ind_split_drop_init(&drop, c, BATCH, LENGTH, &err), IND_OK);
    ind_split_drop_run(&drop, &f.handbuilt.params, &later, 1U << IND_SPLIT_CC, &f.cache);
    for (int i = 1; i < LENGTH; i++)
        for (int j = 0; j <= i; j++)
            assert_close((double)f.cache.layers[1].pattern[i * LENGTH + j], j > 0 ? 1.0 / i : 0.0,
                         0.0);
    ind_split_drop_release(&drop);
    ind_heads_release(&later);
    close_built(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_circuits_terms_are_those_built_in),
        cmocka_unit_test(the_bump_of_a_previous_token_head_is_its_sharpness),
        cmocka_unit_test(the_circuits_advantage_comes_from_token_and_previous_token),
        cmocka_unit_test(the_circuit_without_its_content_term),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
