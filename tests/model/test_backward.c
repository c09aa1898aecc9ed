/*
 * Loss and gradients against the double-precision reference.
 *
 * Truth: central differences of the reference's loss, (f(w+h) - f(w-h)) / 2h with h = 1e-5 in
 * double: truncation about h^2 = 1e-10 of the curvature, rounding about 1e-16 * f / h = 1e-9: both
 * far below what float32 can tell. The float pass errs by some 1e-6 of the terms it adds, and the
 * terms of a gradient cancel, so an entry is compared relative to the largest entry of its tensor:
 * 5e-5 of it (the worst, printed below, is a fifth of that). A wrong factor or a missing path shows
 * at order one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/model/backward.h>

#include "support/models.h"
#include "support/reference.h"

enum { BATCH = 3, SAMPLES = 60, PERIOD = 4 };
static const double TOLERANCE = 5e-5, STEP = 1e-5;

struct fixture {
    struct model model;
    struct reference reference;
    struct ind_cache cache;
    struct ind_backward backward;
    struct ind_params gradient;
    struct ind_loss loss;
};

static void open_fixture(struct fixture *f, const struct ind_config *c, int batch, unsigned keep)
{
    struct ind_error err;
    model_init(&f->model, c, batch, 5);
    reference_init(&f->reference, c, batch, c->context - 1);
    assert_int_equal(ind_cache_init(&f->cache, c, batch, c->context - 1, keep, &err), IND_OK);
    assert_int_equal(ind_backward_init(&f->backward, &f->cache, &err), IND_OK);
    assert_int_equal(ind_params_init(&f->gradient, &f->model.layout, &err), IND_OK);
}

static void close_fixture(struct fixture *f)
{
    ind_params_release(&f->gradient);
    ind_backward_release(&f->backward);
    ind_cache_release(&f->cache);
    reference_release(&f->reference);
    model_release(&f->model);
}

static void run(struct fixture *f, float scale)
{
    int context = f->cache.config.context;
    ind_forward(&f->model.params, f->model.tokens, context, NULL, 0, &f->cache);
    const struct ind_objective objective = {
        .tokens = f->model.tokens, .token_stride = context, .period = PERIOD, .scale = scale};
    ind_backward_run(&f->backward,
                     &(struct ind_backward_task){.params = &f->model.params, .cache = &f->cache},
                     &objective, &f->gradient, &f->loss);
}

static double loss_with(struct fixture *f, size_t index, double value)
{
    int context = f->cache.config.context;
    double kept = f->model.weights[index];
    f->model.weights[index] = value;
    reference_forward(&f->reference, &f->model.layout, f->model.weights, f->model.tokens, context);
    f->model.weights[index] = kept;
    return reference_loss(&f->reference, f->model.tokens, context);
}

static double difference(struct fixture *f, size_t index)
{
    double value = f->model.weights[index];
    return (loss_with(f, index, value + STEP) - loss_with(f, index, value - STEP)) / (2.0 * STEP);
}

/* Entries 0, stride, 2 stride, ... of one tensor; the stride shares no factor with usual shapes.
   Returns the worst error relative to the largest entry. */
static double check_tensor(struct fixture *f, const struct ind_tensor *tensor, const char *kind)
{
    size_t stride = tensor->count / SAMPLES + 1;
    double largest = 0.0, worst = 0.0;
    for (size_t j = 0; j < tensor->count; j++)
        largest = fmax(largest, fabs((double)f->gradient.data[tensor->offset + j]));
    bool unseen = tensor->role == IND_B_K && f->cache.config.positions != IND_POSITIONS_ROTARY;
    assert_true(largest > 0.0 || unseen);
    /* b_K moves every score of a row alike, which softmax does not see (rotation apart): zero but
       for rounding. */
    if (unseen)
        largest = fmax(largest, 1.0);
    for (size_t j = 0; j < tensor->count; j += stride) {
        double got = (double)f->gradient.data[tensor->offset + j];
        double want = difference(f, tensor->offset + j);
        worst = fmax(worst, fabs(got - want) / largest);
        if (!(fabs(got - want) <= TOLERANCE * largest))
            fail_msg("%s, %s, element %zu: %.9g, central difference %.9g, largest %.3g", kind,
                     tensor->name, j, got, want, largest);
    }
    return worst;
}

static double check_every_kind(unsigned keep)
{
    double worst = 0.0;
    for (int i = 0; i < model_kind_count; i++) {
        struct fixture f;
        open_fixture(&f, &model_kinds[i].config, BATCH, keep);
        run(&f, 1.0F);
        for (int t = 0; t < f.model.layout.tensor_count; t++) {
            const struct ind_tensor *tensor = &f.model.layout.tensors[t];
            if (tensor->trained)
                worst = fmax(worst, check_tensor(&f, tensor, model_kinds[i].name));
            for (size_t j = 0; j < tensor->count && !tensor->trained; j++)
                assert_true(f.gradient.data[tensor->offset + j] == 0.0F);
        }
        close_fixture(&f);
    }
    return worst;
}

static void gradient_of_every_tensor_of_every_kind(void **state)
{
    (void)state;
    const double worst = fmax(check_every_kind(0), check_every_kind(IND_BY_TOKEN));
    print_message("worst error of a gradient, relative to its tensor's largest: %.2g\n", worst);
}

/* ---- Loss and counts ------------------------------------------------------------------------ */

