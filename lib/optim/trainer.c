#include <induct/optim/trainer.h>

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

/* How one tensor is updated. */
struct group {
    double decay, rate; /* rate: a factor of lr */
    bool frozen;
};

struct ind_trainer_work {
    struct group *groups; /* [layout.tensor_count] */
    bool *frozen;         /* [intervention_count, tensor_count]: what each freezing names */
    struct ind_task task;
    int32_t *tokens; /* [batch, context] */
    int *periods;    /* [batch] */
    int *starts;     /* [batch], NULL where all sequences begin at position 0 */
    double square;   /* of the gradient's norm, frozen tensors left out */
};

/* ---- Ownership ------------------------------------------------------------------------------- */

static int init_values(struct ind_trainer *trainer, struct ind_error *err)
{
    const struct ind_recipe *recipe = &trainer->recipe;
    const struct ind_layout *layout = &trainer->layout;
    double *decays = NULL, *rates = NULL;
    const size_t tensors = (size_t)layout->tensor_count;
    int status = IND_FAILED;
    if (ind_alloc_into(&decays, tensors, sizeof *decays, err) == IND_OK &&
        ind_alloc_into(&rates, tensors, sizeof *rates, err) == IND_OK &&
        ind_tensor_values_resolve(recipe->decays, recipe->decay_count, layout, recipe->weight_decay,
                                  decays, err) == IND_OK)
        status =
            ind_tensor_values_resolve(recipe->rates, recipe->rate_count, layout, 1, rates, err);
    for (size_t t = 0; status == IND_OK && t < tensors; t++)
        trainer->work->groups[t] = (struct group){.decay = decays[t], .rate = rates[t]};
    free(decays);
    free(rates);
    return status;
}

static int init_frozen(struct ind_trainer *trainer, struct ind_error *err)
{
    const struct ind_recipe *recipe = &trainer->recipe;
    const size_t tensors = (size_t)trainer->layout.tensor_count;
    for (int i = 0; i < recipe->intervention_count; i++) {
        const struct ind_intervention *at = &recipe->interventions[i];
        if (at->kind == IND_INTERVENE_FREEZE &&
            ind_layout_select(&trainer->layout, at->what,
                              trainer->work->frozen + (size_t)i * tensors, err) != IND_OK)
            return IND_FAILED;
    }
    return IND_OK;
}

static int init_work(struct ind_trainer *trainer, struct ind_error *err)
{
    const struct ind_recipe *recipe = &trainer->recipe;
    const size_t tensors = (size_t)trainer->layout.tensor_count, batch = (size_t)recipe->batch;
    struct ind_trainer_work *work;
    if (ind_alloc_into(&trainer->work, 1, sizeof *trainer->work, err))
        return IND_FAILED;
    work = trainer->work;
    work->task = ind_recipe_task(recipe);
    if (ind_alloc_into(&work->groups, tensors, sizeof *work->groups, err) ||
        ind_alloc_into(&work->frozen, (size_t)recipe->intervention_count, tensors, err) ||
        ind_alloc_into(&work->tokens, batch * (size_t)work->task.context, sizeof *work->tokens,
                       err) ||
        ind_alloc_into(&work->periods, batch, sizeof *work->periods, err) ||
        (work->task.start_max > 0 &&
         ind_alloc_into(&work->starts, batch, sizeof *work->starts, err)) ||
        init_values(trainer, err))
        return IND_FAILED;
    return init_frozen(trainer, err);
}

static int init_state(struct ind_trainer *trainer, struct ind_error *err)
{
    const struct ind_recipe *recipe = &trainer->recipe;
    if (ind_layout_init(&trainer->layout, &recipe->model, err) ||
        ind_params_init(&trainer->weights, &trainer->layout, err) ||
        ind_params_init(&trainer->moment1, &trainer->layout, err) ||
        ind_params_init(&trainer->moment2, &trainer->layout, err) ||
        (recipe->average > 0 && ind_params_init(&trainer->average, &trainer->layout, err)) ||
        ind_replay_init(&trainer->replay, recipe, err) || init_work(trainer, err))
        return IND_FAILED;
    return ind_gradient_init(&trainer->gradient, &trainer->layout, recipe->batch,
                             recipe->model.context - 1, trainer->threads, err);
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
    if (recipe->average > 0)
        ind_params_copy(&trainer->average, &trainer->weights);
    return IND_OK;
}

static void release_work(struct ind_trainer_work *work)
{
    free(work->groups);
    free(work->frozen);
    free(work->tokens);
    free(work->periods);
    free(work->starts);
    free(work);
}

void ind_trainer_release(struct ind_trainer *trainer)
{
    if (trainer->work)
        release_work(trainer->work);
    ind_gradient_release(&trainer->gradient);
    ind_replay_release(&trainer->replay);
    ind_params_release(&trainer->weights);
    ind_params_release(&trainer->moment1);
    ind_params_release(&trainer->moment2);
    ind_params_release(&trainer->average);
    ind_layout_release(&trainer->layout);
    *trainer = (struct ind_trainer){0};
}

/* ---- Gradient -------------------------------------------------------------------------------- */

