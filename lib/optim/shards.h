/*
 * The gradient of one batch, shard by shard.
 *
 *   shard     a run of sequences of the batch with a gradient buffer of its own. How many there are
 *             follows from the batch size, so that which numbers are added to which does not depend
 *             on the threads.
 *   pass      as many sequences of a shard as are computed at once, in one thread's activations.
 *             Threads take shards as they become free: which one computes a shard has no influence
 *             on its gradient.
 *   range     a slice of the parameters. The reduction over shards and AdamW are elementwise, so
 *             ranges are only a unit of work.
 */
#ifndef INDUCT_LIB_OPTIM_SHARDS_H
#define INDUCT_LIB_OPTIM_SHARDS_H

#include <induct/base/team.h>
#include <induct/data/task.h>
#include <induct/model/backward.h>
#include <induct/recipe/recipe.h>

struct shard {
    int first, sequences; /* of the batch */
    int period;
    struct ind_params gradient; /* of the mean loss over the batch, this shard's share */
    struct ind_loss loss;
};

/* One thread's activations. */
struct pass {
    struct ind_cache cache;
    struct ind_backward backward;
};

struct ind_trainer_work {
    struct ind_task task;
    int batch;
    struct shard *shards;
    int shard_count;
    struct pass *passes; /* one a thread */
    int pass_count, pass_sequences;
    int32_t *tokens; /* [batch, context] */
    double *squares; /* [range_count]: sum of squares of each range of the gradient */
    size_t trained;  /* floats that an optimizer touches */
    int range_count;
    struct ind_team team;
};

/* Floats [begin, end) of the parameters. */
struct range {
    size_t begin, end;
};
struct range ind_shards_range(const struct ind_trainer_work *work, int index);

/* Visits every range once, in parallel. */
void ind_shards_each_range(struct ind_trainer_work *work,
                           void (*visit)(void *context, const struct ind_trainer_work *work,
                                         int index),
                           void *context);

int ind_shards_init(struct ind_trainer_work *work, const struct ind_recipe *recipe,
                    const struct ind_layout *layout, int threads, struct ind_error *err);
void ind_shards_release(struct ind_trainer_work *work);

/* Computes the gradient of the mean loss over batch `epoch`, and the sums of loss over the batch.
 * Returns the gradient's squared norm: not finite if and only if one of its elements is not. */
double ind_shards_gradient(struct ind_trainer_work *work, const struct ind_params *weights,
                           uint64_t seed, long epoch, struct ind_loss *loss);

/* That gradient, [trained] floats. */
const float *ind_shards_sum(const struct ind_trainer_work *work);

#endif
