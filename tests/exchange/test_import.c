/* Import: layouts are recognised, mappings followed, what is not certain asked for, and nothing
 * that induct would compute differently accepted. */
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
#include <induct/exchange/export.h>
#include <induct/exchange/import.h>

#include "exchange/mapping.h"
#include "support/folder.h"

static struct ind_error err;

static void says(const char *message)
{
    if (!strstr(err.text, message) || strchr(err.text, '\n'))
        fail_msg("says '%s', not '%s'", err.text, message);
}

/* A model to be written in somebody's layout. */
struct fixture {
    char *folder;
    struct ind_layout layout;
    struct ind_params params;
    struct ind_export list; /* somebody's tensors */
    char path[4096];        /* of the file written last */
};

static void make_model(struct fixture *f, struct ind_config config)
{
    config.layers = 2, config.heads = 3, config.d_model = 8, config.d_head = 4;
    config.vocab = 11, config.context = 6, config.norm_eps = 1e-5, config.rotary_base = 10000;
    assert_int_equal(ind_layout_init(&f->layout, &config, &err), IND_OK);
    assert_int_equal(ind_params_init(&f->params, &f->layout, &err), IND_OK);
    ind_params_randomise(&f->params, 3);
    for (int i = 0; i < f->layout.tensor_count; i++)
        if (f->layout.tensors[i].rank == 1 || strstr(f->layout.tensors[i].name, ".b_"))
            for (size_t k = 0; k < f->layout.tensors[i].count; k++)
                f->params.data[f->layout.tensors[i].offset + k] = (float)(i + 1) + 0.5f * (float)k;
}

static const char *write_list(struct fixture *f, const char *name)
{
    snprintf(f->path, sizeof f->path, "%s/%s", f->folder, name);
    assert_int_equal(
        ind_safetensors_write(f->path, f->list.items, f->list.count, NULL, 0, false, &err), IND_OK);
    return f->path;
}

static int import(const char *path, const struct ind_import_options *options,
                  struct ind_import *import, struct ind_layout *layout, struct ind_params *params)
{
    *layout = (struct ind_layout){0};
    *params = (struct ind_params){0};
    if (ind_import_open(import, &path, 1, options, NULL, &err) != IND_OK)
        return IND_FAILED;
    if (ind_layout_init(layout, &import->config, &err) != IND_OK ||
        ind_params_init(params, layout, &err) != IND_OK)
        fail_msg("%s", err.text);
    return ind_import_read(import, 0, params, &err);
}

static void release(struct ind_import *from, struct ind_layout *layout, struct ind_params *params)
{
    ind_params_release(params);
    ind_layout_release(layout);
    ind_import_close(from);
}

/* Imports and compares bit for bit with the fixture's model. */
static void expect_same(struct fixture *f, const char *path,
                        const struct ind_import_options *options)
{
    struct ind_import from;
    struct ind_layout layout;
    struct ind_params params;
    if (import(path, options, &from, &layout, &params) != IND_OK)
        fail_msg("%s", err.text);
    assert_true(ind_import_same_model(&from.config, &f->layout.config, NULL));
    assert_int_equal(layout.total, f->layout.total);
    assert_memory_equal(params.data, f->params.data, layout.total * sizeof(float));
    release(&from, &layout, &params);
}

static void expect_refusal(const char *path, const struct ind_import_options *options,
                           const char *message)
{
    struct ind_import from;
    struct ind_layout layout;
    struct ind_params params;
    if (import(path, options, &from, &layout, &params) == IND_OK)
        fail_msg("accepted, but should say '%s'", message);
    says(message);
    size_t folder = (size_t)(strrchr(path, '/') + 1 - path); /* the file's name, or its JSON's */
    assert_memory_equal(err.text, path, folder);
    release(&from, &layout, &params);
}

static void put_text(struct fixture *f, const char *name, const char *text)
{
    file_put(folder_path(f->folder, "%s", name), text, strlen(text));
}

/* ---- The study's layout ---------------------------------------------------------------------- */