static void loss_and_counts_equal_the_reference(void **state)
{
    (void)state;
    for (int i = 0; i < model_kind_count; i++) {
        const struct ind_config *c = &model_kinds[i].config;
        struct fixture f;
        open_fixture(&f, c, BATCH, 0);
        run(&f, 1.0F);
        reference_forward(&f.reference, &f.model.layout, f.model.weights, f.model.tokens,
                          c->context);
        double want = reference_loss(&f.reference, f.model.tokens, c->context);
        assert_true(fabs(f.loss.loss - want) < 1e-5 * want);

        long correct = 0, induction = 0, induction_correct = 0;
        for (int row = 0; row < BATCH * f.cache.length; row++) {
            const double *logits = f.reference.logits + (size_t)row * c->vocab;
            int best = 0, position = row % f.cache.length;
            for (int t = 1; t < c->vocab; t++)
                best = logits[t] > logits[best] ? t : best;
            bool hit = best == f.model.tokens[(row / f.cache.length) * c->context + position + 1];
            correct += hit;
            induction += position >= PERIOD;
            induction_correct += hit && position >= PERIOD;
        }
        assert_int_equal(f.loss.predictions, BATCH * f.cache.length);
        assert_int_equal(f.loss.correct, correct);
        assert_int_equal(f.loss.induction, induction);
        assert_int_equal(f.loss.induction_correct, induction_correct);
        close_fixture(&f);
    }
}

/* All logits equal: token 0 wins the tie, and the loss is log(vocab). */
static void lowest_token_wins_a_tie(void **state)
{
    (void)state;
    const struct ind_config *c = &model_kinds[0].config;
    struct fixture f;
    open_fixture(&f, c, BATCH, 0);
    memset(f.model.params.W_U, 0, (size_t)c->d_model * c->vocab * sizeof(float));
    run(&f, 1.0F);
    long zeros = 0;
    for (int row = 0; row < BATCH * f.cache.length; row++)
        zeros +=
            f.model.tokens[(row / f.cache.length) * c->context + row % f.cache.length + 1] == 0;
    assert_true(zeros > 0);
    assert_int_equal(f.loss.correct, zeros);
    assert_true(fabs(f.loss.loss / (double)f.loss.predictions - log(c->vocab)) < 1e-6);
    close_fixture(&f);
}

/* ---- Sums and scale ------------------------------------------------------------------------- */

/* gradient += scale * g: two passes at 0.5 are one at 1 (powers of two: but for the order of
   rounding), and a second run of one pass gives the same bytes. Plain and by token. */
static void gradients_add_up_and_repeat(void **state)
{
    (void)state;
    for (int i = 0; i < 2 * model_kind_count; i++) {
        struct fixture f;
        open_fixture(&f, &model_kinds[i / 2].config, BATCH, i % 2 ? IND_BY_TOKEN : 0);
        size_t total = f.model.layout.total, bytes = total * sizeof(float);
        run(&f, 1.0F);
        float *first = malloc(bytes);
        memcpy(first, f.gradient.data, bytes);
        memset(f.gradient.data, 0, bytes);
        run(&f, 1.0F);
        assert_memory_equal(first, f.gradient.data, bytes);

        memset(f.gradient.data, 0, bytes);
        run(&f, 0.5F);
        run(&f, 0.5F);
        float largest = 0.0F;
        for (size_t j = 0; j < total; j++)
            largest = fmaxf(largest, fabsf(first[j]));
        for (size_t j = 0; j < total; j++)
            assert_true(fabsf(first[j] - f.gradient.data[j]) <= 1e-5F * largest);
        free(first);
        close_fixture(&f);
    }
}

/* A vocabulary whose logits do not fit into one block gives what one block gives: the gradient of
   a few entries and the loss, against the reference. */
static void large_vocabularies_go_block_by_block(void **state)
{
    (void)state;
    struct ind_config c = {.layers = 1,
                           .heads = 1,
                           .d_model = 4,
                           .d_head = 2,
                           .vocab = 20011,
                           .context = 50,
                           .positions = IND_POSITIONS_LEARNED,
                           .bias = true};
    struct fixture f;
    open_fixture(&f, &c, 1, 0);
    run(&f, 1.0F);
    double want = loss_with(&f, 0, f.model.weights[0]);
    assert_true(fabs(f.loss.loss - want) < 1e-5 * want);
    const enum ind_role roles[] = {IND_W_U, IND_B_U, IND_W_O};
    for (int i = 0; i < 3; i++) {
        const struct ind_tensor *t =
            ind_layout_role(&f.model.layout, roles[i], roles[i] == IND_W_O ? 0 : -1);
        double largest = 0.0;
        for (size_t j = 0; j < t->count; j++)
            largest = fmax(largest, fabs((double)f.gradient.data[t->offset + j]));
        for (size_t j = 0; j < t->count; j += t->count / 5 + 1) {
            double got = (double)f.gradient.data[t->offset + j];
            assert_true(fabs(got - difference(&f, t->offset + j)) < TOLERANCE * largest);
        }
    }
    close_fixture(&f);
}

/* Logits of some thousands overflow exp; the loss must not. */
static void large_logits_stay_finite(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f, &model_kinds[0].config, BATCH, 0);
    for (size_t j = 0; j < f.model.layout.total; j++)
        f.model.params.data[j] *= 20.0F;
    run(&f, 1.0F);
    assert_true(isfinite(f.loss.loss) && f.loss.loss > 0.0);
    assert_null(ind_params_find_nonfinite(&f.gradient));
    close_fixture(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradient_of_every_tensor_of_every_kind),
        cmocka_unit_test(loss_and_counts_equal_the_reference),
        cmocka_unit_test(lowest_token_wins_a_tie),
        cmocka_unit_test(gradients_add_up_and_repeat),
        cmocka_unit_test(large_vocabularies_go_block_by_block),
        cmocka_unit_test(large_logits_stay_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
