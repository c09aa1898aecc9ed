/*
 * The forward pass against the double-precision reference, interventions, and entering in the
 * middle.
 *
 * Tolerance: one float32 operation errs by 6e-8 of its result; a logit is the end of a chain of
 * some hundred sums of terms of order one, so 2e-5 of the largest value leaves an order of
 * magnitude.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/model/forward.h>

#include "support/models.h"
#include "support/reference.h"

static const double TOLERANCE = 2e-5;

static void compare(const char *what, const struct model_kind *kind, size_t count, const float *got,
                    const double *want)
{
    double largest = 0.0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, isfinite(want[i]) ? fabs(want[i]) : 0.0);
    for (size_t i = 0; i < count; i++) {
        bool same = isinf(want[i]) ? (double)got[i] == want[i]
                                   : fabs((double)got[i] - want[i]) <= TOLERANCE * largest;
        if (!same)
            fail_msg("%s, %s, element %zu: %.9g, reference %.9g", kind->name, what, i,
                     (double)got[i], want[i]);
    }
}

/* q, k or v of one layer, whose rows lie qkv_stride apart; relative to the largest of all rows. */
static void compare_rows(const char *what, const struct model_kind *kind,
                         const struct ind_cache *cache, const float *got, const double *want)
{
    size_t width = (size_t)cache->config.heads * cache->config.d_head;
    size_t rows = (size_t)cache->batch * cache->length;
    float *packed = malloc(rows * width * sizeof *packed);
    assert_non_null(packed);
    for (size_t row = 0; row < rows; row++)
        memcpy(packed + row * width, got + row * cache->qkv_stride, width * sizeof *packed);
    compare(what, kind, rows * width, packed, want);
    free(packed);
}

static void compare_layer(const struct model_kind *kind, const struct ind_cache *cache,
                          const struct reference *r, int layer)
{
    const struct ind_config *c = &cache->config;
    const struct ind_layer_cache *l = &cache->layers[layer];
    size_t rows = (size_t)cache->batch * cache->length, width = (size_t)c->heads * c->d_head;
    size_t square = (size_t)cache->batch * c->heads * cache->length * cache->length;
    size_t narrow = rows * c->d_model;
    compare("normed", kind, narrow, l->normed, r->normed + layer * narrow);
    compare_rows("q", kind, cache, l->q, r->q + layer * rows * width);
    compare_rows("k", kind, cache, l->k, r->k + layer * rows * width);
    compare_rows("v", kind, cache, l->v, r->v + layer * rows * width);
    compare("scores", kind, square, l->scores, r->scores + layer * square);
    compare("pattern", kind, square, l->pattern, r->pattern + layer * square);
    compare("z", kind, rows * width, l->z, r->z + layer * rows * width);
    compare("residual", kind, narrow, cache->residual[layer + 1],
            r->residual + (layer + 1) * narrow);
}

static void compare_with_reference(const struct model_kind *kind, int batch, int length,
                                   unsigned keep)
{
    struct model model;
    struct reference reference;
    struct ind_cache cache;
    struct ind_error err;
    const struct ind_config *c = &kind->config;
    model_init(&model, c, batch, 7);
    reference_init(&reference, c, batch, length);
    assert_int_equal(ind_cache_init(&cache, c, batch, length, IND_KEEP_SCORES | keep, &err),
                     IND_OK);

    reference_forward(&reference, &model.layout, model.weights, model.tokens, c->context);
    ind_forward(&model.params, model.tokens, c->context, NULL, 0, &cache);
    size_t rows = (size_t)batch * length, narrow = rows * c->d_model;
    compare("residual[0]", kind, narrow, cache.residual[0], reference.residual);
    for (int layer = 0; layer < c->layers; layer++)
        compare_layer(kind, &cache, &reference, layer);
    compare("final", kind, narrow, cache.final_normed, reference.normed + c->layers * narrow);
    float *logits = calloc(rows * c->vocab, sizeof *logits);
    assert_non_null(logits);
    ind_logits(&model.params, &cache, 0, (int)rows, logits);
    compare("logits", kind, rows * c->vocab, logits, reference.logits);
    ind_logits(&model.params, &cache, (int)rows - 1, 1, logits);
    compare("last logits", kind, (size_t)c->vocab, logits,
            reference.logits + (rows - 1) * c->vocab);

    free(logits);
    ind_cache_release(&cache);
    reference_release(&reference);
    model_release(&model);
}