static void study_layout_comes_back(void **state)
{
    struct fixture *f = *state;
    make_model(f, (struct ind_config){.positions = IND_POSITIONS_SINUSOIDAL});
    assert_int_equal(ind_export_study(&f->list, &f->params, &err), IND_OK);
    const char *path = write_list(f, "model_300.safetensors");
    const struct ind_import_options three = {.heads = 3};
    expect_same(f, path, &three);
    struct ind_import from;
    assert_int_equal(ind_import_open(&from, &path, 1, &three, NULL, &err), IND_OK);
    assert_int_equal(from.models[0].epoch, 300);
    assert_non_null(strstr(from.summary, "the study's layout: 2 layers of 3 heads"));
    ind_import_close(&from);
    const struct ind_import_options five = {.heads = 5}, none = {0};
    expect_refusal(path, &five, "12 columns of W_Q are not 5 heads");
    expect_refusal(path, &none,
                   "how many heads share its 12 columns of W_Q? (--heads N; the study's");
}

/* Rows of W_qkv are Q of all heads, K, V, head by head: y = x W^T. Against a sum written out. */
static void study_layout_is_the_linear_map(void **state)
{
    struct fixture *f = *state;
    make_model(f, (struct ind_config){.positions = IND_POSITIONS_SINUSOIDAL});
    assert_int_equal(ind_export_study(&f->list, &f->params, &err), IND_OK);
    const float *qkv = NULL, *out = NULL;
    for (int i = 0; i < f->list.count; i++) {
        if (strcmp(f->list.items[i].name, "attention_blocks.1.W_qkv.weight") == 0)
            qkv = f->list.items[i].data;
        if (strcmp(f->list.items[i].name, "attention_blocks.1.W_o.weight") == 0)
            out = f->list.items[i].data;
    }
    assert_true(qkv && out);
    const struct ind_layer_params *w = &f->params.layers[1];
    const float *ours[] = {w->W_Q, w->W_K, w->W_V};
    for (int part = 0; part < 3; part++)
        for (int h = 0; h < 3; h++)
            for (int i = 0; i < 8; i++)
                for (int k = 0; k < 4; k++)
                    assert_true(qkv[(part * 12 + h * 4 + k) * 8 + i] ==
                                ours[part][(h * 8 + i) * 4 + k]);
    for (int h = 0; h < 3; h++)
        for (int k = 0; k < 4; k++)
            for (int i = 0; i < 8; i++)
                assert_true(out[i * 12 + h * 4 + k] == w->W_O[(h * 4 + k) * 8 + i]);
}

static void positions_are_told_by_their_values(void **state)
{
    struct fixture *f = *state;
    make_model(f, (struct ind_config){.positions = IND_POSITIONS_LEARNED});
    assert_int_equal(ind_export_study(&f->list, &f->params, &err), IND_OK);
    const char *path = write_list(f, "a_1.safetensors");
    const struct ind_import_options three = {.heads = 3};
    expect_same(f, path, &three);
    ind_positions_sinusoidal(6, 8, f->params.W_pos);
    struct ind_import from;
    path = write_list(f, "a_2.safetensors");
    assert_int_equal(ind_import_open(&from, &path, 1, &three, NULL, &err), IND_OK);
    assert_int_equal(from.config.positions, IND_POSITIONS_SINUSOIDAL);
    ind_import_close(&from);
    const struct ind_import_options said = {.heads = 3, .positions = "learned"};
    expect_same(f, path, &said);
    const struct ind_import_options none = {.heads = 3, .positions = "none"};
    expect_refusal(path, &none, "position_embedding is not zero, but the model");
}

static void what_the_study_cannot_hold_is_not_exported(void **state)
{
    struct fixture *f = *state;
    make_model(f, (struct ind_config){.positions = IND_POSITIONS_NONE, .bias = true});
    assert_int_equal(ind_export_study(&f->list, &f->params, &err), IND_FAILED);
    says("no place for biases");
}

