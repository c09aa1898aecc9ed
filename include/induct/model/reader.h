/*
 * Attention in its parts, for whoever changes what a single head's queries, keys or values are made
 * of (edge patching): the projections of a layer, and one head's attention from them.
 */
#ifndef INDUCT_MODEL_READER_H
#define INDUCT_MODEL_READER_H

#include <induct/model/forward.h>
#include <induct/model/heads.h>

#ifdef __cplusplus
extern "C" {
#endif

/* From residual[layer] to the layer's normed input and to q, k and v of all heads, and no further.
 * The cache must not be IND_BY_TOKEN. */
void ind_forward_project(const struct ind_params *params, int layer, struct ind_cache *cache);

/* From q, k and v of one head, as they stand in the cache, to its pattern and z, under the standing
 * interventions of the parameters; the other heads' are left as they are. */
void ind_forward_head(const struct ind_params *params, struct ind_head head,
                      struct ind_cache *cache);

#ifdef __cplusplus
}
#endif
#endif
