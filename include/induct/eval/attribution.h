/*
 * Direct logit attribution (DEFINITIONS, section 9): what each component adds to the logit of a
 * token, over what it adds to the mean logit, which softmax does not see.
 *
 *   logit(t) - mean over v of logit(v) = sum over components of  part . g
 *
 * The components are what the residual stream is a sum of: the token's embedding, the position's
 * row (where a table is added), every head's output z_h W_O, and what does not depend on the input
 * (b_O, b_U and the last norm's bias, where the model has any). g is W_U's column of the token
 * minus the mean column; with a final LayerNorm, its weights, its centring and the row's own scale
 * are part of g: the sum is exact at the scale that the row has, and says nothing about what would
 * change it.
 *
 * A head's share is the sum over the positions j that it looks at of pattern[i,j] v_j W_O . g.
 */
#ifndef INDUCT_EVAL_ATTRIBUTION_H
#define INDUCT_EVAL_ATTRIBUTION_H

#include <stdint.h>

#include <induct/model/forward.h>
#include <induct/model/heads.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How many components a model has, and the name of one: "token", "position", "L0H0" ..., "bias".
 * Writes into name and returns it. */
int ind_attribution_count(const struct ind_config *config);
char *ind_attribution_name(const struct ind_config *config, int component, char name[16]);

/* Owner; one a thread. */
struct ind_attribution {
    struct ind_config config;
    double *mean_U;   /* [d_model]: the mean column of W_U */
    double *exact;    /* [d_model]: g */
    float *direction; /* [d_model]: g, rounded: what parts are multiplied with */
    float *read;      /* [d_head]: W_O g of one head */
    double constant;  /* of the last norm's bias and b_U */
};

IND_CHECKED int ind_attribution_init(struct ind_attribution *attribution,
                                     const struct ind_config *config, struct ind_error *err);
void ind_attribution_release(struct ind_attribution *attribution);

/* For the weights that follow: the mean over tokens, which costs one reading of W_U. */
void ind_attribution_start(struct ind_attribution *attribution, const struct ind_params *params);

/* Directs at a token, 0..vocab-1, from a row (sequence * length + position) of a cache that has
 * been run. The functions below are about this row. */
void ind_attribution_aim(struct ind_attribution *attribution, const struct ind_params *params,
                         const struct ind_cache *cache, int row, int32_t token);

/* out [ind_attribution_count]. `input`: the token at the row. Heads by their z in the cache,
 * whatever patches have made of it. */
void ind_attribution_components(struct ind_attribution *attribution,
                                const struct ind_params *params, const struct ind_cache *cache,
                                int row, int32_t input, double *out);

/* out [position + 1]: a head's share by the position looked at. Sums to the head's component where
 * no patch has replaced its z. */
void ind_attribution_by_source(struct ind_attribution *attribution, const struct ind_params *params,
                               const struct ind_cache *cache, int row, struct ind_head head,
                               double *out);

#ifdef __cplusplus
}
#endif
#endif
