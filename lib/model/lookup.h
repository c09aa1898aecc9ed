/*
 * Layer 0's projections looked up by token and position, and their gradients gathered the same way:
 * for passes over sequences that repeat themselves. See lookup.c for why this is exact.
 */
#ifndef INDUCT_LIB_MODEL_LOOKUP_H
#define INDUCT_LIB_MODEL_LOOKUP_H

#include <induct/model/forward.h>

struct ind_lookup;

/* True where the input of layer 0 is the sum itself: no LayerNorm, and no positions added to a part
 * of the projections only. */
bool ind_lookup_possible(const struct ind_config *config);

/* Buffers for the shape of the cache. On failure release what *made is. */
IND_CHECKED int ind_lookup_init(struct ind_lookup **made, const struct ind_cache *cache,
                                struct ind_error *err);
void ind_lookup_release(struct ind_lookup *lookup); /* may be NULL */

/* Takes note of the tokens of a pass, [batch, token_stride], each in 0..vocab-1. */
void ind_lookup_tokens(struct ind_lookup *lookup, const struct ind_cache *cache,
                       const int32_t *tokens, int token_stride);

/* q, k and v of layer 0, before biases and rotation. weights: packed, [d_model, 3 heads d_head]. */
void ind_lookup_forward(struct ind_lookup *lookup, const struct ind_params *params,
                        const float *weights, struct ind_cache *cache);

/* After that forward pass: dweights [d_model, 3 heads d_head] is set; W_E of the gradient, and a
 * learned W_pos, are added to, from dqkv [rows, 3 heads d_head] and dresidual [rows, d_model], the
 * gradient of what layer 0 adds to. */
void ind_lookup_backward(struct ind_lookup *lookup, const struct ind_cache *cache,
                         const float *weights, const float *dqkv, const float *dresidual,
                         float *dweights, struct ind_params *gradient);

#endif