/* Batch number trainer->epoch. */
static struct ind_batch make_batch(struct ind_trainer *trainer)
{
    struct ind_trainer_work *work = trainer->work;
    const uint64_t seed = trainer->recipe.seed;
    const uint32_t epoch = (uint32_t)trainer->epoch;
    ind_task_batch(&work->task, seed, epoch, 0, trainer->recipe.batch, work->tokens);
    for (int s = 0; s < trainer->recipe.batch; s++) {
        work->periods[s] = ind_task_period_of(&work->task, seed, epoch, s);
        if (work->starts)
            work->starts[s] = ind_task_start_of(&work->task, seed, epoch, s);
    }
    return (struct ind_batch){.tokens = work->tokens,
                              .periods = work->periods,
                              .starts = work->starts,
                              .repeated = trainer->recipe.loss_repeated};
}

/* What is frozen at this epoch, and the norm of the gradient of the rest. */
static void find_frozen(struct ind_trainer *trainer)
{
    struct ind_trainer_work *work = trainer->work;
    const struct ind_recipe *recipe = &trainer->recipe;
    const int tensors = trainer->layout.tensor_count;
    const long epoch = trainer->epoch;
    for (int t = 0; t < tensors; t++)
        work->groups[t].frozen = false;
    for (int i = 0; i < recipe->intervention_count; i++) {
        const struct ind_intervention *at = &recipe->interventions[i];
        const bool *named = work->frozen + (size_t)i * (size_t)tensors;
        if (at->kind != IND_INTERVENE_FREEZE || epoch < at->first || epoch > at->last)
            continue;
        for (int t = 0; t < tensors; t++)
            work->groups[t].frozen |= named[t];
    }
    work->square = 0;
    for (int r = 0; r < trainer->gradient.range_count; r++)
        if (!work->groups[trainer->gradient.ranges[r].tensor].frozen)
            work->square += trainer->gradient.squares[r];
}

int ind_trainer_gradient(struct ind_trainer *trainer, struct ind_loss *loss, struct ind_error *err)
{
    const struct ind_batch batch = make_batch(trainer);
    trainer->weights.standing = ind_replay_at(&trainer->replay, trainer->epoch);
    if (trainer->recipe.average > 0)
        trainer->average.standing = trainer->weights.standing;
    const double square = ind_gradient_run(&trainer->gradient, &trainer->weights, &batch, loss);
    const double mean = loss->loss / (double)loss->targets;
    if (!isfinite(mean))
        return ind_fail(err, "epoch %ld: the loss is not finite (%g)", trainer->epoch, mean);
    if (!isfinite(square))
        return ind_fail(err, "epoch %ld: the gradient is not finite (at loss %g)", trainer->epoch,
                        mean);
    find_frozen(trainer);
    return IND_OK;
}

/* ---- Update ---------------------------------------------------------------------------------- */

struct update {
    struct ind_trainer *trainer;
    double lr;
    float scale; /* of the gradient */
    long step;
};

/* average += (1 - decay) (weights - average) */
static void average_range(struct ind_trainer *trainer, const struct ind_range *range)
{
    const float blend = (float)(1.0 - trainer->recipe.average);
    const float *weights = trainer->weights.data;
    float *average = trainer->average.data;
    for (size_t i = range->begin; i < range->end; i++)
        average[i] += blend * (weights[i] - average[i]);
}

static void update_range(void *context, const struct ind_gradient *gradient, int index)
{
    const struct update *update = context;
    const struct ind_range range = gradient->ranges[index];
    struct ind_trainer *trainer = update->trainer;
    const struct ind_recipe *recipe = &trainer->recipe;
    const struct group *group = &trainer->work->groups[range.tensor];
    const struct ind_adamw adamw = {update->lr * group->rate, recipe->beta1, recipe->beta2,
                                    recipe->eps, group->decay};
    float *sum = ind_gradient_sum(gradient)->data + range.begin;
    const size_t count = range.end - range.begin;
    for (size_t i = 0; update->scale != 1 && i < count; i++)
        sum[i] *= update->scale;
    if (!group->frozen)
        ind_adamw_step(&adamw, update->step, count, sum, trainer->moment1.data + range.begin,
                       trainer->moment2.data + range.begin, trainer->weights.data + range.begin);
    if (recipe->average > 0)
        average_range(trainer, &range);
}

void ind_trainer_update(struct ind_trainer *trainer)
{
    const struct ind_recipe *recipe = &trainer->recipe;
    const double norm = sqrt(trainer->work->square);
    struct update update = {
        .trainer = trainer,
        .lr = recipe->lr * ind_rate_factor(&recipe->rate, trainer->epoch),
        .scale = recipe->clip > 0 && norm > recipe->clip ? (float)(recipe->clip / norm) : 1,
        .step = trainer->epoch + 1,
    };
    ind_gradient_each_range(&trainer->gradient, update_range, &update);
    trainer->epoch = update.step;
    trainer->weights.standing = ind_replay_at(&trainer->replay, trainer->epoch);
    if (recipe->average > 0)
        trainer->average.standing = trainer->weights.standing;
}

int ind_trainer_step(struct ind_trainer *trainer, struct ind_loss *loss, struct ind_error *err)
{
    if (ind_trainer_gradient(trainer, loss, err))
        return IND_FAILED;
    ind_trainer_update(trainer);
    return IND_OK;
}
