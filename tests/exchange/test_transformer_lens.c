/*
 * Parity with TransformerLens, without Python: small models of every kind, their weights, its
 * configuration and every activation that it computed (tests/peers/transformer_lens.py --golden)
 * against import, forward pass and export.
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

#include <induct/base/file.h>
#include <induct/math/blas.h>
#include <induct/exchange/export.h>
#include <induct/exchange/import.h>

#include "support/folder.h"

static const char *const KINDS[] = {"plain",       "bias",   "layernorm",       "folded",
                                    "shortformer", "rotary", "rotary-adjacent", "scale"};

static const double TOLERANCE = 2e-6; /* relative to the largest value; the worst seen is 6e-7 */

static struct ind_error err;

static char *golden(const char *kind, const char *suffix)
{
    return ind_text("%s/tests/golden/transformer_lens/%s%s", getenv("INDUCT_SOURCE"), kind, suffix);
}

/* One kind of model as induct reads it. */
struct model {
    struct ind_import import;
    struct ind_layout layout;
    struct ind_params params;
};

static void open_model(struct model *m, const char *path)
{
    const struct ind_import_options options = {0};
    if (ind_import_open(&m->import, &path, 1, &options, NULL, &err) != IND_OK ||
        ind_layout_init(&m->layout, &m->import.config, &err) != IND_OK ||
        ind_params_init(&m->params, &m->layout, &err) != IND_OK ||
        ind_import_read(&m->import, 0, &m->params, &err) != IND_OK)
        fail_msg("%s", err.text);
}

static void close_model(struct model *m)
{
    ind_params_release(&m->params);
    ind_layout_release(&m->layout);
    ind_import_close(&m->import);
}

static const struct ind_st_write *find(const struct ind_export *list, const char *name)
{
    for (int i = 0; i < list->count; i++)
        if (strcmp(list->items[i].name, name) == 0)
            return &list->items[i];
    return NULL;
}

static double largest_difference(const float *ours, const float *theirs, size_t count)
{
    double difference = 0, largest = 1e-30;
    for (size_t i = 0; i < count; i++) {
        if (isinf(theirs[i]) || isinf(ours[i])) {
            if (ours[i] != theirs[i])
                return INFINITY;
            continue;
        }
        difference = fmax(difference, fabs((double)ours[i] - (double)theirs[i]));
        largest = fmax(largest, fabs((double)theirs[i]));
    }
    return difference / largest;
}

/* Every array of TransformerLens's cache has its counterpart of the same shape and values. */
static int compare(const char *kind, const struct ind_safetensors *theirs,
                   const struct ind_export *ours)
{
    int compared = 0;
    for (int i = 0; i < theirs->tensor_count; i++) {
        const struct ind_st_tensor *expected = &theirs->tensors[i];
        const struct ind_st_write *item = find(ours, expected->name);
        if (!item)
            fail_msg("%s: no %s", kind, expected->name);
        assert_int_equal(item->rank, expected->rank);
        for (int k = 0; k < item->rank; k++)
            assert_int_equal(item->shape[k], expected->shape[k]);
        assert_int_equal(item->dtype, expected->dtype);
        size_t count = (expected->end - expected->begin) / ind_dtype_size(expected->dtype);
        if (expected->dtype != IND_F32)
            continue;
        float *copy = malloc(count * sizeof *copy); /* aligned */
        memcpy(copy, theirs->data + expected->begin, count * sizeof *copy);
        double error = largest_difference(item->data, copy, count);
        free(copy);
        if (!(error <= TOLERANCE))
            fail_msg("%s: %s differs by %g", kind, expected->name, error);
        compared++;
    }
    return compared;
}