/* The first half without v and z gives the same patterns, to the bit. */
static void patterns_alone_are_the_same(void **state)
{
    (void)state;
    for (int i = 0; i < model_kind_count; i++) {
        const struct ind_config *c = &model_kinds[i].config;
        const int length = c->context - 1, last = c->layers - 1;
        struct model model;
        struct ind_cache whole, half;
        struct ind_error err;
        model_init(&model, c, 2, 7);
        assert_int_equal(ind_cache_init(&whole, c, 2, length, 0, &err), IND_OK);
        assert_int_equal(ind_cache_init(&half, c, 2, length, 0, &err), IND_OK);
        ind_forward(&model.params, model.tokens, c->context, NULL, 0, &whole);
        memcpy(half.residual[last], whole.residual[last],
               2 * (size_t)length * c->d_model * sizeof(float));
        ind_forward_pattern(&model.params, last, &half);
        assert_memory_equal(half.layers[last].pattern, whole.layers[last].pattern,
                            2 * (size_t)c->heads * length * length * sizeof(float));
        ind_cache_release(&half);
        ind_cache_release(&whole);
        model_release(&model);
    }
}

static void every_kind_equals_the_reference(void **state)
{
    (void)state;
    for (int i = 0; i < model_kind_count; i++) {
        compare_with_reference(&model_kinds[i], 3, model_kinds[i].config.context - 1, 0);
        compare_with_reference(&model_kinds[i], 3, model_kinds[i].config.context - 1, IND_BY_TOKEN);
    }
}

static void shapes_at_the_edge(void **state)
{
    (void)state;
    for (int i = 0; i < model_kind_count; i++) {
        for (unsigned keep = 0; keep <= IND_BY_TOKEN; keep += IND_BY_TOKEN) {
            compare_with_reference(&model_kinds[i], 1, 1, keep);
            compare_with_reference(&model_kinds[i], 1, model_kinds[i].config.context, keep);
            compare_with_reference(&model_kinds[i], 4, 2, keep);
        }
    }
}

/* ---- Patterns ------------------------------------------------------------------------------- */

struct fixture {
    struct model model;
    struct ind_cache cache;
};

static int open_fixture(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct ind_error err;
    model_init(&f->model, &model_kinds[1].config, 3, 11);
    assert_int_equal(ind_cache_init(&f->cache, &model_kinds[1].config, 3, 9, IND_KEEP_SCORES, &err),
                     IND_OK);
    *state = f;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *f = *state;
    ind_cache_release(&f->cache);
    model_release(&f->model);
    free(f);
    return 0;
}

static void run(struct fixture *f, const struct ind_patch *patches, int count)
{
    ind_forward(&f->model.params, f->model.tokens, f->cache.config.context, patches, count,
                &f->cache);
}

static void rows_sum_to_one_and_nothing_looks_ahead(void **state)
{
    struct fixture *f = *state;
    int T = f->cache.length, maps = 3 * f->cache.config.heads;
    run(f, NULL, 0);
    for (int layer = 0; layer < f->cache.config.layers; layer++) {
        for (int row = 0; row < maps * T; row++) {
            const float *p = f->cache.layers[layer].pattern + (size_t)row * T;
            double sum = 0.0;
            for (int j = 0; j < T; j++) {
                sum += (double)p[j];
                assert_true(j <= row % T ? p[j] > 0.0F : p[j] == 0.0F);
            }
            assert_true(fabs(sum - 1.0) < 1e-6);
        }
    }
}

/* The same sequence in another place of the batch, and again: the same bytes. */
static void same_sequence_same_bytes(void **state)
{
    struct fixture *f = *state;
    size_t context = (size_t)f->cache.config.context, T = (size_t)f->cache.length;
    size_t count = T * f->cache.config.d_model;
    memcpy(f->model.tokens + 2 * context, f->model.tokens, context * sizeof *f->model.tokens);
    run(f, NULL, 0);
    const float *last = f->cache.residual[f->cache.config.layers];
    assert_memory_equal(last, last + 2 * count, count * sizeof *last);
    float *kept = malloc(3 * count * sizeof *kept);
    memcpy(kept, last, 3 * count * sizeof *kept);
    run(f, NULL, 0);
    assert_memory_equal(last, kept, 3 * count * sizeof *last);
    free(kept);
}

