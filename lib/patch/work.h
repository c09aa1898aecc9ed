/*
 * What ablations of one set and of all subsets share: batches, the clean run, and the replacement
 * of what one head says.
 */
#ifndef INDUCT_LIB_PATCH_WORK_H
#define INDUCT_LIB_PATCH_WORK_H

#include <induct/model/pass.h>
#include <induct/patch/ablate.h>

/* Floats of one layer's z, and heads * d_head. */
static inline size_t ind_z_width(const struct ind_config *config)
{
    return (size_t)config->heads * (size_t)config->d_head;
}

/* means from all reference sequences, of layers 0..last. */
void ind_ablator_average(struct ind_ablator *ablator, const struct ind_params *params,
                         const struct ind_eval_data *data, const int32_t *reference, int last);

/* The clean run of a pass over the data; and, unless reference is NULL, of
 * its reference sequences as far as z of layer `last`. */
void ind_ablator_begin(struct ind_ablator *ablator, const struct ind_params *params,
                       const struct ind_eval_data *data, const struct ind_pass *pass,
                       const int32_t *reference, int last);

/* The arm's residual and z in front of the output of `layer`, as they are in the clean run. */
void ind_ablator_enter(struct ind_ablator *ablator, int layer);

/* Attention of `layer` in the arm, from its residual; with the clean patterns if the mode says
   so. */
void ind_ablator_attend(struct ind_ablator *ablator, const struct ind_params *params,
                        enum ind_ablation_mode mode, int layer);

/* The arm's z of one head, replaced. `values`: the cache whose v the head reads in this run (the
 * clean one in the layer that was entered, the arm's own after it). */
void ind_ablator_replace(struct ind_ablator *ablator, enum ind_ablation_mode mode,
                         struct ind_head head, const struct ind_cache *values);

/* The final norm of the arm, and counts [batch] of what it predicts. */
void ind_ablator_count(struct ind_ablator *ablator, const struct ind_params *params,
                       const struct ind_eval_data *data, int first, struct ind_eval_count *counts);

#endif