static void compare_kind(const char *kind)
{
    struct model m;
    struct ind_safetensors theirs;
    struct ind_cache cache;
    struct ind_export ours = {0};
    char *weights = golden(kind, ".safetensors"), *activations = golden(kind, ".cache");
    open_model(&m, weights);
    if (ind_safetensors_open(&theirs, activations, SIZE_MAX, &err) != IND_OK)
        fail_msg("%s", err.text);
    const struct ind_st_tensor *from = ind_safetensors_find(&theirs, "tokens");
    int batch = (int)from->shape[0], length = (int)from->shape[1];
    int32_t *tokens = calloc((size_t)(batch * length), sizeof *tokens);
    for (int i = 0; i < batch * length; i++)
        tokens[i] = (int32_t)ind_dtype_to_float(from->dtype, theirs.data + from->begin + 8 * i);
    assert_int_equal(ind_cache_init(&cache, &m.import.config, batch, length, IND_KEEP_SCORES, &err),
                     IND_OK);
    ind_forward(&m.params, tokens, length, NULL, 0, &cache);
    assert_int_equal(ind_export_activations(&ours, &m.params, &cache, tokens, length, &err),
                     IND_OK);
    assert_true(compare(kind, &theirs, &ours) >= 2 * 9 + 2);
    ind_export_release(&ours);
    ind_cache_release(&cache);
    ind_safetensors_close(&theirs);
    close_model(&m);
    free(tokens);
    free(weights);
    free(activations);
}

static void every_activation_is_theirs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
        compare_kind(KINDS[i]);
}

static void configuration_is_read(void **state)
{
    (void)state;
    struct model m;
    char *path = golden("rotary-adjacent", ".safetensors");
    open_model(&m, path);
    assert_int_equal(m.import.config.positions, IND_POSITIONS_ROTARY);
    assert_int_equal(m.import.config.rotary_dim, 2);
    assert_true(m.import.config.rotary_adjacent && m.import.config.bias);
    assert_int_equal(m.import.config.context, 9);
    assert_int_equal(m.import.models[0].epoch, 0);
    assert_non_null(strstr(m.import.notes[0], "says no epoch"));
    close_model(&m);
    free(path);
    path = golden("scale", ".safetensors");
    open_model(&m, path);
    assert_true(m.import.config.attn_scale == 2.5);
    assert_false(m.import.config.bias);
    close_model(&m);
    free(path);
}

/* Out again as TransformerLens's state dict: all its tensors, the same bytes, but for the last bits
 * of rotary tables and the mask of version 2 (version 3 keeps an empty one). */
static void state_dict_comes_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        struct model m;
        struct ind_safetensors theirs;
        struct ind_export ours = {0};
        char *path = golden(KINDS[i], ".safetensors");
        open_model(&m, path);
        assert_int_equal(ind_safetensors_open(&theirs, path, SIZE_MAX, &err), IND_OK);
        assert_int_equal(ind_export_lens(&ours, &m.params, &err), IND_OK);
        assert_int_equal(ours.count, theirs.tensor_count);
        for (int k = 0; k < theirs.tensor_count; k++) {
            const struct ind_st_tensor *from = &theirs.tensors[k];
            const struct ind_st_write *item = find(&ours, from->name);
            if (!item)
                fail_msg("%s: no %s", KINDS[i], from->name);
            assert_int_equal(item->dtype, from->dtype);
            if (strstr(from->name, ".mask")) {
                assert_int_equal(item->shape[0] + item->shape[1], 0);
                continue;
            }
            size_t size = from->end - from->begin;
            assert_int_equal(item->rank, from->rank);
            if (strstr(from->name, ".rotary_")) {
                float table[64];
                memcpy(table, theirs.data + from->begin, size);
                assert_true(largest_difference(item->data, table, size / 4) < TOLERANCE);
            } else {
                assert_memory_equal(item->data, theirs.data + from->begin, size);
            }
        }
        ind_export_release(&ours);
        ind_safetensors_close(&theirs);
        close_model(&m);
        free(path);
    }
}

