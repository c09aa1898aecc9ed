/*
 * Loss and its gradient, by hand (mean cross-entropy over all targets; DEFINITIONS, section 1).
 *
 * The backward pass reads the cache of a forward pass without interventions over the same tokens
 * and adds to a gradient buffer of the model's layout. It is checked against central differences
 * for every tensor of every kind of model.
 */
#ifndef INDUCT_MODEL_BACKWARD_H
#define INDUCT_MODEL_BACKWARD_H

#include <induct/model/forward.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What one batch (or one shard of it) gave. Sums, so that shards add up. */
struct ind_loss {
    double loss; /* sum of -log p(target) over the predictions */
    long predictions;
    long correct;   /* argmax == target; the lowest token wins a tie */
    long induction; /* predictions at input positions i >= period */
    long induction_correct;
};

/* Scratch for one cache's shape; owner. */
struct ind_backward {
    struct ind_backward_work *work; /* private */
};

int ind_backward_init(struct ind_backward *backward, const struct ind_cache *cache,
                      struct ind_error *err);
void ind_backward_release(struct ind_backward *backward);

/*
 * Loss of the predictions of `cache`, whose inputs are the first `length` tokens of each sequence
 * and whose targets are the tokens after them, and its gradient:
 *
 *   *loss = this batch's sums
 *   gradient += scale * d(sum of losses)/d(parameters)
 *
 * With scale = 1/(all predictions of the whole batch), shards add up to the gradient of the mean.
 * Tensors that are not trained get none. Logits are made for a block of rows at a time (about 1 MB,
 * at least 32 rows). Sums are taken in a fixed order: the same input gives the same bytes.
 *
 *   tokens [batch, token_stride], token_stride >= length + 1, each in 0..vocab-1 (asserted)
 *   period: predictions at input positions i >= period count as induction
 *   cache: from ind_forward over the same tokens and params, without interventions; its private
 *          scratch is overwritten, its activations are not
 */
void ind_backward_run(struct ind_backward *backward, const struct ind_params *params,
                      const int32_t *tokens, int token_stride, int period, float scale,
                      struct ind_cache *cache, struct ind_params *gradient, struct ind_loss *loss);

#ifdef __cplusplus
}
#endif
#endif
