/*
 * A mapping: which of somebody's tensors becomes which of ours, and how. Private to lib/exchange.
 *
 *   {"name": "nanoGPT's",
 *    "model": {"n_heads": 6, "positional_embedding_type": "learned", "normalization_type": "LN"},
 *    "drop": ["transformer"],
 *    "tensors": {
 *      "embed.W_E": "wte.weight",
 *      "blocks.{L}.attn.W_Q": {"from": "h.{L}.attn.c_attn.weight",
 *                              "axis": 0, "split": [0, 3], "transpose": true},
 *      "unembed.W_U": {"from": ["lm_head.weight", "wte.weight"], "transpose": true}, ...},
 *    "mask": ["h.*.attn.bias"],
 *    "ignore": ["h.*.attn.masked_bias"],
 *    "inert": {"h.*.mlp.*": "h.*.mlp.c_proj.*"}}
 *
 * {L} is the layer, {H} the head where every head has tensors of its own. Of several names in
 * "from" the first that the file has counts. `split` [i, n] takes part i of n equal parts along
 * `axis` (default 0); with "per_head": true each head's rows hold the n parts (GPT-NeoX), instead
 * of each part all heads. What then is left is ours in shape, or, with the head axes merged head by
 * head, as a matrix: W_Q, W_K, W_V [d_model, heads*d_head] and W_O [heads*d_head, d_model];
 * `transpose` makes it that from a torch.nn.Linear's weight. Dimensions of 1 are dropped.
 *
 * "model" says what shapes cannot, in config.json's words. "drop" lists components of names that
 * are left out wherever they stand. "mask" lists causal masks, whose values are compared;
 * "rotary_sin" and "rotary_cos" name tables of sines and cosines, which say what the rotary
 * positions are; "ignored" lists what scores become that a mask hides, "inv_freq" frequencies of
 * rotary positions. "inert": tensors of the first pattern are passed over if all of the second are
 * zero, so that what they compute adds nothing. "ignore" lists tensors that are no weights at all,
 * on the mapping's word. Patterns are fnmatch's. Any other tensor is refused.
 */
#ifndef INDUCT_LIB_EXCHANGE_MAPPING_H
#define INDUCT_LIB_EXCHANGE_MAPPING_H

#include <stdbool.h>

#include <jansson.h>

#include <induct/base/error.h>
#include <induct/format/foreign.h>

#include "exchange/view.h"

enum { IND_NAME_ROOM = 512, IND_NAMES_MAX = 16 };

struct ind_rule {
    const char *ours;                  /* a view into the JSON; may hold {L} */
    const char *theirs[IND_NAMES_MAX]; /* likewise, and {H}; NULL past the last */
    bool transpose, per_head, by_head; /* by_head: {H} is in theirs */
    int axis, take, parts;             /* parts 1 = the whole */
};

/* Owner. */
struct ind_mapping {
    json_t *json;
    const char *name;
    struct ind_rule *rules;
    int rule_count;
};

IND_CHECKED int ind_mapping_parse(struct ind_mapping *mapping, const char *text, size_t size,
                                  struct ind_error *err);
IND_CHECKED int ind_mapping_open(struct ind_mapping *mapping, const char *path,
                                 struct ind_error *err);
void ind_mapping_release(struct ind_mapping *mapping);

/* The built-in ones by index, as JSON text, NULL past the last: the study's layout,
 * TransformerLens's, and that of TransformerLens 4's own models. */
const char *ind_mapping_builtin(int index);

/* The rule for one of our tensors, named with {L}; NULL if there is none. */
const struct ind_rule *ind_mapping_rule(const struct ind_mapping *mapping, const char *ours);

/* The first of the rule's names that the view has, for a layer and a head; NULL if it has none. */
const struct ind_foreign_tensor *ind_rule_find(const struct ind_rule *rule,
                                               const struct ind_view *view, int layer, int head);

/* PREFIX + pattern with {L} and {H} replaced; cut if absurdly long. Returns out. */
char *ind_mapping_name(const char *prefix, const char *pattern, int layer, int head,
                       char out[IND_NAME_ROOM]);

/* Is `name` (of a view) on the mapping's list of that key? */
bool ind_mapping_lists(const struct ind_mapping *mapping, const char *key, const char *name);

/* Does the mapping's table of that key name it, for any layer? */
bool ind_mapping_is_table(const struct ind_mapping *mapping, const char *key, const char *name);

/* Does any rule take the name, for any layer? */
bool ind_mapping_takes(const struct ind_mapping *mapping, const char *name);

#endif
