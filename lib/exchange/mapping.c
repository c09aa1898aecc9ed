#include "exchange/mapping.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/format/json.h>

/* Every tensor that a model can have, with {L} for the layer. */
static const char *const OURS[] = {
    "embed.W_E",           "pos_embed.W_pos",     "unembed.W_U",         "unembed.b_U",
    "ln_final.w",          "ln_final.b",          "blocks.{L}.attn.W_Q", "blocks.{L}.attn.W_K",
    "blocks.{L}.attn.W_V", "blocks.{L}.attn.W_O", "blocks.{L}.attn.b_Q", "blocks.{L}.attn.b_K",
    "blocks.{L}.attn.b_V", "blocks.{L}.attn.b_O", "blocks.{L}.ln1.w",    "blocks.{L}.ln1.b",
};

/* The study repeats one row layout for all heads: Q of all heads, K, V, in blocks of 16. */
static const char STUDY[] =
    "{\"name\": \"the study's\", \"tensors\": {"
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
    "\"mask\": [\"blocks.*.attn.mask\"], \"ignored\": [\"blocks.*.attn.IGNORE\"],"
    "\"rotary_sin\": \"blocks.{L}.attn.rotary_sin\","
    "\"rotary_cos\": \"blocks.{L}.attn.rotary_cos\"}";

/* Models of TransformerLens 4's own (TransformerBridge.boot_native): torch.nn.Linear's. Its rotary
 * positions turn adjacent pairs whatever its configuration says. */
static const char BRIDGE[] =
    "{\"name\": \"TransformerLens 4's\", \"tensors\": {"
    "\"embed.W_E\": \"embed.weight\", \"pos_embed.W_pos\": \"pos_embed.weight\","
    "\"blocks.{L}.attn.W_Q\": {\"from\": \"blocks.{L}.attn.q.weight\", \"transpose\": true},"
    "\"blocks.{L}.attn.W_K\": {\"from\": \"blocks.{L}.attn.k.weight\", \"transpose\": true},"
    "\"blocks.{L}.attn.W_V\": {\"from\": \"blocks.{L}.attn.v.weight\", \"transpose\": true},"
    "\"blocks.{L}.attn.W_O\": {\"from\": \"blocks.{L}.attn.o.weight\", \"transpose\": true},"
    "\"blocks.{L}.attn.b_Q\": \"blocks.{L}.attn.q.bias\","
    "\"blocks.{L}.attn.b_K\": \"blocks.{L}.attn.k.bias\","
    "\"blocks.{L}.attn.b_V\": \"blocks.{L}.attn.v.bias\","
    "\"blocks.{L}.attn.b_O\": \"blocks.{L}.attn.o.bias\","
    "\"blocks.{L}.ln1.w\": \"blocks.{L}.ln1.weight\","
    "\"blocks.{L}.ln1.b\": \"blocks.{L}.ln1.bias\","
    "\"ln_final.w\": \"ln_final.weight\", \"ln_final.b\": \"ln_final.bias\","
    "\"unembed.W_U\": {\"from\": \"unembed.weight\", \"transpose\": true},"
    "\"unembed.b_U\": \"unembed.bias\"}}";

