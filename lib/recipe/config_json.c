#include "recipe/config_json.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/format/json.h>

static void add_norm(json_t **object, const struct ind_config *config)
{
    if (config->norm == IND_NORM_NONE) {
        ind_json_put(object, "normalization_type", json_null());
        return;
    }
    ind_json_put(object, "normalization_type", json_string(ind_norm_name(config->norm)));
    ind_json_put(object, "eps", json_real(config->norm_eps));
}

json_t *ind_config_to_json(const struct ind_config *config)
{
    json_t *object =
        json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:s, s:f, s:b}", "n_layers", config->layers,
                  "n_heads", config->heads, "d_model", config->d_model, "d_head", config->d_head,
                  "d_vocab", config->vocab, "n_ctx", config->context, "positional_embedding_type",
                  ind_positions_name(config->positions), "attn_scale", ind_config_scale(config),
                  "bias", (int)config->bias);
    add_norm(&object, config);
    if (config->smear)
        ind_json_put(&object, "smear_keys", json_true());
    if (config->extra_positions > 0)
        ind_json_put(&object, "extra_positions", json_integer(config->extra_positions));
    if (config->positions == IND_POSITIONS_ROTARY) {
        int dimensions = config->rotary_dim ? config->rotary_dim : config->d_head;
        ind_json_put(&object, "rotary_dim", json_integer(dimensions));
        ind_json_put(&object, "rotary_base", json_real(config->rotary_base));
        ind_json_put(&object, "rotary_adjacent_pairs", json_boolean(config->rotary_adjacent));
    }
    return object;
}

static int read_counts(const json_t *object, struct ind_config *config, struct ind_error *err)
{
    const struct {
        const char *key;
        int *out;
    } counts[] = {
        {"n_layers", &config->layers}, {"n_heads", &config->heads}, {"d_model", &config->d_model},
        {"d_head", &config->d_head},   {"d_vocab", &config->vocab}, {"n_ctx", &config->context},
    };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (ind_json_need(object, counts[i].key, err) != IND_OK ||
            ind_json_int(object, counts[i].key, 1, INT_MAX, counts[i].out, err) != IND_OK)
            return IND_FAILED;
    return IND_OK;
}

static int read_words(const json_t *object, struct ind_config *config, struct ind_error *err)
{
    const char *positions = NULL, *norm = NULL;
    if (ind_json_need(object, "positional_embedding_type", err) != IND_OK ||
        ind_json_word(object, "positional_embedding_type", &positions, err) != IND_OK ||
        ind_json_word(object, "normalization_type", &norm, err) != IND_OK)
        return IND_FAILED;
    if (strcmp(positions, "standard") == 0)
        positions = "learned";
    if (ind_positions_parse(positions, &config->positions, err) != IND_OK)
        return ind_error_context(err, "positional_embedding_type");
    config->norm = IND_NORM_NONE;
    if (norm && ind_norm_parse(norm, &config->norm, err) != IND_OK)
        return ind_error_context(err, "normalization_type");
    return IND_OK;
}

/* sqrt(d_head), as every file written here spells the usual scale out, is the default again; so is
 * a negative scale, TransformerLens's word for it. */
static int read_scale(const json_t *object, struct ind_config *config, struct ind_error *err)
{
    config->attn_scale = 0;
    if (ind_json_double(object, "attn_scale", &config->attn_scale, err) != IND_OK)
        return IND_FAILED;
    bool scaled = true;
    if (ind_json_bool(object, "use_attn_scale", &scaled, err) != IND_OK)
        return IND_FAILED;
    if (!scaled)
        config->attn_scale = 1;
    if (config->attn_scale < 0 || config->attn_scale == sqrt(config->d_head))
        config->attn_scale = 0;
    return IND_OK;
}

int ind_config_from_json(const json_t *object, struct ind_config *config, struct ind_error *err)
{
    *config = ind_config_default();
    if (read_counts(object, config, err) != IND_OK || read_words(object, config, err) != IND_OK ||
        read_scale(object, config, err) != IND_OK)
        return IND_FAILED;
    config->bias = false;
    if (ind_json_bool(object, "bias", &config->bias, err) != IND_OK ||
        ind_json_bool(object, "smear_keys", &config->smear, err) != IND_OK ||
        ind_json_int(object, "extra_positions", 0, INT_MAX, &config->extra_positions, err) !=
            IND_OK ||
        ind_json_double(object, "eps", &config->norm_eps, err) != IND_OK ||
        ind_json_int(object, "rotary_dim", 0, INT_MAX, &config->rotary_dim, err) != IND_OK ||
        ind_json_double(object, "rotary_base", &config->rotary_base, err) != IND_OK ||
        ind_json_bool(object, "rotary_adjacent_pairs", &config->rotary_adjacent, err) != IND_OK)
        return IND_FAILED;
    if (config->rotary_dim == config->d_head)
        config->rotary_dim = 0;
    return ind_config_check(config, err);
}

int ind_config_from_text(const char *text, struct ind_config *config, struct ind_error *err)
{
    json_t *object = ind_json_parse(text, strlen(text), err);
    if (!object)
        return IND_FAILED;
    int status = ind_config_from_json(object, config, err);
    json_decref(object);
    return status;
}
