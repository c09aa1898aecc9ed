/*
 * Path expansion (Elhage et al. 2021; DEFINITIONS, section 7): the logits of a model without
 * LayerNorm as a sum over the ways that information takes to them, with the run's attention
 * patterns held.
 *
 *   logits = x0 W_U                                  direct: token and position
 *          + sum_h A_h x0 OV_h W_U                   each head
 *          + sum_{g before h} A_h A_g x0 OV_g OV_h W_U   each virtual head (V-composition),
 *          "L0H1>L1H2" + paths through three heads and more, by their number
 *          + what biases give
 *
 * where x0 is the residual stream before the first layer, A a pattern and OV = W_V W_O. The last
 * term is everything that begins in a bias, b_V, b_O or b_U, by whatever heads it goes on.
 *
 * Patterns are those of the run: a path counts what a head moves, not what it makes others look at
 * (for that see ablation with frozen patterns).
 */
#ifndef INDUCT_PATCH_PATHS_H
#define INDUCT_PATCH_PATHS_H

#include <induct/patch/ablate.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ind_path_kind {
    IND_PATH_DIRECT,
    IND_PATH_PART, /* token or position: parts of the direct path, not of the sum */
    IND_PATH_HEAD,
    IND_PATH_VIRTUAL,
    IND_PATH_HIGHER, /* all paths through `order` heads, 3 or more */
    IND_PATH_BIAS
};

struct ind_path {
    enum ind_path_kind kind;
    int order;     /* how many heads it goes through; 0 for the bias path */
    char name[40]; /* "direct", "token", "L0H1", "L0H1>L1H2", "order3", "bias" */
};

/* All paths of a model in the order above. Owner. */
struct ind_paths {
    struct ind_path *items;
    int count;
};

/* Fails if the model has LayerNorm: it is not linear, and its paths do not add up. */
IND_CHECKED int ind_paths_init(struct ind_paths *paths, const struct ind_config *config,
                               struct ind_error *err);
void ind_paths_release(struct ind_paths *paths);

/* Means over the predictions at i >= period: of the logit of the token that comes next, and of the
 * mean over all tokens, which softmax does not see. */
struct ind_path_logit {
    double correct, mean;
};

/* What an expansion gives; the caller's memory. */
struct ind_expansion {
    struct ind_path_logit *paths;  /* [paths->count] */
    struct ind_path_logit model;   /* from the model's own logits */
    double remainder;              /* largest difference of a logit of the sum of all paths from the
                                     model's, over the largest logit */
    struct ind_eval_count *orders; /* [layers + 1, data->sequences]: of the model that has but the
                                      paths of order 0..k, and its biases */
};

/* One a thread; owner. */
struct ind_expander {
    struct ind_ablator ablator; /* the clean run, and a cache for partial sums */
    float **order;              /* [layers + 1] of [rows, d_model]: all paths through k heads */
    float *sum, *bias;          /* [rows, d_model] */
    float *head, *virtual_head; /* [rows, d_model] */
    float *v, *z;               /* [rows, d_head] */
    float *W_U;                 /* [vocab, d_model]: transposed */
    double *mean_U;             /* [d_model]: mean over tokens */
    double *row_sum;            /* [d_model]: scratch */
    float *logits;              /* [evaluator's logits_rows, vocab] */
};

IND_CHECKED int ind_expander_init(struct ind_expander *expander, const struct ind_config *config,
                                  int length, struct ind_error *err);
void ind_expander_release(struct ind_expander *expander);

/* `paths` from ind_paths_init of the same model. */
void ind_expand(struct ind_expander *expander, const struct ind_params *params,
                const struct ind_paths *paths, const struct ind_eval_data *data,
                struct ind_expansion *out);

#ifdef __cplusplus
}
#endif
#endif
