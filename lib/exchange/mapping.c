#include "exchange/mapping.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>

#include "format/json.h"

/* Every tensor that a model can have, with {L} for the layer. */
static const char *const OURS[] = {
    "embed.W_E",           "pos_embed.W_pos",     "unembed.W_U",         "unembed.b_U",
    "ln_final.w",          "ln_final.b",          "blocks.{L}.attn.W_Q", "blocks.{L}.attn.W_K",
    "blocks.{L}.attn.W_V", "blocks.{L}.attn.W_O", "blocks.{L}.attn.b_Q", "blocks.{L}.attn.b_K",
    "blocks.{L}.attn.b_V", "blocks.{L}.attn.b_O", "blocks.{L}.ln1.w",    "blocks.{L}.ln1.b",
};

/* The study repeats one row layout for all heads: Q of all heads, K, V, in blocks of 16. */
static const char STUDY[] =
    "{\"name\": \"the study's\", \"model\": {\"d_head\": 16}, \"tensors\": {"
    "\"embed.W_E\": \"token_embedding.weight\","
    "\"pos_embed.W_pos\": \"position_embedding\","
    "\"blocks.{L}.attn.W_Q\": {\"from\": \"attention_blocks.{L}.W_qkv.weight\","
    "                          \"split\": [0, 3], \"transpose\": true},"
    "\"blocks.{L}.attn.W_K\": {\"from\": \"attention_blocks.{L}.W_qkv.weight\","
    "                          \"split\": [1, 3], \"transpose\": true},"
    "\"blocks.{L}.attn.W_V\": {\"from\": \"attention_blocks.{L}.W_qkv.weight\","
    "                          \"split\": [2, 3], \"transpose\": true},"
    "\"blocks.{L}.attn.W_O\": {\"from\": \"attention_blocks.{L}.W_o.weight\","
    "                          \"transpose\": true},"
    "\"unembed.W_U\": {\"from\": \"unembed.weight\", \"transpose\": true}}}";

static const char LENS[] =
    "{\"name\": \"TransformerLens's\", \"tensors\": {"
    "\"embed.W_E\": \"embed.W_E\", \"pos_embed.W_pos\": \"pos_embed.W_pos\","
    "\"blocks.{L}.attn.W_Q\": \"blocks.{L}.attn.W_Q\","
    "\"blocks.{L}.attn.W_K\": \"blocks.{L}.attn.W_K\","
    "\"blocks.{L}.attn.W_V\": \"blocks.{L}.attn.W_V\","
    "\"blocks.{L}.attn.W_O\": \"blocks.{L}.attn.W_O\","
    "\"blocks.{L}.attn.b_Q\": \"blocks.{L}.attn.b_Q\","
    "\"blocks.{L}.attn.b_K\": \"blocks.{L}.attn.b_K\","
    "\"blocks.{L}.attn.b_V\": \"blocks.{L}.attn.b_V\","
    "\"blocks.{L}.attn.b_O\": \"blocks.{L}.attn.b_O\","
    "\"blocks.{L}.ln1.w\": \"blocks.{L}.ln1.w\", \"blocks.{L}.ln1.b\": \"blocks.{L}.ln1.b\","
    "\"ln_final.w\": \"ln_final.w\", \"ln_final.b\": \"ln_final.b\","
    "\"unembed.W_U\": \"unembed.W_U\", \"unembed.b_U\": \"unembed.b_U\"},"
    "\"ignore\": [\"blocks.*.attn.mask\", \"blocks.*.attn.IGNORE\","
    "             \"blocks.*.attn.rotary_sin\", \"blocks.*.attn.rotary_cos\"]}";

const char *ind_mapping_builtin(int index)
{
    const char *const all[] = {STUDY, LENS};
    return index >= 0 && index < 2 ? all[index] : NULL;
}

static bool is_ours(const char *name)
{
    for (size_t i = 0; i < sizeof OURS / sizeof *OURS; i++)
        if (strcmp(name, OURS[i]) == 0)
            return true;
    return false;
}