/* What induct exports and imports again is the same model, biases or positions or none. */
static void export_and_import_give_the_same_model(void **state)
{
    const struct ind_config kinds[] = {
        {.positions = IND_POSITIONS_SINUSOIDAL},
        {.positions = IND_POSITIONS_NONE, .norm = IND_NORM_LN},
        {.positions = IND_POSITIONS_LEARNED, .bias = true, .attn_scale = 1},
        {.positions = IND_POSITIONS_ROTARY, .norm = IND_NORM_LNPRE, .rotary_dim = 2},
        {.positions = IND_POSITIONS_SHORTFORMER},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct ind_config c = kinds[i];
        struct ind_layout layout;
        struct ind_params params;
        struct ind_export list = {0};
        struct model back;
        c.layers = 2, c.heads = 3, c.d_model = 8, c.d_head = 4, c.vocab = 5, c.context = 6;
        c.norm_eps = 1e-6, c.rotary_base = 100;
        assert_int_equal(ind_layout_init(&layout, &c, &err), IND_OK);
        assert_int_equal(ind_params_init(&params, &layout, &err), IND_OK);
        ind_params_randomise(&params, i);
        assert_int_equal(ind_export_lens(&list, &params, &err), IND_OK);
        const char *path = folder_path(*state, "model%zu.safetensors", i);
        assert_int_equal(ind_safetensors_write(path, list.items, list.count, NULL, 0, false, &err),
                         IND_OK);
        char *json = ind_export_lens_config(&c);
        file_put(folder_path(*state, "model%zu.json", i), json, strlen(json));
        open_model(&back, path);
        /* the configuration calls a table a table, and zeros are no biases */
        enum ind_positions positions = back.import.config.positions;
        bool table = positions == IND_POSITIONS_LEARNED;
        assert_true(positions == c.positions ||
                    (table && (c.positions == IND_POSITIONS_SINUSOIDAL ||
                               c.positions == IND_POSITIONS_NONE)));
        c.positions = positions;
        c.bias = back.import.config.bias;
        assert_true(ind_import_same_model(&c, &back.import.config, NULL));
        for (int k = 0; k < layout.tensor_count; k++) {
            const struct ind_tensor *tensor = &layout.tensors[k];
            const struct ind_tensor *other = ind_layout_find(&back.layout, tensor->name);
            if (!other)
                continue; /* biases of a new model are zeros */
            assert_memory_equal(params.data + tensor->offset, back.params.data + other->offset,
                                tensor->count * sizeof(float));
        }
        close_model(&back);
        ind_export_release(&list);
        ind_params_release(&params);
        ind_layout_release(&layout);
        free(json);
    }
}

/* Halves and adjacent pairs are one function. */
static void adjacent_pairs_compute_the_same(void **state)
{
    (void)state;
    struct model m;
    struct ind_layout layout;
    struct ind_params adjacent;
    struct ind_cache caches[2];
    const int32_t tokens[8] = {3, 1, 4, 1, 5, 2, 6, 5};
    char *path = golden("rotary", ".safetensors");
    open_model(&m, path);
    assert_false(m.import.config.rotary_adjacent);
    assert_int_equal(ind_export_adjacent(&m.params, &layout, &adjacent, &err), IND_OK);
    assert_true(layout.config.rotary_adjacent);
    assert_true(memcmp(adjacent.data, m.params.data, layout.total * sizeof(float)) != 0);
    const struct ind_params *both[2] = {&m.params, &adjacent};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            ind_cache_init(&caches[i], &both[i]->layout->config, 1, 8, IND_KEEP_SCORES, &err),
            IND_OK);
        ind_forward(both[i], tokens, 8, NULL, 0, &caches[i]);
    }
    size_t count = (size_t)8 * (size_t)layout.config.vocab;
    float *logits = calloc(2 * count, sizeof *logits);
    for (int i = 0; i < 2; i++)
        ind_logits(both[i], &caches[i], 0, 8, logits + (size_t)i * count);
    assert_true(largest_difference(logits, logits + count, count) < TOLERANCE);
    free(logits);
    for (int i = 0; i < 2; i++)
        ind_cache_release(&caches[i]);
    ind_params_release(&adjacent);
    ind_layout_release(&layout);
    close_model(&m);
    free(path);
}

static int set_up(void **state)
{
    ind_blas_init();
    *state = folder_new();
    return 0;
}

static int tear_down(void **state)
{
    folder_remove(*state);
    return 0;
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(every_activation_is_theirs),
        IN_FOLDER(configuration_is_read),
        IN_FOLDER(state_dict_comes_back),
        IN_FOLDER(export_and_import_give_the_same_model),
        IN_FOLDER(adjacent_pairs_compute_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
