/* The training step: whatever the threads and shards, one gradient of the whole batch and one
 * update; a step that fails leaves no trace. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/math/blas.h>
#include <induct/optim/trainer.h>

/* ---- Counting allocations -------------------------------------------------------------------- */

static atomic_long allocations;

#ifndef __SANITIZE_ADDRESS__
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __libc_calloc(count, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __libc_memalign(alignment, size);
}
#endif

/* ---- A small model --------------------------------------------------------------------------- */

static struct ind_recipe small_recipe(int batch)
{
    struct ind_error err;
    struct ind_recipe recipe;
    assert_int_equal(ind_recipe_preset("2L-varied", &recipe, &err), IND_OK);
    recipe.model.d_model = 16;
    recipe.model.heads = 2;
    recipe.model.d_head = 8;
    recipe.model.vocab = 12;
    recipe.model.context = 15;
    recipe.period_lo = 4;
    recipe.period_hi = 6;
    recipe.batch = batch;
    recipe.ood_count = 0;
    recipe.seed = 5;
    if (ind_recipe_check(&recipe, &err))
        fail_msg("%s", err.text);
    return recipe;
}

static void start(struct ind_trainer *trainer, const struct ind_recipe *recipe, int threads)
{
    struct ind_error err;
    if (ind_trainer_init(trainer, recipe, threads, &err))
        fail_msg("%s", err.text);
}

static void steps(struct ind_trainer *trainer, int count, struct ind_loss *loss)
{
    struct ind_error err;
    for (int i = 0; i < count; i++)
        if (ind_trainer_step(trainer, loss, &err))
            fail_msg("%s", err.text);
}

static void assert_same_state(const struct ind_trainer *a, const struct ind_trainer *b)
{
    const size_t bytes = a->layout.total * sizeof(float);
    assert_int_equal(a->epoch, b->epoch);
    assert_memory_equal(a->weights.data, b->weights.data, bytes);
    assert_memory_equal(a->moment1.data, b->moment1.data, bytes);
    assert_memory_equal(a->moment2.data, b->moment2.data, bytes);
}

/* ---- Tests ----------------------------------------------------------------------------------- */

/* 42 sequences: ten shards of four and one of two. */
static void same_bytes_on_any_number_of_threads(void **state)
{
    (void)state;
    const struct ind_recipe recipe = small_recipe(42);
    struct ind_trainer one, several;
    struct ind_loss loss_one, loss_several;
    start(&one, &recipe, 1);
    steps(&one, 20, &loss_one);
    for (int threads = 2; threads <= 16; threads *= 2) {
        start(&several, &recipe, threads);
        steps(&several, 20, &loss_several);
        assert_same_state(&one, &several);
        assert_true(loss_one.loss == loss_several.loss);
        ind_trainer_release(&several);
    }
    ind_trainer_release(&one);
}

/* From zero moments m = (1 - beta1) g: the first step shows the gradient that was used. It must be
 * that of the mean over the whole batch, computed here in one piece. */
