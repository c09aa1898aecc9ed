/*
 * Gradients, by hand: of a loss (mean cross-entropy over targets; DEFINITIONS, section 1) or of any
 * metric of the final residual, by the weights and, if asked, by the activations.
 *
 * The backward pass reads the cache of a forward pass over the same tokens, parameters and patches
 * and adds to a gradient buffer of the model's layout. It is checked against central differences
 * for every tensor of every kind of model and for every kind of intervention.
 */
#ifndef INDUCT_MODEL_BACKWARD_H
#define INDUCT_MODEL_BACKWARD_H

#include <stdbool.h>

#include <induct/model/forward.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What one batch (or one shard of it) gave. Sums, so that shards add up. */
struct ind_loss {
    double loss;      /* sum of -log p(target) over the targets of the objective */
    long targets;     /* how many these are */
    long predictions; /* all of them; the counts below are of these */
    long correct;     /* argmax == target; the lowest token wins a tie */
    long induction;   /* predictions at input positions i >= period */
    long induction_correct;
};

/* What the loss is of: the first `length` tokens of each sequence are inputs, the tokens after them
 * targets. */
struct ind_objective {
    const int32_t *tokens; /* [batch, token_stride], each in 0..vocab-1 (asserted) */
    int token_stride;      /* >= length + 1 */
    const int *periods;    /* [batch]: of each sequence; NULL: `period` is that of all */
    int period;            /* predictions at input positions i >= period count as induction */
    bool repeated; /* of these predictions alone, which an earlier copy tells; else of all */
    float scale;   /* the gradient is that of scale * the sum of losses */
};

/* Gradients by activations, in the shapes of the cache (forward.h). Of q and k before rotation: by
 * what the projection gave. From dq, dk and dv of a head h the gradient by its own reading of the
 * normed residual is dq W_Q,h^T (dk W_K,h^T, dv W_V,h^T): what attribution patching multiplies with
 * a difference of the two runs' inputs. Owner. */
struct ind_activation_gradient {
    float **residual; /* [layers + 1] of [rows, d_model]: the whole gradient by residual[l] */
    struct ind_layer_activation_gradient {
        float *q, *k, *v; /* [rows, heads, d_head], one row every qkv_stride floats */
        float *z;         /* [rows, heads, d_head]: as if no patch replaced it */
    } * layers;
    float *buffer; /* private */
};
IND_CHECKED int ind_activation_gradient_init(struct ind_activation_gradient *gradient,
                                             const struct ind_cache *cache, struct ind_error *err);
void ind_activation_gradient_release(struct ind_activation_gradient *gradient);

/* Scratch for one cache's shape; owner. */
struct ind_backward {
    struct ind_backward_work *work; /* private */
};

IND_CHECKED int ind_backward_init(struct ind_backward *backward, const struct ind_cache *cache,
                                  struct ind_error *err);
void ind_backward_release(struct ind_backward *backward);

/* What a backward pass is over. */
struct ind_backward_task {
    const struct ind_params *params;
    const struct ind_patch *patches; /* [patch_count]: those that the forward pass was given */
    int patch_count;
    struct ind_cache *cache; /* its private scratch is overwritten, its activations are not */
    struct ind_activation_gradient *activations; /* set (not added to); NULL = not wanted. The cache
                                                    must not be IND_BY_TOKEN then (asserted) */
    int first_layer; /* layers below it, and the embeddings unless it is 0, get no gradient (of
                        positions that every layer reads, a part): for whoever has no use for it.
                        What stands above is the same to the bit */
};

/*
 * Loss of an objective over the predictions of the cache, and its gradient:
 *
 *   *loss = this batch's sums
 *   gradient += objective->scale * d(sum of losses)/d(parameters)
 *
 * With scale = 1/(all targets of the whole batch), shards add up to the gradient of the mean.
 * Tensors that are not trained get none. Logits are made for a block of rows at a time (about 1 MB,
 * at a vocabulary beyond 2,048 up to 256 rows). Sums are taken in a fixed order: the same input gives the same bytes.
 */
void ind_backward_run(struct ind_backward *backward, const struct ind_backward_task *task,
                      const struct ind_objective *objective, struct ind_params *gradient,
                      struct ind_loss *loss);

/* The same for any metric, from its gradient by final_normed, dfinal [rows, d_model], and the
 * tokens [batch, token_stride] of the pass: for a metric of logits, dlogits W_U^T. W_U and b_U get
 * no gradient. */
void ind_backward_from(struct ind_backward *backward, const struct ind_backward_task *task,
                       const int32_t *tokens, int token_stride, const float *dfinal,
                       struct ind_params *gradient);

#ifdef __cplusplus
}
#endif
#endif