static void entering_in_the_middle_gives_the_same(void **state)
{
    struct fixture *f = *state;
    size_t count = (size_t)3 * f->cache.length * f->cache.config.d_model;
    run(f, NULL, 0);
    float *kept = malloc(count * sizeof *kept);
    memcpy(kept, f->cache.residual[2], count * sizeof *kept);
    struct ind_patch zero = {.kind = IND_PATCH_Z, .layer = 1, .head = 0};
    ind_forward_layers(&f->model.params, 1, &zero, 1, &f->cache);
    assert_memory_not_equal(f->cache.residual[2], kept, count * sizeof *kept);
    ind_forward_layers(&f->model.params, 1, NULL, 0, &f->cache);
    assert_memory_equal(f->cache.residual[2], kept, count * sizeof *kept);
    free(kept);
}

/* Attention, z zeroed by hand, output: what a patch on z does, and nothing else. */
static void the_halves_of_a_layer_are_the_whole(void **state)
{
    struct fixture *f = *state;
    const struct ind_config *c = &f->cache.config;
    const struct ind_params *params = &f->model.params;
    size_t rows = (size_t)3 * f->cache.length, count = rows * c->d_model;
    struct ind_patch zero = {.kind = IND_PATCH_Z, .layer = 0, .head = 1};
    run(f, &zero, 1);
    float *kept = malloc(count * sizeof *kept);
    memcpy(kept, f->cache.residual[c->layers], count * sizeof *kept);
    run(f, NULL, 0);
    assert_memory_not_equal(f->cache.residual[c->layers], kept, count * sizeof *kept);

    ind_forward_attention(params, 0, NULL, 0, &f->cache);
    for (size_t row = 0; row < rows; row++)
        memset(f->cache.layers[0].z + (row * c->heads + 1) * c->d_head, 0,
               (size_t)c->d_head * sizeof(float));
    ind_forward_output(params, 0, &f->cache);
    for (int layer = 1; layer < c->layers; layer++) {
        ind_forward_attention(params, layer, NULL, 0, &f->cache);
        ind_forward_output(params, layer, &f->cache);
    }
    ind_forward_layers(params, c->layers, NULL, 0, &f->cache);
    assert_memory_equal(f->cache.residual[c->layers], kept, count * sizeof *kept);
    free(kept);
}

/* ---- Interventions -------------------------------------------------------------------------- */

static void zero_ablation_equals_a_model_without_the_output(void **state)
{
    struct fixture *f = *state;
    const struct ind_config *c = &f->cache.config;
    size_t count = (size_t)3 * f->cache.length * c->d_model;
    struct ind_patch patch = {.kind = IND_PATCH_Z, .layer = 0, .head = 1};
    run(f, &patch, 1);
    float *patched = malloc(count * sizeof *patched);
    memcpy(patched, f->cache.residual[c->layers], count * sizeof *patched);

    float *W_O = f->model.params.layers[0].W_O + (size_t)c->d_head * c->d_model;
    memset(W_O, 0, (size_t)c->d_head * c->d_model * sizeof *W_O);
    run(f, NULL, 0);
    for (size_t i = 0; i < count; i++)
        assert_true(fabs((double)(patched[i] - f->cache.residual[c->layers][i])) < 1e-5);
    free(patched);
}

/* Pattern := exact previous token, so z of row i is v of row i - 1, for one head alone. */
static void a_pattern_is_replaced(void **state)
{
    struct fixture *f = *state;
    const struct ind_config *c = &f->cache.config;
    int T = f->cache.length, k = c->d_head;
    float previous[9 * 9] = {0};
    for (int i = 0; i < T; i++)
        previous[i * T + (i > 0 ? i - 1 : 0)] = 1.0F;
    struct ind_patch patch = {.kind = IND_PATCH_PATTERN, .layer = 1, .head = 2, .value = previous};
    run(f, &patch, 1);
    const struct ind_layer_cache *l = &f->cache.layers[1];
    for (int row = 0; row < 3 * T; row++) {
        int source = row % T > 0 ? row - 1 : row;
        const float *z = l->z + ((size_t)row * c->heads + 2) * k;
        assert_memory_equal(z, l->v + (size_t)source * f->cache.qkv_stride + 2 * k,
                            (size_t)k * sizeof *z);
    }
    assert_true(l->pattern[T * T] != 0.0F && l->pattern[T + 1] != 0.0F);
}

