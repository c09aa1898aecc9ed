/* What was said about a model, by whom, and who is believed first. */
#include "exchange/work.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <induct/base/file.h>

#include "format/json.h"

/* Settings of a TransformerLens configuration under which it computes what induct does not. The
 * value named (or null, or absence) is the one under which it does. */
static const struct {
    const char *key;
    bool plain;
    const char *what;
} SWITCHES[] = {
    {"attn_only", true, "the model has MLPs: induct's are attention-only"},
    {"scale_attn_by_inverse_layer_idx", false, "scores scaled by layer"},
    {"use_local_attn", false, "local attention"},
    {"parallel_attn_mlp", false, "the model has MLPs: induct's are attention-only"},
    {"final_rms", false, "RMSNorm"},
    {"use_normalization_before_and_after", false, "norms after attention"},
    {"use_qk_norm", false, "norms of queries and keys"},
    {"post_embedding_ln", false, "a norm after the embedding"},
    {"uses_rms_norm", false, "RMSNorm"},
    {"use_logn_attn", false, "scores scaled by length"},
    {"use_attention_sinks", false, "attention sinks"},
    {"use_yarn_rope", false, "rescaled rotary positions"},
    {"use_NTK_by_parts_rope", false, "rescaled rotary positions"},
    {"use_dynamic_ntk_rope", false, "rescaled rotary positions"},
};

static int check_switches(const json_t *lens, struct ind_error *err)
{
    for (size_t i = 0; i < sizeof SWITCHES / sizeof *SWITCHES; i++) {
        bool value = SWITCHES[i].plain;
        if (ind_json_bool(lens, SWITCHES[i].key, &value, err) != IND_OK)
            return IND_FAILED;
        if (value != SWITCHES[i].plain)
            return ind_fail(err, "%s: %s", SWITCHES[i].key, SWITCHES[i].what);
    }
    return IND_OK;
}

static int check_lens(const json_t *lens, struct ind_error *err)
{
    const char *direction = "causal";
    double scores_cap = -1, logits_cap = -1;
    int heads = 0, shared = 0;
    if (check_switches(lens, err) != IND_OK ||
        ind_json_word(lens, "attention_dir", &direction, err) != IND_OK ||
        ind_json_double(lens, "attn_scores_soft_cap", &scores_cap, err) != IND_OK ||
        ind_json_double(lens, "output_logits_soft_cap", &logits_cap, err) != IND_OK ||
        ind_json_int(lens, "n_heads", 1, 1 << 20, &heads, err) != IND_OK ||
        ind_json_int(lens, "n_key_value_heads", 1, 1 << 20, &shared, err) != IND_OK)
        return IND_FAILED;
    if (strcmp(direction, "causal") != 0)
        return ind_fail(err, "attention_dir: induct's attention is causal");
    if (scores_cap > 0 || logits_cap > 0)
        return ind_fail(err, "soft caps on scores or logits");
    if (shared && shared != heads)
        return ind_fail(err, "n_key_value_heads: heads that share keys and values");
    return IND_OK;
}

static int add_lens_config(json_t *given, const char *path, struct ind_error *err)
{
    json_t *lens = ind_json_read(path, err);
    if (!lens)
        return IND_FAILED;
    int status = check_lens(lens, err);
    if (status != IND_OK)
        ind_error_context(err, "%s", path);
    else
        json_object_update(given, lens);
    json_decref(lens);
    return status;
}

/* NAME.json for NAME.pt. */
static char *json_beside(const char *path)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    int stem = dot && (!slash || dot > slash + 1) ? (int)(dot - path) : (int)strlen(path);
    return ind_text("%.*s.json", stem, path);
}

static char *config_in_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    return ind_text("%.*sconfig.json", slash ? (int)(slash + 1 - path) : 0, path);
}

static bool exists(const char *path)
{
    struct stat st;
    return path && stat(path, &st) == 0;
}

/* Is it a configuration in TransformerLens's words, and not, say, Hugging Face's? */
static bool is_lens_config(const char *path)
{
    json_t *object = exists(path) ? ind_json_read(path, NULL) : NULL;
    bool is = json_object_get(object, "n_layers") && json_object_get(object, "d_head");
    json_decref(object);
    return is;
}

static int add_config_beside(struct ind_import_work *work, struct ind_error *err)
{
    char *beside = json_beside(work->path), *shared = config_in_folder(work->path);
    int status = IND_OK;
    if (!beside || !shared)
        status = ind_fail(err, "out of memory");
    else if (exists(beside))
        status = add_lens_config(work->given, beside, err);
    else if (is_lens_config(shared))
        status = add_lens_config(work->given, shared, err);
    free(beside);
    free(shared);
    return status;
}

static int add_metadata(struct ind_import_work *work, struct ind_error *err)
{
    const char *text = work->foreign.config;
    json_t *said = ind_json_parse(text, strlen(text), err);
    if (!said)
        return ind_error_context(err, "metadata config");
    json_object_update(work->given, said);
    json_decref(said);
    return IND_OK;
}

static int add_options(json_t *given, const struct ind_import_options *options,
                       struct ind_error *err)
{
    int failed = 0;
    if (options->heads) {
        failed |= json_object_set_new(given, "n_heads", json_integer(options->heads));
        json_object_del(given, "d_head"); /* follows from the width */
    }
    if (options->context)
        failed |= json_object_set_new(given, "n_ctx", json_integer(options->context));
    if (options->positions)
        failed |= json_object_set_new(given, "positional_embedding_type",
                                      json_string(options->positions));
    if (options->norm)
        failed |= json_object_set_new(
            given, "normalization_type",
            strcmp(options->norm, "none") == 0 ? json_null() : json_string(options->norm));
    if (options->attn_scale > 0) {
        failed |= json_object_set_new(given, "attn_scale", json_real(options->attn_scale));
        json_object_del(given, "use_attn_scale");
    }
    return failed ? ind_fail(err, "out of memory") : IND_OK;
}

int ind_import_gather(struct ind_import_work *work, const struct ind_import_options *options,
                      struct ind_error *err)
{
    work->given = json_object();
    if (!work->given)
        return ind_fail(err, "out of memory");
    json_t *model = json_object_get(work->mapping.json, "model");
    if (model)
        json_object_update(work->given, model);
    int status;
    if (options->config)
        status = add_lens_config(work->given, options->config, err);
    else if (work->foreign.config)
        status = add_metadata(work, err);
    else
        status = add_config_beside(work, err);
    return status == IND_OK ? add_options(work->given, options, err) : IND_FAILED;
}
