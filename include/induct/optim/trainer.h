/*
 * The training step: generate a batch, forward, backward, add up, AdamW; on any number of threads
 * with the same bytes.
 *
 * The batch is cut into a fixed number of shards (a function of the batch size alone, never of the
 * thread count); each shard has its own gradient buffer, and gradients are added in shard order.
 * Nothing allocates after init.
 */
#ifndef INDUCT_OPTIM_TRAINER_H
#define INDUCT_OPTIM_TRAINER_H

#include <induct/base/error.h>
#include <induct/model/backward.h>
#include <induct/optim/adamw.h>
#include <induct/run/recipe.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Owner of weights, moments and all scratch. */
struct ind_trainer {
    struct ind_recipe recipe;
    struct ind_layout layout;
    struct ind_params weights, moment1, moment2;
    long epoch; /* optimizer steps done */
    int threads;
    struct ind_trainer_work *work; /* private: shards */
};

/* Weights initialised from recipe->seed, epoch 0. threads >= 1. */
int ind_trainer_init(struct ind_trainer *trainer, const struct ind_recipe *recipe, int threads,
                     struct ind_error *err);
void ind_trainer_release(struct ind_trainer *trainer);

/*
 * One epoch on the batch of epoch number trainer->epoch (counting from 0), then trainer->epoch is
 * one more. *loss holds the sums of this batch before the update. Fails, leaving weights and
 * moments as they were before the step, when the loss or the gradient is not finite: the message
 * names the epoch.
 */
int ind_trainer_step(struct ind_trainer *trainer, struct ind_loss *loss, struct ind_error *err);

#ifdef __cplusplus
}
#endif
#endif
