/*
 * What heads say on average: z (the pattern-weighted values, before W_O), position by position over
 * reference sequences. The value of mean ablation.
 */
#ifndef INDUCT_PATCH_MEANS_H
#define INDUCT_PATCH_MEANS_H

#include <stdint.h>

#include <induct/model/forward.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Forward pass as far as z of layer `last`; what comes after is left as it was. tokens as for
 * ind_forward. */
void ind_forward_z(const struct ind_params *params, const int32_t *tokens, int token_stride,
                   int last, struct ind_cache *cache);

/*
 * means [last + 1, length, heads, d_head] = mean of z over sequences 0..sequences-1 of the tokens,
 * `batch` of them in a pass, which the cache must have been made for. `sums`: scratch of the same
 * shape. Layer l alone is at means + l * length * heads * d_head.
 */
void ind_mean_z(struct ind_cache *cache, int batch, const struct ind_params *params,
                const int32_t *tokens, int token_stride, int sequences, int last, double *sums,
                float *means);

#ifdef __cplusplus
}
#endif
#endif
