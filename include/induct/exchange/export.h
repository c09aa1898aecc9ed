/*
 * Models and activations for other programs: named arrays, gathered in a list and written as
 * safetensors (ind_safetensors_write) or as .npz, which numpy.load() reads.
 */
#ifndef INDUCT_EXCHANGE_EXPORT_H
#define INDUCT_EXCHANGE_EXPORT_H

#include <stdbool.h>
#include <stdint.h>

#include <induct/base/error.h>
#include <induct/model/forward.h>
#include <induct/format/safetensors.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Arrays on their way out. Zero-initialise; release frees names and copies. */
struct ind_export {
    struct ind_st_write *items;
    int count;
    void **owned; /* private: what `data` of the item points to, if it is the list's */
    size_t item_room, owned_room;
};

void ind_export_release(struct ind_export *list);

/*
 * The weights with rotary positions in adjacent pairs instead of halves: columns of each head's
 * W_Q, W_K, b_Q and b_K in the order 0, h, 1, h + 1, ... (h half the rotated width), which changes
 * no score. TransformerLens 4's own models know no other pairing. Any other model is copied as it
 * is. `layout` and `adjacent` are the caller's to release, and `adjacent` refers to `layout`.
 */
IND_CHECKED int ind_export_adjacent(const struct ind_params *weights, struct ind_layout *layout,
                                    struct ind_params *adjacent, struct ind_error *err);

/*
 * The weights as a TransformerLens state dict: every tensor that HookedTransformer has, hence zero
 * biases and, for a model without positions, a table of zeros where it has none; and its buffers
 * mask (empty, as version 3 saves it), IGNORE, rotary_sin and rotary_cos. load_state_dict() of 3.9
 * takes it with strict=True, that of 2.18, which keeps a square mask, without "mask". The weights
 * are borrowed.
 */
IND_CHECKED int ind_export_lens(struct ind_export *list, const struct ind_params *weights,
                                struct ind_error *err);

/* The configuration that goes with it, for HookedTransformer(json.load(file)) (free); NULL when
 * memory ran out. */
char *ind_export_lens_config(const struct ind_config *config);

/* The weights in the study's layout (token_embedding.weight, attention_blocks.L.W_qkv.weight, ...).
 * Fails for a model that this layout cannot hold: biases, LayerNorm, or positions other than a
 * table added to the residual. */
IND_CHECKED int ind_export_study(struct ind_export *list, const struct ind_params *weights,
                                 struct ind_error *err);

/*
 * What a forward pass left in a cache that was made with IND_KEEP_SCORES, under TransformerLens's
 * hook names and shapes: hook_embed, hook_pos_embed, blocks.L.hook_resid_pre,
 * blocks.L.ln1.hook_scale, .hook_normalized, blocks.L.attn.hook_q, hook_k, hook_v (before rotation;
 * hook_rot_q, hook_rot_k after it), hook_attn_scores, hook_pattern, hook_z, blocks.L.hook_attn_out,
 * blocks.L.hook_resid_post, ln_final.hook_scale, .hook_normalized; and `tokens` (int64) and
 * `logits`. hook_normalized is before LayerNorm's weight and bias, as in version 3 (version 2:
 * after them). tokens [cache->batch, token_stride].
 */
IND_CHECKED int ind_export_activations(struct ind_export *list, const struct ind_params *weights,
                                       const struct ind_cache *cache, const int32_t *tokens,
                                       int token_stride, struct ind_error *err);

/* Writes the list as an uncompressed .npz archive, whole or not at all; the same list gives the
 * same bytes. The metadata go into the archive's comment as JSON, where induct-import finds them.
 * The error begins with the path. */
IND_CHECKED int ind_npz_write(const char *path, const struct ind_export *list,
                              const struct ind_st_pair *metadata, int metadata_count,
                              struct ind_error *err);

/* ---- Adding single arrays ---- */

/* `data` stays the caller's and must outlive the list. */
IND_CHECKED int ind_export_borrow(struct ind_export *list, const char *name, enum ind_dtype dtype,
                                  int rank, const int64_t *shape, const void *data,
                                  struct ind_error *err);

/* A zeroed array of the list's own to be filled; NULL on failure. */
void *ind_export_new(struct ind_export *list, const char *name, enum ind_dtype dtype, int rank,
                     const int64_t *shape, struct ind_error *err);

#ifdef __cplusplus
}
#endif
#endif
