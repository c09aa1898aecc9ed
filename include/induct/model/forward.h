/*
 * The forward pass, with a cache of everything that an analysis or the backward pass looks at, and
 * with interventions as data (model/patch.h): those that stand in the parameters, then the patches
 * given.
 *
 * All activations are float, row-major; "rows" below is batch * length, row b*length+i being
 * position i of sequence b. Logits are not part of the cache: at vocab 50,000 they would be its
 * largest tensor by far. ind_logits() makes them for a range of rows.
 *
 * A forward pass is embed, then layers, and may be entered in the middle: a set of ablations in
 * layer 1 shares one pass through layer 0.
 */
#ifndef INDUCT_MODEL_FORWARD_H
#define INDUCT_MODEL_FORWARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <induct/base/error.h>
#include <induct/model/params.h>
#include <induct/model/patch.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One layer's activations. NULL where the model or the caller has no use for them. */
struct ind_layer_cache {
    float *q, *k,
        *v; /* [rows, heads, d_head], one row every qkv_stride floats; q and k after rotation, k
                 before smearing */
    float *scores; /* [batch, heads, length, length] before softmax, only with IND_KEEP_SCORES; -inf
                      above the diagonal */
    float *pattern;    /* [batch, heads, length, length]; exact zeros above the diagonal; NULL with
                          IND_NO_PATTERNS */
    double *entropies; /* [batch, heads, length] of the pattern's rows, in nats, only with
                          IND_KEEP_ENTROPIES */
    float *z;          /* [rows, heads, d_head]: pattern-weighted values */
    float *normed;     /* [rows, d_model]: what LayerNorm handed to attention; equals the residual
                          without LayerNorm */
    float *norm_scale; /* [rows]: 1/sqrt(var + eps); NULL without LayerNorm */
    float *position_q, *position_k, *position_v; /* of the position part, in the shape of q, k, v */
    float *position_z; /* [rows, heads, d_head]: its pattern-weighted values */
};

/*
 * What a cache is made for, beside the plain pass.
 *
 * IND_KEEP_SCORES  the scores before softmax are kept
 * IND_BY_TOKEN     layer 0's projections are computed once for each distinct token and each
 *                  position of the pass and looked up by the rows, which sequences that repeat
 *                  themselves have many more of; a backward pass does the same. The numbers are
 *                  those of the plain pass but for rounding. Only ind_forward, or ind_embed
 *                  followed by layer 0, may be used: a residual[0] filled by hand would not be
 *                  seen. Ignored where layer 0 does not read the embedding itself (LayerNorm,
 *                  shortformer).
 * IND_NO_PATTERNS  patterns are used and forgotten, in room for one head's. A backward pass makes
 *                  each again: the numbers are those of a pass that keeps them
 * IND_LAYER_PATTERNS  all layers share the room for patterns: they are those of the layer whose
 *                  attention ran last. There is no backward pass
 * IND_KEEP_ENTROPIES  the entropy of every row of every pattern, which softmax has almost for
 *                  nothing. Not together with IND_NO_PATTERNS
 */
enum {
    IND_KEEP_SCORES = 1,
    IND_BY_TOKEN = 2,
    IND_NO_PATTERNS = 4,
    IND_LAYER_PATTERNS = 8,
    IND_KEEP_ENTROPIES = 16
};

/* Owner of all buffers for one batch shape. One thread uses a cache at a time. */
struct ind_cache {
    struct ind_config config;
    int batch, length; /* length <= config.context; batch may be lowered between passes (and raised
                            again to what init was given) to run fewer sequences */
    int qkv_stride;    /* floats from one row of q (k, v) to the next */
    float **residual;  /* [layers + 1] of [rows, d_model]: before each layer, and at the end */
    float *final_normed; /* [rows, d_model]: after ln_final; equals residual[layers] without
                            LayerNorm */
    float *final_scale;  /* [rows] or NULL */
    float **position;  /* [layers] of [rows, d_model]: x_P before each layer, filled by a pass whose
                            standing interventions ask for it; only with config.position_part */
    const int *starts; /* [batch], borrowed: the row of the position table that a sequence begins
                            at; NULL = all at 0. Read by the next ind_embed and what follows it */
    struct ind_layer_cache *layers;
    struct ind_cache_work *work; /* private: packed weights, scratch */
};

IND_CHECKED int ind_cache_init(struct ind_cache *cache, const struct ind_config *config, int batch,
                               int length, unsigned keep, struct ind_error *err);
void ind_cache_release(struct ind_cache *cache);

/* residual[0] from tokens [batch, token_stride]; the first `length` tokens of each row are read,
 * each in 0..vocab-1 (asserted). */
void ind_embed(const struct ind_params *params, const int32_t *tokens, int token_stride,
               struct ind_cache *cache);

/* Takes over, in front of the output of `layer`, the state of a pass over the same sequences: its
 * residual and z (layers = after the last one: the residual alone), the position part of both, and
 * the patterns of donors, borrowed until the next ind_embed. ind_forward_output goes on from
 * there. */
void ind_cache_enter(struct ind_cache *to, const struct ind_cache *from, int layer);

/* Layers first..layers-1 and the final norm, from residual[first] (and position[first], where the
 * standing interventions ask for the position part), which must be filled. A patch must name a head
 * of the model (asserted); one in an earlier layer than `first` has no effect. */
void ind_forward_layers(const struct ind_params *params, int first, const struct ind_patch *patches,
                        int patch_count, struct ind_cache *cache);

/* One layer in its two halves, for interventions that keep one of them. The first goes from
 * residual[layer] to q, k, v, pattern and z, the second from residual[layer] and z, which may have
 * been changed in between, to residual[layer + 1]. ind_forward_layers is these two layer by layer
 * and then the final norm, which alone it does at first = layers. */
void ind_forward_attention(const struct ind_params *params, int layer,
                           const struct ind_patch *patches, int patch_count,
                           struct ind_cache *cache);
void ind_forward_output(const struct ind_params *params, int layer, struct ind_cache *cache);

/* As ind_forward_attention without patches, but no further than the pattern: v and z of the layer
 * are left unspecified. For whoever looks at the last layer's patterns and nothing after them. */
void ind_forward_pattern(const struct ind_params *params, int layer, struct ind_cache *cache);

/* Embedding and all layers. */
void ind_forward(const struct ind_params *params, const int32_t *tokens, int token_stride,
                 const struct ind_patch *patches, int patch_count, struct ind_cache *cache);

/* Logits of rows first..first+count-1: out [count, vocab]. */
void ind_logits(const struct ind_params *params, const struct ind_cache *cache, int first,
                int count, float *out);

#ifdef __cplusplus
}
#endif
#endif