/* Adding log w to the scores multiplies the weights by w; -inf masks; a wholly masked row is zero.
 */
static void scores_are_added_before_softmax(void **state)
{
    struct fixture *f = *state;
    int T = f->cache.length;
    float add[9 * 9] = {0};
    for (int i = 0; i < T; i++)
        add[i * T] = i % 2 ? logf(3.0F) : -INFINITY;
    struct ind_patch patch = {.kind = IND_PATCH_SCORES_ADD, .layer = 0, .head = 0, .value = add};
    run(f, NULL, 0);
    float clean[9 * 9];
    memcpy(clean, f->cache.layers[0].pattern, sizeof clean);
    run(f, &patch, 1);
    const float *p = f->cache.layers[0].pattern;
    assert_true(p[0] == 0.0F);
    for (int i = 1; i < T; i++) {
        double first = i % 2 ? 3.0 * (double)clean[i * T] : 0.0;
        double rest = 1.0 - (double)clean[i * T];
        for (int j = 0; j <= i; j++) {
            double want = (j ? (double)clean[i * T + j] : first) / (first + rest);
            assert_true(fabs((double)p[i * T + j] - want) < 1e-6);
        }
    }
    assert_true(f->cache.layers[0].scores[2 * T] == -INFINITY);
}

/* Strides: another value for each sequence, rows wider than the value; order pattern, then z. */
static void values_have_strides(void **state)
{
    struct fixture *f = *state;
    const struct ind_config *c = &f->cache.config;
    int T = f->cache.length, k = c->d_head;
    float value[3 * 9 * 8];
    for (int i = 0; i < 3 * 9 * 8; i++)
        value[i] = (float)i;
    struct ind_patch patches[] = {
        {.kind = IND_PATCH_Z,
         .layer = 1,
         .head = 1,
         .value = value,
         .batch_stride = 9 * 8,
         .row_stride = 8},
        {.kind = IND_PATCH_PATTERN, .layer = 1, .head = 1, .value = NULL},
    };
    run(f, patches, 2);
    for (int row = 0; row < 3 * T; row++) {
        for (int e = 0; e < k; e++)
            assert_true(f->cache.layers[1].z[((size_t)row * c->heads + 1) * k + e] ==
                        (float)(row * 8 + e));
    }
}

/* ---- Shapes that cannot be ------------------------------------------------------------------- */

static void impossible_shapes_are_refused(void **state)
{
    (void)state;
    struct ind_cache cache;
    struct ind_error err;
    struct ind_config c = ind_config_default();
    assert_int_equal(ind_cache_init(&cache, &c, 0, 4, 0, &err), IND_FAILED);
    assert_non_null(strstr(err.text, "batch"));
    assert_int_equal(ind_cache_init(&cache, &c, 1, 81, 0, &err), IND_FAILED);
    assert_non_null(strstr(err.text, "length"));
    assert_int_equal(ind_cache_init(&cache, &c, INT32_MAX, 80, 0, &err), IND_FAILED);
    assert_non_null(strstr(err.text, "batch"));
    c.layers = 256; /* more floats than a size_t counts */
    c.heads = 1024;
    c.context = 65536;
    assert_int_equal(ind_cache_init(&cache, &c, 32767, 65536, IND_KEEP_SCORES, &err), IND_FAILED);
    assert_non_null(strstr(err.text, "address space"));
    assert_null(cache.work);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_alone_are_the_same),
        cmocka_unit_test(every_kind_equals_the_reference),
        cmocka_unit_test(shapes_at_the_edge),
        cmocka_unit_test_setup_teardown(rows_sum_to_one_and_nothing_looks_ahead, open_fixture,
                                        close_fixture),
        cmocka_unit_test_setup_teardown(same_sequence_same_bytes, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(entering_in_the_middle_gives_the_same, open_fixture,
                                        close_fixture),
        cmocka_unit_test_setup_teardown(the_halves_of_a_layer_are_the_whole, open_fixture,
                                        close_fixture),
        cmocka_unit_test_setup_teardown(zero_ablation_equals_a_model_without_the_output,
                                        open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(a_pattern_is_replaced, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(scores_are_added_before_softmax, open_fixture,
                                        close_fixture),
        cmocka_unit_test_setup_teardown(values_have_strides, open_fixture, close_fixture),
        cmocka_unit_test(impossible_shapes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