const char *ind_mapping_builtin(int index)
{
    const char *const all[] = {STUDY, LENS, BRIDGE};
    return index >= 0 && index < 3 ? all[index] : NULL;
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

static bool is_one_of(const char *key, const char *const *known)
{
    while (*known && strcmp(*known, key) != 0)
        known++;
    return *known != NULL;
}

/* Nothing is passed over unread: a misspelt key is an error. */
static int check_keys(const json_t *object, const char *const *known, const char *list,
                      struct ind_error *err)
{
    const char *key;
    json_t *item;
    json_object_foreach ((json_t *)object, key, item) {
        if (!is_one_of(key, known))
            return ind_fail(err, "%s is none of %s", key, list);
    }
    return IND_OK;
}

static bool has_head(const struct ind_rule *rule)
{
    static const char *const heads[] = {
        "blocks.{L}.attn.W_Q", "blocks.{L}.attn.W_K", "blocks.{L}.attn.W_V", "blocks.{L}.attn.W_O",
        "blocks.{L}.attn.b_Q", "blocks.{L}.attn.b_K", "blocks.{L}.attn.b_V", NULL};
    return is_one_of(rule->ours, heads);
}

static int add_name(struct ind_rule *rule, int index, const json_t *value, struct ind_error *err)
{
    const char *name = json_string_value(value);
    if (!name || strlen(name) == 0 || strlen(name) > 256)
        return ind_fail(err, "the name in \"from\" must have 1 to 256 characters");
    if ((strstr(rule->ours, "{L}") != NULL) != (strstr(name, "{L}") != NULL))
        return ind_fail(err, "{L} must stand in both names or in none");
    bool by_head = strstr(name, "{H}") != NULL;
    if (by_head && !has_head(rule))
        return ind_fail(err, "{H} in the name of what is not made of heads");
    if (index > 0 && by_head != rule->by_head)
        return ind_fail(err, "{H} must stand in all names of \"from\" or in none");
    rule->by_head = by_head;
    rule->theirs[index] = name;
    return IND_OK;
}

/* A name or a list of names, of which the first that is there counts. */
static int read_names(struct ind_rule *rule, const json_t *from, struct ind_error *err)
{
    if (!json_is_array(from))
        return add_name(rule, 0, from, err);
    if (json_array_size(from) < 1 || json_array_size(from) >= IND_NAMES_MAX)
        return ind_fail(err, "\"from\" must list 1 to %d names", IND_NAMES_MAX - 1);
    for (size_t i = 0; i < json_array_size(from); i++)
        if (add_name(rule, (int)i, json_array_get(from, i), err) != IND_OK)
            return IND_FAILED;
    return IND_OK;
}

static int read_rule(const char *ours, const json_t *value, struct ind_rule *rule,
                     struct ind_error *err)
{
    static const char *const known[] = {"from", "transpose", "axis", "split", "per_head", NULL};
    *rule = (struct ind_rule){.ours = ours, .parts = 1};
    if (!is_ours(ours))
        return ind_fail(err, "no tensor of induct's has that name");
    if (json_is_string(value))
        return read_names(rule, value, err);
    if (!json_is_object(value))
        return ind_fail(err, "must be a name or an object with \"from\"");
    if (check_keys(value, known, "from, transpose, axis, split, per_head", err) != IND_OK ||
        ind_json_need(value, "from", err) != IND_OK ||
        ind_json_bool(value, "transpose", &rule->transpose, err) != IND_OK ||
        ind_json_bool(value, "per_head", &rule->per_head, err) != IND_OK ||
        ind_json_int(value, "axis", 0, 7, &rule->axis, err) != IND_OK ||
        read_split(value, rule, err) != IND_OK)
        return IND_FAILED;
    return read_names(rule, json_object_get(value, "from"), err);
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
    json_object_foreach (tensors, ours, value) {
        if (read_rule(ours, value, &mapping->rules[mapping->rule_count++], err) != IND_OK)
            return ind_error_context(err, "%.100s", ours);
    }
    static const char *const needed[] = {"embed.W_E",           "blocks.{L}.attn.W_Q",
                                         "blocks.{L}.attn.W_K", "blocks.{L}.attn.W_V",
                                         "blocks.{L}.attn.W_O", "unembed.W_U"};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!ind_mapping_rule(mapping, needed[i]))
            return ind_fail(err, "\"tensors\" says nothing of %s", needed[i]);
    return IND_OK;
}

static int check_list(const json_t *mapping, const char *key, struct ind_error *err)
{
    const json_t *list = json_object_get(mapping, key);
    size_t index;
    json_t *item;
    if (list && !json_is_array(list))
        return ind_fail(err, "\"%s\" must be a list of names", key);
    json_array_foreach ((json_t *)list, index, item) {
        if (!json_is_string(item) || json_string_length(item) > 256)
            return ind_fail(err, "\"%s\" must be a list of names", key);
    }
    return IND_OK;
}