static void shards_add_up_to_the_batch(void **state)
{
    (void)state;
    struct ind_error err;
    /* the longest take more than one pass a shard, the last of them smaller than the others */
    const struct {
        int batch, context;
    } shapes[] = {{1, 15}, {3, 15}, {4, 15}, {7, 15}, {32, 15}, {133, 15}, {7, 151}, {4, 131}};
    for (size_t b = 0; b < sizeof shapes / sizeof *shapes; b++) {
        struct ind_recipe recipe = small_recipe(shapes[b].batch);
        recipe.model.context = shapes[b].context;
        const struct ind_task task = ind_recipe_task(&recipe);
        const int length = task.context - 1;
        struct ind_trainer trainer;
        struct ind_params gradient;
        struct ind_cache cache;
        struct ind_backward backward;
        struct ind_loss whole = {0}, sharded;
        start(&trainer, &recipe, 2);
        assert_int_equal(ind_params_init(&gradient, &trainer.layout, &err), IND_OK);
        assert_int_equal(ind_cache_init(&cache, &recipe.model, recipe.batch, length, 0, &err),
                         IND_OK);
        assert_int_equal(ind_backward_init(&backward, &cache, &err), IND_OK);
        int32_t *tokens = ind_alloc((size_t)recipe.batch * (size_t)task.context, sizeof *tokens);
        assert_non_null(tokens);

        const int period = ind_task_batch(&task, recipe.seed, 0, 0, recipe.batch, tokens);
        ind_forward(&trainer.weights, tokens, task.context, NULL, 0, &cache);
        const struct ind_objective objective = {.tokens = tokens,
                                                .token_stride = task.context,
                                                .period = period,
                                                .scale = 1.0f / (float)(recipe.batch * length)};
        ind_backward_run(&backward,
                         &(struct ind_backward_task){.params = &trainer.weights, .cache = &cache},
                         &objective, &gradient, &whole);
        steps(&trainer, 1, &sharded);

        assert_int_equal(sharded.predictions, (long)recipe.batch * length);
        assert_int_equal(sharded.correct, whole.correct);
        assert_int_equal(sharded.induction, (long)recipe.batch * (length - period));
        assert_int_equal(sharded.induction_correct, whole.induction_correct);
        assert_true(fabs(sharded.loss - whole.loss) < 1e-5 * whole.loss);
        double largest = 0, worst = 0;
        for (size_t i = 0; i < trainer.layout.trained; i++) {
            const double g = (double)gradient.data[i];
            const double used = (double)trainer.moment1.data[i] / (1 - recipe.beta1);
            largest = fmax(largest, fabs(g));
            worst = fmax(worst, fabs(used - g));
        }
        assert_true(largest > 1e-3);
        assert_true(worst < 3e-6 * largest);
        for (size_t i = trainer.layout.trained; i < trainer.layout.total; i++)
            assert_true(trainer.moment1.data[i] == 0);

        free(tokens);
        ind_backward_release(&backward);
        ind_cache_release(&cache);
        ind_params_release(&gradient);
        ind_trainer_release(&trainer);
    }
}

static void step_that_fails_leaves_the_state(void **state)
{
    (void)state;
    const struct ind_recipe recipe = small_recipe(8);
    struct ind_trainer trainer, before;
    struct ind_loss loss;
    struct ind_error err;
    const float poison[] = {NAN, INFINITY, 1e38f};
    for (size_t p = 0; p < sizeof poison / sizeof *poison; p++) {
        start(&trainer, &recipe, 2);
        start(&before, &recipe, 1);
        steps(&trainer, 7, &loss);
        steps(&before, 7, &loss);
        for (int i = 0; i < 16; i++)
            trainer.weights.W_U[i] = before.weights.W_U[i] = poison[p];
        assert_int_equal(ind_trainer_step(&trainer, &loss, &err), IND_FAILED);
        assert_non_null(strstr(err.text, "epoch 7: the "));
        assert_non_null(strstr(err.text, " is not finite"));
        assert_same_state(&trainer, &before);
        ind_trainer_release(&trainer);
        ind_trainer_release(&before);
    }
}

/* Values of 1e25 that a W_O of zeros keeps from the logits: the loss is finite, d(loss)/d(W_O) is
 * 1e25 times a W_U of 1e20, beyond a float. */
static void infinite_gradient_of_a_finite_loss_is_seen(void **state)
{
    (void)state;
    const struct ind_recipe recipe = small_recipe(8);
    struct ind_trainer trainer;
    struct ind_loss loss;
    struct ind_error err;
    start(&trainer, &recipe, 2);
    const struct ind_layer_params *last = &trainer.weights.layers[1];
    const size_t matrix = ind_layout_role(&trainer.layout, IND_W_O, 1)->count;
    const size_t unembedding = ind_layout_role(&trainer.layout, IND_W_U, -1)->count;
    for (size_t i = 0; i < matrix; i++) {
        last->W_O[i] = 0;
        last->W_V[i] *= 1e25f;
    }
    for (size_t i = 0; i < unembedding; i++)
        trainer.weights.W_U[i] *= 1e20f;
    assert_int_equal(ind_trainer_step(&trainer, &loss, &err), IND_FAILED);
    assert_true(isfinite(loss.loss));
    assert_non_null(strstr(err.text, "epoch 0: the gradient is not finite (at loss "));
    assert_int_equal(trainer.epoch, 0);
    assert_true(trainer.moment1.data[0] == 0);
    ind_trainer_release(&trainer);
}

