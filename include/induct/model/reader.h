/*
 * Attention in its parts, for whoever changes what a single head's queries, keys or values are made
 * of (edge patching): the projections of a layer, or of a single reader, one head's attention from
 * them, and the gradient by what a reader reads.
 */
#ifndef INDUCT_MODEL_READER_H
#define INDUCT_MODEL_READER_H

#include <induct/model/backward.h>
#include <induct/model/heads.h>

#ifdef __cplusplus
extern "C" {
#endif

/* From residual[layer] to the layer's normed input and to q, k and v of all heads, and no further.
 * The cache must not be IND_BY_TOKEN. */
void ind_forward_project(const struct ind_params *params, int layer, struct ind_cache *cache);

enum ind_reader_part { IND_READER_Q, IND_READER_K, IND_READER_V };

/* The same for one head's q, k or v alone: the rest of the cache's are left as they are, but for
 * the normed input, which is that of this reader. */
void ind_forward_project_part(const struct ind_params *params, struct ind_head head,
                              enum ind_reader_part part, struct ind_cache *cache);

/* From q, k and v of one head, as they stand in the cache, to its pattern and z, under the standing
 * interventions of the parameters; the other heads' are left as they are. */
void ind_forward_head(const struct ind_params *params, struct ind_head head,
                      struct ind_cache *cache);

/* After a backward pass with task->activations: out [rows, d_model] += the gradient by the
 * residual stream as this reader alone reads it, before its LayerNorm. Over all readers of a layer
 * it adds up to residual[layer] less residual[layer + 1] of the activations' gradients. */
void ind_backward_reader(struct ind_backward *backward, const struct ind_backward_task *task,
                         struct ind_head head, enum ind_reader_part part, float *out);

#ifdef __cplusplus
}
#endif
#endif