static int check_inert(const json_t *mapping, struct ind_error *err)
{
    const json_t *inert = json_object_get(mapping, "inert");
    const char *pattern;
    json_t *zeros;
    if (inert && !json_is_object(inert))
        return ind_fail(err, "\"inert\" must be an object");
    json_object_foreach ((json_t *)inert, pattern, zeros) {
        if (!json_is_string(zeros))
            return ind_fail(err, "\"inert\" must give a pattern for each pattern");
    }
    return IND_OK;
}

static int check_rest(const struct ind_mapping *mapping, struct ind_error *err)
{
    static const char *const known[] = {"name",     "model",      "drop",       "tensors", "mask",
                                        "ignore",   "rotary_sin", "rotary_cos", "ignored", "inert",
                                        "inv_freq", "comment",    NULL};
    static const char *const lists[] = {"drop", "mask", "ignore", "ignored", "inv_freq"};
    const json_t *model = json_object_get(mapping->json, "model");
    const char *table = NULL;
    if (model && !json_is_object(model))
        return ind_fail(err, "\"model\" must be an object");
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (check_list(mapping->json, lists[i], err) != IND_OK)
            return IND_FAILED;
    if (ind_json_word(mapping->json, "rotary_sin", &table, err) != IND_OK ||
        ind_json_word(mapping->json, "rotary_cos", &table, err) != IND_OK ||
        check_inert(mapping->json, err) != IND_OK)
        return IND_FAILED;
    return check_keys(mapping->json, known,
                      "name, model, drop, tensors, mask, ignored, rotary_sin, rotary_cos, "
                      "inv_freq, inert, ignore, comment",
                      err);
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

/* `slot` in `pattern` replaced by a number. */
static void put_number(char out[IND_NAME_ROOM], const char *slot, int number)
{
    char *at = strstr(out, slot), rest[IND_NAME_ROOM];
    if (!at)
        return;
    snprintf(rest, sizeof rest, "%s", at + strlen(slot));
    snprintf(at, IND_NAME_ROOM - (size_t)(at - out), "%d%s", number, rest);
}

char *ind_mapping_name(const char *prefix, const char *pattern, int layer, int head,
                       char out[IND_NAME_ROOM])
{
    snprintf(out, IND_NAME_ROOM, "%s%s", prefix, pattern);
    put_number(out, "{L}", layer);
    put_number(out, "{H}", head);
    return out;
}

const struct ind_foreign_tensor *ind_rule_find(const struct ind_rule *rule,
                                               const struct ind_view *view, int layer, int head)
{
    char name[IND_NAME_ROOM];
    for (int i = 0; i < IND_NAMES_MAX && rule->theirs[i]; i++) {
        const struct ind_foreign_tensor *tensor =
            ind_view_find(view, ind_mapping_name("", rule->theirs[i], layer, head, name));
        if (tensor)
            return tensor;
    }
    return NULL;
}

bool ind_mapping_lists(const struct ind_mapping *mapping, const char *key, const char *name)
{
    size_t index;
    json_t *item;
    json_array_foreach (json_object_get(mapping->json, key), index, item) {
        if (fnmatch(json_string_value(item), name, 0) == 0)
            return true;
    }
    return false;
}

/* PATTERN with whole numbers for {L} and {H}. */
static bool fits(const char *pattern, const char *name)
{
    while (*pattern) {
        if (strncmp(pattern, "{L}", 3) == 0 || strncmp(pattern, "{H}", 3) == 0) {
            size_t digits = strspn(name, "0123456789");
            if (digits == 0)
                return false;
            name += digits;
            pattern += 3;
        } else if (*pattern++ != *name++) {
            return false;
        }
    }
    return *name == '\0';
}

bool ind_mapping_is_table(const struct ind_mapping *mapping, const char *key, const char *name)
{
    const char *pattern = json_string_value(json_object_get(mapping->json, key));
    return pattern && fits(pattern, name);
}

bool ind_mapping_takes(const struct ind_mapping *mapping, const char *name)
{
    for (int i = 0; i < mapping->rule_count; i++)
        for (int k = 0; k < IND_NAMES_MAX && mapping->rules[i].theirs[k]; k++)
            if (fits(mapping->rules[i].theirs[k], name))
                return true;
    return false;
}
