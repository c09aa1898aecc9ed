#include <induct/optim/trainer.h>

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include <induct/base/memory.h>

#include "optim/shards.h"

static int init_state(struct ind_trainer *trainer, struct ind_error *err)
{
    if (ind_layout_init(&trainer->layout, &trainer->recipe.model, err) ||
        ind_params_init(&trainer->weights, &trainer->layout, err) ||
        ind_params_init(&trainer->moment1, &trainer->layout, err) ||
        ind_params_init(&trainer->moment2, &trainer->layout, err) ||
        ind_alloc_into(&trainer->work, 1, sizeof *trainer->work, err))
        return IND_FAILED;
    return ind_shards_init(trainer->work, &trainer->recipe, &trainer->layout, trainer->threads,
                           err);
}

int ind_trainer_init(struct ind_trainer *trainer, const struct ind_recipe *recipe, int threads,
                     struct ind_error *err)
{
    assert(threads >= 1);
    *trainer = (struct ind_trainer){.recipe = *recipe, .threads = threads};
    if (init_state(trainer, err)) {
        ind_trainer_release(trainer);
        return IND_FAILED;
    }
    ind_params_randomise(&trainer->weights, recipe->seed);
    return IND_OK;
}

void ind_trainer_release(struct ind_trainer *trainer)
{
    if (trainer->work)
        ind_shards_release(trainer->work);
    free(trainer->work);
    ind_params_release(&trainer->weights);
    ind_params_release(&trainer->moment1);
    ind_params_release(&trainer->moment2);
    ind_layout_release(&trainer->layout);
    *trainer = (struct ind_trainer){0};
}

int ind_trainer_gradient(struct ind_trainer *trainer, struct ind_loss *loss, struct ind_error *err)
{
    const double square = ind_shards_gradient(trainer->work, &trainer->weights,
                                              trainer->recipe.seed, trainer->epoch, loss);
    const double mean = loss->loss / (double)loss->predictions;
    if (!isfinite(mean))
        return ind_fail(err, "epoch %ld: the loss is not finite (%g)", trainer->epoch, mean);
    if (!isfinite(square))
        return ind_fail(err, "epoch %ld: the gradient is not finite (at loss %g)", trainer->epoch,
                        mean);
    return IND_OK;
}

struct update {
    struct ind_trainer *trainer;
    struct ind_adamw adamw;
    long step;
};

static void update_range(void *context, const struct ind_trainer_work *work, int index)
{
    const struct update *update = context;
    const struct range range = ind_shards_range(work, index);
    struct ind_trainer *trainer = update->trainer;
    ind_adamw_step(&update->adamw, update->step, range.end - range.begin,
                   ind_shards_sum(work) + range.begin, trainer->moment1.data + range.begin,
                   trainer->moment2.data + range.begin, trainer->weights.data + range.begin);
}

void ind_trainer_update(struct ind_trainer *trainer)
{
    const struct ind_recipe *recipe = &trainer->recipe;
    struct update update = {
        .trainer = trainer,
        .adamw = {recipe->lr, recipe->beta1, recipe->beta2, recipe->eps, recipe->weight_decay},
        .step = trainer->epoch + 1,
    };
    ind_shards_each_range(trainer->work, update_range, &update);
    trainer->epoch = update.step;
}

int ind_trainer_step(struct ind_trainer *trainer, struct ind_loss *loss, struct ind_error *err)
{
    if (ind_trainer_gradient(trainer, loss, err))
        return IND_FAILED;
    ind_trainer_update(trainer);
    return IND_OK;
}