/* Token 0 never occurs, the sinusoidal table is not trained. */
static void untouched_weights_only_decay(void **state)
{
    (void)state;
    const struct ind_recipe recipe = small_recipe(8);
    struct ind_trainer trainer, initial;
    struct ind_loss loss;
    start(&trainer, &recipe, 2);
    start(&initial, &recipe, 1);
    steps(&trainer, 100, &loss);
    const double decay = pow(1 - recipe.lr * recipe.weight_decay, 100);
    const int d = recipe.model.d_model;
    for (int i = 0; i < d; i++) {
        const double w = (double)trainer.weights.W_E[i], w0 = (double)initial.weights.W_E[i];
        assert_true(fabs(w - w0 * decay) < 1e-5 * fabs(w0));
        assert_true(trainer.weights.W_E[d + i] != initial.weights.W_E[d + i]);
    }
    assert_memory_equal(trainer.weights.W_pos, initial.weights.W_pos,
                        (size_t)(recipe.model.context * d) * sizeof(float));
    ind_trainer_release(&trainer);
    ind_trainer_release(&initial);
}

/* A session that begins with another's state goes on as that one does. */
static void continues_from_a_copied_state(void **state)
{
    (void)state;
    const struct ind_recipe recipe = small_recipe(8);
    struct ind_trainer straight, resumed;
    struct ind_loss loss;
    start(&straight, &recipe, 2);
    steps(&straight, 10, &loss);
    start(&resumed, &recipe, 1);
    ind_params_copy(&resumed.weights, &straight.weights);
    ind_params_copy(&resumed.moment1, &straight.moment1);
    ind_params_copy(&resumed.moment2, &straight.moment2);
    resumed.epoch = straight.epoch;
    steps(&straight, 10, &loss);
    steps(&resumed, 10, &loss);
    assert_same_state(&straight, &resumed);
    ind_trainer_release(&straight);
    ind_trainer_release(&resumed);
}

static void loss_falls(void **state)
{
    (void)state;
    struct ind_recipe recipe = small_recipe(16);
    recipe.lr = 1e-2;
    recipe.period_hi = recipe.period_lo;
    struct ind_trainer trainer;
    struct ind_loss first, last;
    start(&trainer, &recipe, 2);
    steps(&trainer, 1, &first);
    steps(&trainer, 400, &last);
    const double chance = log(recipe.model.vocab - 1);
    assert_true(first.loss / (double)first.predictions > 0.95 * chance);
    assert_true(last.loss / (double)last.predictions < 0.75 * chance);
    assert_true(last.induction_correct > last.induction / 2);
    ind_trainer_release(&trainer);
}

static void nothing_allocates_in_a_step(void **state)
{
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    skip();
#endif
    const struct ind_recipe recipe = small_recipe(10);
    struct ind_trainer trainer;
    struct ind_loss loss;
    struct ind_error err;
    long before = atomic_load(&allocations);
    start(&trainer, &recipe, 2);
    assert_true(atomic_load(&allocations) > before);
    steps(&trainer, 2, &loss); /* threads come to life, BLAS takes its buffers */
    before = atomic_load(&allocations);
    int status = IND_OK;
    for (int i = 0; i < 20; i++)
        status |= ind_trainer_step(&trainer, &loss, &err);
    const long during = atomic_load(&allocations) - before;
    assert_int_equal(status, IND_OK);
    assert_int_equal(during, 0);
    ind_trainer_release(&trainer);
}

int main(void)
{
    ind_blas_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bytes_on_any_number_of_threads),
        cmocka_unit_test(shards_add_up_to_the_batch),
        cmocka_unit_test(step_that_fails_leaves_the_state),
        cmocka_unit_test(infinite_gradient_of_a_finite_loss_is_seen),
        cmocka_unit_test(untouched_weights_only_decay),
        cmocka_unit_test(continues_from_a_copied_state),
        cmocka_unit_test(loss_falls),
        cmocka_unit_test(nothing_allocates_in_a_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