/* ---- Mapping files --------------------------------------------------------------------------- */

static const float *named(const struct fixture *f, const char *name)
{
    return f->params.data + ind_layout_find(&f->layout, name)->offset;
}

static float *add_theirs(struct fixture *f, int layer, const char *name, int64_t rows,
                         int64_t columns)
{
    char full[128];
    const int64_t shape[2] = {rows, columns};
    if (layer >= 0)
        snprintf(full, sizeof full, "model.transformer.h.%d.%s", layer, name);
    else
        snprintf(full, sizeof full, "model.%s", name);
    float *data = ind_export_new(&f->list, full, IND_F32, columns ? 2 : 1, shape, &err);
    assert_non_null(data);
    return data;
}

/* theirs [columns, rows] from ours [rows, columns] */
static void transpose(float *theirs, const float *ours, int rows, int columns)
{
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++)
            theirs[j * rows + i] = ours[i * columns + j];
}

static void add_nanogpt_layer(struct fixture *f, int layer)
{
    const struct ind_layer_params *w = &f->params.layers[layer];
    const float *weights[] = {w->W_Q, w->W_K, w->W_V}, *biases[] = {w->b_Q, w->b_K, w->b_V};
    memcpy(add_theirs(f, layer, "ln_1.weight", 8, 0), w->ln1_w, 8 * sizeof(float));
    memcpy(add_theirs(f, layer, "ln_1.bias", 8, 0), w->ln1_b, 8 * sizeof(float));
    float *fused = add_theirs(f, layer, "attn.c_attn.weight", 36, 8);
    float *bias = add_theirs(f, layer, "attn.c_attn.bias", 36, 0);
    for (int part = 0; part < 3; part++) {
        memcpy(bias + 12 * part, biases[part], 12 * sizeof *bias);
        for (int h = 0; h < 3; h++)
            transpose(fused + (part * 12 + h * 4) * 8, weights[part] + h * 32, 8, 4);
    }
    transpose(add_theirs(f, layer, "attn.c_proj.weight", 8, 12), w->W_O, 12, 8);
    memcpy(add_theirs(f, layer, "attn.c_proj.bias", 8, 0), w->b_O, 8 * sizeof(float));
    float *mask = add_theirs(f, layer, "attn.bias", 6, 6);
    for (int i = 0; i < 6; i++)
        for (int j = 0; j <= i; j++)
            mask[6 * i + j] = 1;
}

static void add_nanogpt(struct fixture *f)
{
    memcpy(add_theirs(f, -1, "transformer.wte.weight", 11, 8), named(f, "embed.W_E"),
           88 * sizeof(float));
    memcpy(add_theirs(f, -1, "transformer.wpe.weight", 6, 8), named(f, "pos_embed.W_pos"),
           48 * sizeof(float));
    for (int layer = 0; layer < 2; layer++)
        add_nanogpt_layer(f, layer);
    memcpy(add_theirs(f, -1, "transformer.ln_f.weight", 8, 0), named(f, "ln_final.w"),
           8 * sizeof(float));
    memcpy(add_theirs(f, -1, "transformer.ln_f.bias", 8, 0), named(f, "ln_final.b"),
           8 * sizeof(float));
    transpose(add_theirs(f, -1, "lm_head.weight", 11, 8), named(f, "unembed.W_U"), 8, 11);
}

/* The installed example, on a model laid out as nanoGPT does, under the prefix of its
   checkpoints. */
