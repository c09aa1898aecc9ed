/*
 * A mapping: which of somebody's tensors becomes which of ours, and how. Private to lib/run.
 *
 *   {"name": "nanoGPT",
 *    "model": {"n_heads": 6, "positional_embedding_type": "learned", "normalization_type": "LN"},
 *    "tensors": {
 *      "embed.W_E": "transformer.wte.weight",
 *      "blocks.{L}.attn.W_Q": {"from": "transformer.h.{L}.attn.c_attn.weight",
 *                              "axis": 0, "split": [0, 3], "transpose": true}, ...},
 *    "ignore": ["transformer.h.*.attn.bias"]}
 *
 * {L} is the layer. `split` [i, n] takes part i of n equal parts along `axis` (default 0); with
 * "per_head": true each head's rows hold the n parts (GPT-NeoX), instead of each part all heads.
 * What then is left is ours in shape, or, with the head axes merged head by head, as a matrix:
 * W_Q, W_K, W_V [d_model, heads*d_head] and W_O [heads*d_head, d_model]; `transpose` makes it that
 * from a torch.nn.Linear's weight. "model" says what shapes cannot, in config.json's words;
 * "ignore" lists tensors that are no weights, as fnmatch patterns. Any other tensor is refused.
 */
#ifndef INDUCT_LIB_EXCHANGE_MAPPING_H
#define INDUCT_LIB_EXCHANGE_MAPPING_H

#include <stdbool.h>

#include <jansson.h>

#include <induct/base/error.h>
#include <induct/format/foreign.h>

enum { IND_NAME_ROOM = 512 };

struct ind_rule {
    const char *ours, *theirs; /* views into the JSON; both may hold {L} */
    bool transpose, per_head;
    int axis, take, parts; /* parts 1 = the whole */
};

/* Owner. */
struct ind_mapping {
    json_t *json;
    const char *name;
    struct ind_rule *rules;
    int rule_count;
};

int ind_mapping_parse(struct ind_mapping *mapping, const char *text, size_t size,
                      struct ind_error *err);
int ind_mapping_open(struct ind_mapping *mapping, const char *path, struct ind_error *err);
void ind_mapping_release(struct ind_mapping *mapping);

/* The built-in ones by index, as JSON text, NULL past the last: the study's layout and
 * TransformerLens's. */
const char *ind_mapping_builtin(int index);

/* The rule for one of our tensors, named with {L}; NULL if there is none. */
const struct ind_rule *ind_mapping_rule(const struct ind_mapping *mapping, const char *ours);

/* The prefix under which the file's names follow the mapping ("", "model.", ...; free), or NULL if
 * they do not. */
char *ind_mapping_find(const struct ind_mapping *mapping, const struct ind_foreign *foreign);

/* PREFIX + pattern with {L} replaced; cut if absurdly long. Returns out. */
char *ind_mapping_name(const char *prefix, const char *pattern, int layer, char out[IND_NAME_ROOM]);

/* Is `name` (without the prefix) one that the mapping passes over? */
bool ind_mapping_ignores(const struct ind_mapping *mapping, const char *name);

/* Does any rule take the name, for any layer? */
bool ind_mapping_takes(const struct ind_mapping *mapping, const char *name);

#endif