static int read_split(const json_t *value, struct ind_rule *rule, struct ind_error *err)
{
    const json_t *split = json_object_get(value, "split");
    if (!split)
        return IND_OK;
    const json_t *take = json_array_get(split, 0), *parts = json_array_get(split, 1);
    if (json_array_size(split) != 2 || !json_is_integer(take) || !json_is_integer(parts) ||
        json_integer_value(parts) < 1 || json_integer_value(parts) > 1024 ||
        json_integer_value(take) < 0 || json_integer_value(take) >= json_integer_value(parts))
        return ind_fail(err, "split must be [part, parts] with part in 0..parts-1");
    rule->take = (int)json_integer_value(take);
    rule->parts = (int)json_integer_value(parts);
    return IND_OK;
}

static int check_keys(const json_t *value, struct ind_error *err)
{
    static const char *const known[] = {"from", "transpose", "axis", "split", "per_head"};
    const char *key;
    json_t *item;
    json_object_foreach((json_t *)value, key, item)
    {
        bool found = false;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            found = found || strcmp(key, known[i]) == 0;
        if (!found)
            return ind_fail(err, "%s is none of from, transpose, axis, split, per_head", key);
    }
    return IND_OK;
}

static int read_rule(const char *ours, const json_t *value, struct ind_rule *rule,
                     struct ind_error *err)
{
    *rule = (struct ind_rule){.ours = ours, .theirs = json_string_value(value), .parts = 1};
    if (!is_ours(ours))
        return ind_fail(err, "no tensor of induct's has that name");
    if (!rule->theirs) {
        if (!json_is_object(value))
            return ind_fail(err, "must be a name or an object with \"from\"");
        if (check_keys(value, err) != IND_OK || ind_json_need(value, "from", err) != IND_OK ||
            ind_json_word(value, "from", &rule->theirs, err) != IND_OK ||
            ind_json_bool(value, "transpose", &rule->transpose, err) != IND_OK ||
            ind_json_bool(value, "per_head", &rule->per_head, err) != IND_OK ||
            ind_json_int(value, "axis", 0, 7, &rule->axis, err) != IND_OK ||
            read_split(value, rule, err) != IND_OK)
            return IND_FAILED;
    }
    if (strlen(rule->theirs) == 0 || strlen(rule->theirs) > 256)
        return ind_fail(err, "the name in \"from\" must have 1 to 256 characters");
    if ((strstr(ours, "{L}") != NULL) != (strstr(rule->theirs, "{L}") != NULL))
        return ind_fail(err, "{L} must stand in both names or in none");
    return IND_OK;
}

static int read_rules(struct ind_mapping *mapping, struct ind_error *err)
{
    json_t *tensors = json_object_get(mapping->json, "tensors");
    if (!json_is_object(tensors))
        return ind_fail(err, "\"tensors\" must be an object");
    if (ind_alloc_into(&mapping->rules, json_object_size(tensors), sizeof *mapping->rules, err))
        return IND_FAILED;
    const char *ours;
    json_t *value;
    json_object_foreach(tensors, ours,
                        value) if (read_rule(ours, value, &mapping->rules[mapping->rule_count++],
                                             err) != IND_OK) return ind_error_context(err, "%.100s",
                                                                                      ours);
    static const char *const needed[] = {"embed.W_E",           "blocks.{L}.attn.W_Q",
                                         "blocks.{L}.attn.W_K", "blocks.{L}.attn.W_V",
                                         "blocks.{L}.attn.W_O", "unembed.W_U"};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!ind_mapping_rule(mapping, needed[i]))
            return ind_fail(err, "\"tensors\" says nothing of %s", needed[i]);
    return IND_OK;
}

static int check_rest(const struct ind_mapping *mapping, struct ind_error *err)
{
    const json_t *model = json_object_get(mapping->json, "model");
    const json_t *ignore = json_object_get(mapping->json, "ignore");
    if (model && !json_is_object(model))
        return ind_fail(err, "\"model\" must be an object");
    if (ignore && !json_is_array(ignore))
        return ind_fail(err, "\"ignore\" must be a list of names");
    size_t index;
    json_t *item;
    json_array_foreach((json_t *)ignore, index,
                       item) if (!json_is_string(item) ||
                                 json_string_length(item) >
                                     256) return ind_fail(err,
                                                          "\"ignore\" must be a list of names");
    return IND_OK;
}