static void nanogpt_mapping_works(void **state)
{
    struct fixture *f = *state;
    char *mapping = ind_text("%s/lib/exchange/mappings/nanogpt.json", getenv("INDUCT_SOURCE"));
    make_model(f, (struct ind_config){
                      .positions = IND_POSITIONS_LEARNED, .norm = IND_NORM_LN, .bias = true});
    memset(f->params.b_U, 0, 11 * sizeof(float)); /* lm_head has no bias */
    add_nanogpt(f);
    const char *path = write_list(f, "ckpt.safetensors");
    const struct ind_import_options options = {.mapping = mapping, .heads = 3};
    expect_same(f, path, &options);
    const struct ind_import_options no_heads = {.mapping = mapping}, no_mapping = {0};
    expect_refusal(path, &no_heads, "how many heads share its 12 columns of W_Q? (--heads N)");
    expect_refusal(path, &no_mapping, "are neither the study's nor TransformerLens's");
    add_theirs(f, 0, "mlp.c_fc.weight", 32, 8);
    path = write_list(f, "mlp.safetensors");
    expect_refusal(path, &options,
                   "tensor model.transformer.h.0.mlp.c_fc.weight is none that an attention-only");
    free(mapping);
}

/* GPT-NeoX keeps q, k, v of one head together, along the other axis here. */
static void heads_may_hold_their_parts(void **state)
{
    struct fixture *f = *state;
    make_model(f, (struct ind_config){.positions = IND_POSITIONS_LEARNED});
    const char *mapping =
        "{\"tensors\": {\"embed.W_E\": \"model.E\", \"pos_embed.W_pos\": \"model.P\","
        "\"blocks.{L}.attn.W_Q\": {\"from\": \"model.transformer.h.{L}.qkv\", \"axis\": 1,"
        " \"split\": [0, 3], \"per_head\": true},"
        "\"blocks.{L}.attn.W_K\": {\"from\": \"model.transformer.h.{L}.qkv\", \"axis\": 1,"
        " \"split\": [1, 3], \"per_head\": true},"
        "\"blocks.{L}.attn.W_V\": {\"from\": \"model.transformer.h.{L}.qkv\", \"axis\": 1,"
        " \"split\": [2, 3], \"per_head\": true},"
        "\"blocks.{L}.attn.W_O\": \"model.transformer.h.{L}.o\", \"unembed.W_U\": \"model.U\"}}";
    memcpy(add_theirs(f, -1, "E", 11, 8), f->params.W_E, 88 * sizeof(float));
    memcpy(add_theirs(f, -1, "P", 6, 8), f->params.W_pos, 48 * sizeof(float));
    memcpy(add_theirs(f, -1, "U", 8, 11), f->params.W_U, 88 * sizeof(float));
    for (int layer = 0; layer < 2; layer++) {
        const struct ind_layer_params *w = &f->params.layers[layer];
        const float *ours[] = {w->W_Q, w->W_K, w->W_V};
        float *fused = add_theirs(f, layer, "qkv", 8, 36);
        for (int h = 0; h < 3; h++)
            for (int part = 0; part < 3; part++)
                for (int i = 0; i < 8; i++)
                    for (int k = 0; k < 4; k++)
                        fused[i * 36 + (h * 3 + part) * 4 + k] = ours[part][(h * 8 + i) * 4 + k];
        memcpy(add_theirs(f, layer, "o", 12, 8), w->W_O, 96 * sizeof(float));
    }
    const char *path = write_list(f, "a.safetensors");
    const char *mapping_path = folder_path(f->folder, "m.json");
    file_put(mapping_path, mapping, strlen(mapping));
    const struct ind_import_options options = {.mapping = mapping_path, .heads = 3};
    expect_same(f, path, &options);
}

