/*
 * The training step: generate a batch, forward, backward, add up, AdamW; on any number of threads
 * with the same bytes.
 *
 * What the recipe departs in from plain training is honoured here: interventions active at the
 * epoch, tensors with a decay, a rate or no update of their own, schedule, clipping, averaging.
 * Nothing allocates after init.
 *
 * Epochs. An epoch is one optimizer step on one fresh batch (DEFINITIONS, section 1).
 * trainer->epoch counts the steps done, so the weights of epoch E are those after E steps, 0 being
 * the untrained model, and batch E is the one that these weights meet next. Everything said about
 * epoch E (a checkpoint, a row of metrics.tsv) is about these weights: its loss is that on batch E,
 * before the update that leads to epoch E+1.
 */
#ifndef INDUCT_OPTIM_TRAINER_H
#define INDUCT_OPTIM_TRAINER_H

#include <induct/base/error.h>
#include <induct/model/backward.h>
#include <induct/optim/adamw.h>
#include <induct/optim/gradient.h>
#include <induct/recipe/recipe.h>
#include <induct/run/replay.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Owner of weights, moments and all scratch. Not to be moved: the parameters point at the layout.
 * To continue an earlier run, write weights, moments and epoch between init and the first step. */
struct ind_trainer {
    struct ind_recipe recipe;
    struct ind_layout layout;
    struct ind_params weights, moment1, moment2;
    struct ind_params average; /* of the weights, if recipe.average > 0; starts as they do */
    long epoch;                /* optimizer steps done */
    int threads;
    struct ind_gradient gradient;  /* of the last ind_trainer_gradient() */
    struct ind_replay replay;      /* weights.standing follows it from epoch to epoch */
    struct ind_trainer_work *work; /* private */
};

/* Weights initialised from recipe->seed, moments 0, epoch 0. The recipe must have passed
 * ind_recipe_check(). Fails if a clamp's donor cannot be read. threads >= 1. */
IND_CHECKED int ind_trainer_init(struct ind_trainer *trainer, const struct ind_recipe *recipe,
                                 int threads, struct ind_error *err);
void ind_trainer_release(struct ind_trainer *trainer);

/*
 * Loss and gradient of the weights on batch number trainer->epoch; *loss holds the sums over that
 * batch. Weights, moments and epoch are not touched. Fails when the loss or the gradient is not
 * finite; the message names the epoch.
 */
IND_CHECKED int ind_trainer_gradient(struct ind_trainer *trainer, struct ind_loss *loss,
                                     struct ind_error *err);

/* AdamW with the gradient of the last ind_trainer_gradient(), which must have succeeded at this
 * epoch; then trainer->epoch is one more. */
void ind_trainer_update(struct ind_trainer *trainer);

/* Both: one epoch. On failure weights, moments and epoch are as they were. */
IND_CHECKED int ind_trainer_step(struct ind_trainer *trainer, struct ind_loss *loss,
                                 struct ind_error *err);

#ifdef __cplusplus
}
#endif
#endif