int ind_mapping_parse(struct ind_mapping *mapping, const char *text, size_t size,
                      struct ind_error *err)
{
    *mapping = (struct ind_mapping){.json = ind_json_parse(text, size, err), .name = "its own"};
    if (!mapping->json)
        return IND_FAILED;
    if (ind_json_word(mapping->json, "name", &mapping->name, err) == IND_OK &&
        read_rules(mapping, err) == IND_OK && check_rest(mapping, err) == IND_OK)
        return IND_OK;
    ind_mapping_release(mapping);
    return IND_FAILED;
}

int ind_mapping_open(struct ind_mapping *mapping, const char *path, struct ind_error *err)
{
    char *text;
    size_t size;
    *mapping = (struct ind_mapping){0};
    if (ind_file_read(path, 1 << 20, &text, &size, err) != IND_OK)
        return IND_FAILED;
    int status = ind_mapping_parse(mapping, text, size, err);
    free(text);
    return status == IND_OK ? IND_OK : ind_error_context(err, "%s", path);
}

void ind_mapping_release(struct ind_mapping *mapping)
{
    free(mapping->rules);
    json_decref(mapping->json);
    *mapping = (struct ind_mapping){0};
}

const struct ind_rule *ind_mapping_rule(const struct ind_mapping *mapping, const char *ours)
{
    for (int i = 0; i < mapping->rule_count; i++)
        if (strcmp(mapping->rules[i].ours, ours) == 0)
            return &mapping->rules[i];
    return NULL;
}

char *ind_mapping_name(const char *prefix, const char *pattern, int layer, char out[IND_NAME_ROOM])
{
    const char *slot = strstr(pattern, "{L}");
    if (slot)
        snprintf(out, IND_NAME_ROOM, "%s%.*s%d%s", prefix, (int)(slot - pattern), pattern, layer,
                 slot + 3);
    else
        snprintf(out, IND_NAME_ROOM, "%s%s", prefix, pattern);
    return out;
}

char *ind_mapping_find(const struct ind_mapping *mapping, const struct ind_foreign *foreign)
{
    const char *embed = ind_mapping_rule(mapping, "embed.W_E")->theirs;
    const char *query = ind_mapping_rule(mapping, "blocks.{L}.attn.W_Q")->theirs;
    size_t tail = strlen(embed);
    for (int i = 0; i < foreign->count; i++) {
        const char *name = foreign->tensors[i].name;
        size_t length = strlen(name), before = length - tail;
        if (length < tail || before > 128 || strcmp(name + before, embed) != 0 ||
            (before > 0 && name[before - 1] != '.'))
            continue;
        char full[IND_NAME_ROOM];
        char *prefix = strndup(name, before);
        if (prefix && ind_foreign_find(foreign, ind_mapping_name(prefix, query, 0, full)))
            return prefix;
        free(prefix);
    }
    return NULL;
}

bool ind_mapping_ignores(const struct ind_mapping *mapping, const char *name)
{
    size_t index;
    json_t *item;
    json_array_foreach(json_object_get(mapping->json, "ignore"), index,
                       item) if (fnmatch(json_string_value(item), name, 0) == 0) return true;
    return false;
}

/* PATTERN with a whole number for {L}. */
static bool fits(const char *pattern, const char *name)
{
    const char *slot = strstr(pattern, "{L}");
    if (!slot)
        return strcmp(pattern, name) == 0;
    size_t before = (size_t)(slot - pattern);
    if (strncmp(name, pattern, before) != 0)
        return false;
    size_t digits = strspn(name + before, "0123456789");
    return digits > 0 && strcmp(name + before + digits, slot + 3) == 0;
}

bool ind_mapping_takes(const struct ind_mapping *mapping, const char *name)
{
    for (int i = 0; i < mapping->rule_count; i++)
        if (fits(mapping->rules[i].theirs, name))
            return true;
    return false;
}