static void broken_mappings_are_named(void **state)
{
    (void)state;
#define NEEDED                                                              \
    "\"blocks.{L}.attn.W_Q\": \"q{L}\", \"blocks.{L}.attn.W_K\": \"k{L}\"," \
    "\"blocks.{L}.attn.W_V\": \"v{L}\", \"blocks.{L}.attn.W_O\": \"o{L}\"," \
    "\"unembed.W_U\": \"u\""
    const struct {
        const char *text, *message;
    } cases[] = {
        {"{\"tensors\": {\"embed.W_E\": \"e\", " NEEDED "}}", NULL},
        {"{}", "\"tensors\" must be an object"},
        {"{\"tensors\": {" NEEDED "}}", "\"tensors\" says nothing of embed.W_E"},
        {"{\"tensors\": {\"embed.W_X\": \"e\", " NEEDED "}}", "embed.W_X: no tensor of induct's"},
        {"{\"tensors\": {\"embed.W_E\": 3, " NEEDED "}}", "embed.W_E: must be a name or an object"},
        {"{\"tensors\": {\"embed.W_E\": {}, " NEEDED "}}", "embed.W_E: from is missing"},
        {"{\"tensors\": {\"embed.W_E\": {\"from\": \"e\", \"turn\": true}, " NEEDED "}}",
         "embed.W_E: turn is none of from, transpose"},
        {"{\"tensors\": {\"embed.W_E\": {\"from\": \"e\", \"split\": [3, 3]}, " NEEDED "}}",
         "split must be [part, parts]"},
        {"{\"tensors\": {\"embed.W_E\": {\"from\": \"e\", \"axis\": 9}, " NEEDED "}}",
         "axis must lie in 0..7"},
        {"{\"tensors\": {\"embed.W_E\": \"e{L}\", " NEEDED "}}", "{L} must stand in both"},
        {"{\"tensors\": {\"embed.W_E\": \"\", " NEEDED "}}", "must have 1 to 256 characters"},
        {"{\"tensors\": {\"embed.W_E\": \"e\", \"embed.W_E\": \"f\"}}", "duplicate object key"},
        {"{\"tensors\": {\"embed.W_E\": \"e\", " NEEDED "}, \"ignore\": [1]}",
         "\"ignore\" must be a list"},
        {"{\"tensors\": {\"embed.W_E\": \"e\", " NEEDED "}, \"model\": 1}",
         "\"model\" must be an object"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ind_mapping mapping;
        int status = ind_mapping_parse(&mapping, cases[i].text, strlen(cases[i].text), &err);
        assert_int_equal(status, cases[i].message ? IND_FAILED : IND_OK);
        if (cases[i].message)
            says(cases[i].message);
        else
            ind_mapping_release(&mapping);
    }
}

/* ---- TransformerLens's layout ---------------------------------------------------------------- */

static void put_config(struct fixture *f, const char *name, const char *extra)
{
    char text[1024];
    int length = snprintf(text, sizeof text,
                          "{\"n_layers\": 2, \"n_heads\": 3, \"d_model\": 8, \"d_head\": 4, "
                          "\"d_vocab\": 11, \"n_ctx\": 6, %s}",
                          extra);
    file_put(folder_path(f->folder, "%s", name), text, (size_t)length);
}

static void configuration_beside_the_file_counts(void **state)
{
    struct fixture *f = *state;
    make_model(f, (struct ind_config){.positions = IND_POSITIONS_SHORTFORMER,
                                      .norm = IND_NORM_LNPRE,
                                      .attn_scale = 1});
    assert_int_equal(ind_export_lens(&f->list, &f->params, &err), IND_OK);
    const char *path = write_list(f, "model.safetensors");
    const char *right = "\"positional_embedding_type\": \"shortformer\", \"use_attn_scale\": "
                        "false, \"normalization_type\": \"LNPre\", \"attn_only\": true";
    const struct ind_import_options none = {0};
    put_config(f, "config.json", right);
    expect_same(f, path, &none);
    put_config(f, "model.json", right);
    put_config(f, "config.json", "\"attn_only\": false"); /* not looked at: NAME.json is nearer */
    expect_same(f, path, &none);
    const struct {
        const char *config, *message;
    } refused[] = {
        {"\"attn_only\": false", "model.json: attn_only: the model has MLPs"},
        {"\"attention_dir\": \"bidirectional\"", "induct's attention is causal"},
        {"\"use_local_attn\": true", "use_local_attn: local attention"},
        {"\"scale_attn_by_inverse_layer_idx\": true", "scores scaled by layer"},
        {"\"n_key_value_heads\": 1", "heads that share keys and values"},
        {"\"attn_scores_soft_cap\": 30.0", "soft caps"},
        {"\"normalization_type\": \"RMS\"", "normalization_type"},
        {"\"positional_embedding_type\": \"alibi\"", "positional_embedding_type"},
        {"\"attn_only\": 1", "attn_only must be true or false"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        put_config(f, "model.json", refused[i].config);
        expect_refusal(path, &none, refused[i].message);
    }
    put_text(f, "model.json", "{");
    expect_refusal(path, &none, "model.json: JSON: ");
}

static void shapes_say_what_they_say(void **state)
{
    struct fixture *f = *state;
    make_model(f, (struct ind_config){
                      .positions = IND_POSITIONS_LEARNED, .norm = IND_NORM_LN, .bias = true});
    assert_int_equal(ind_export_lens(&f->list, &f->params, &err), IND_OK);
    const struct ind_import_options none = {0};
    expect_same(f, write_list(f, "a.safetensors"), &none);
    const char *path = write_list(f, "b.safetensors");
    put_config(f, "b.json", "\"positional_embedding_type\": \"standard\", \"bias\": false");
    expect_refusal(path, &none, "is not zero, but the model as configured has none");
    put_text(f, "b.json", "{\"n_ctx\": 7}");
    expect_refusal(path, &none, "pos_embed.W_pos gives [6, 8], pos_embed.W_pos needs [7, 8]");
    put_text(f, "b.json", "{\"n_layers\": 1}");
    expect_refusal(path, &none, "tensor blocks.1.");
}

static void missing_and_broken_weights_are_named(void **state)
{
    struct fixture *f = *state;
    const struct ind_import_options none = {0};
    make_model(f, (struct ind_config){.positions = IND_POSITIONS_LEARNED});
    assert_int_equal(ind_export_lens(&f->list, &f->params, &err), IND_OK);
    float keep = f->params.layers[1].W_K[5];
    f->params.layers[1].W_K[5] = NAN;
    const char *path = write_list(f, "a.safetensors");
    expect_refusal(path, &none, "blocks.1.attn.W_K holds a NaN or an infinity");
    f->params.layers[1].W_K[5] = keep;
    for (int i = 0; i < f->list.count; i++)
        if (strcmp(f->list.items[i].name, "blocks.1.attn.W_V") == 0)
            ((char *)f->list.items[i].name)[16] = 'X';
    path = write_list(f, "b.safetensors");
    expect_refusal(path, &none, "no tensor for blocks.1.attn.W_V");
}

/* A few bytes of half-precision storage seen as an enormous model. */
static void small_files_do_not_ask_for_all_memory(void **state)
{
    struct fixture *f = *state;
    const struct ind_import_options none = {0};
    make_model(f, (struct ind_config){.positions = IND_POSITIONS_SINUSOIDAL});
    assert_int_equal(ind_export_lens(&f->list, &f->params, &err), IND_OK);
    const char *path = write_list(f, "a.safetensors");
    put_text(f, "a.json",
             "{\"n_layers\": 256, \"d_model\": 16384, \"n_heads\": 1024, \"d_head\": 16384}");
    struct ind_import from;
    assert_int_equal(ind_import_open(&from, &path, 1, &none, NULL, &err), IND_FAILED);
    says("times the size of the file");
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->folder = folder_new();
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    ind_export_release(&f->list);
    ind_params_release(&f->params);
    ind_layout_release(&f->layout);
    folder_remove(f->folder);
    free(f);
    return 0;
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(study_layout_comes_back),
        IN_FOLDER(study_layout_is_the_linear_map),
        IN_FOLDER(positions_are_told_by_their_values),
        IN_FOLDER(what_the_study_cannot_hold_is_not_exported),
        IN_FOLDER(nanogpt_mapping_works),
        IN_FOLDER(heads_may_hold_their_parts),
        cmocka_unit_test(broken_mappings_are_named),
        IN_FOLDER(configuration_beside_the_file_counts),
        IN_FOLDER(shapes_say_what_they_say),
        IN_FOLDER(missing_and_broken_weights_are_named),
        IN_FOLDER(small_files_do_not_ask_for_all_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
