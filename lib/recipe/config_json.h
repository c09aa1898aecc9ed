/*
 * A model's configuration as JSON, in TransformerLens's words: n_layers, n_heads, d_model, d_head,
 * d_vocab, n_ctx, positional_embedding_type, normalization_type (null, "LN", "LNPre"), eps,
 * attn_scale, rotary_dim, rotary_base, rotary_adjacent_pairs; and "bias", which TransformerLens
 * does not need to say. positional_embedding_type is one of induct's five words; "standard",
 * TransformerLens's for a learned table, is read too. Private to lib/run.
 */
#ifndef INDUCT_LIB_RECIPE_CONFIG_JSON_H
#define INDUCT_LIB_RECIPE_CONFIG_JSON_H

#include <jansson.h>

#include <induct/model/config.h>

/* A new object (json_decref), NULL only when memory ran out. */
json_t *ind_config_to_json(const struct ind_config *config);

/* Strict about what is there; unknown keys are ignored. The result has passed
   ind_config_check(). */
IND_CHECKED int ind_config_from_json(const json_t *object, struct ind_config *config,
                                     struct ind_error *err);
IND_CHECKED int ind_config_from_text(const char *text, struct ind_config *config,
                                     struct ind_error *err);

#endif
