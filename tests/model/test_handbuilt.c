/*
 * The hand-built induction circuit behaves as its closed forms say, under the real forward pass.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include <induct/model/backward.h>

#include "support/handbuilt.h"

enum { VOCAB = 17, CONTEXT = 41, HEADS = 3, BATCH = 4, LENGTH = CONTEXT - 1 };

struct fixture {
    struct handbuilt handbuilt;
    struct ind_cache cache;
    int32_t tokens[BATCH * CONTEXT];
};

static void open_fixture(struct fixture *f, double previous, double induction, double gain)
{
    struct ind_error err;
    struct ind_config c = handbuilt_config(VOCAB, CONTEXT, HEADS);
    handbuilt_init(&f->handbuilt, &c, previous, induction, gain);
    assert_int_equal(ind_cache_init(&f->cache, &c, BATCH, LENGTH, 0, &err), IND_OK);
}

static void close_fixture(struct fixture *f)
{
    ind_cache_release(&f->cache);
    handbuilt_release(&f->handbuilt);
}

static void run(struct fixture *f, int period)
{
    for (int b = 0; b < BATCH; b++)
        handbuilt_sequence(VOCAB, period, 5 * b, CONTEXT, f->tokens + b * CONTEXT);
    ind_forward(&f->handbuilt.params, f->tokens, CONTEXT, NULL, 0, &f->cache);
}

static double pattern(const struct fixture *f, int layer, int b, int head, int i, int j)
{
    size_t map = (size_t)b * HEADS + head;
    return (double)f->cache.layers[layer].pattern[(map * LENGTH + i) * LENGTH + j];
}

static void every_pattern_has_its_closed_form(void **state)
{
    (void)state;
    const double sharpness[][2] = {{HANDBUILT_CERTAIN, HANDBUILT_CERTAIN}, {HANDBUILT_CERTAIN, 4}};
    for (int s = 0; s < 2; s++) {
        struct fixture f;
        open_fixture(&f, sharpness[s][0], sharpness[s][1], 9.0);
        run(&f, 7);
        for (int n = 0; n < BATCH * LENGTH * LENGTH; n++) {
            int b = n / (LENGTH * LENGTH), i = n / LENGTH % LENGTH, j = n % LENGTH;
            double previous = handbuilt_previous_pattern(&f.handbuilt, i, j);
            double induction =
                handbuilt_induction_pattern(&f.handbuilt, f.tokens + b * CONTEXT, i, j);
            assert_true(fabs(pattern(&f, 0, b, 0, i, j) - previous) < 1e-6);
            assert_true(fabs(pattern(&f, 1, b, 0, i, j) - induction) < 1e-6);
            for (int layer = 0; layer < 2; layer++) {
                double idle = j <= i ? 1.0 / (i + 1) : 0.0;
                assert_true(fabs(pattern(&f, layer, b, 2, i, j) - idle) < 1e-6);
            }
        }
        close_fixture(&f);
    }
}

/* A head that is not sharp: only layer 0 has its closed form. */
static void a_blunt_previous_token_head(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f, 3.0, HANDBUILT_CERTAIN, 9.0);
    run(&f, 7);
    for (int i = 0; i < LENGTH; i++) {
        for (int j = 0; j < LENGTH; j++)
            assert_true(fabs(pattern(&f, 0, 1, 0, i, j) -
                             handbuilt_previous_pattern(&f.handbuilt, i, j)) < 1e-6);
    }
    assert_true(pattern(&f, 0, 1, 0, 10, 9) < 0.7);
    close_fixture(&f);
}

/* What the header says of certain heads, written out: shares of the copies, exact zeros. */
static void attention_is_split_over_the_copies(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f, HANDBUILT_CERTAIN, HANDBUILT_CERTAIN, 9.0);
    for (int period = 1; period < VOCAB; period++) {
        run(&f, period);
        for (int i = period; i < LENGTH; i++) {
            int copies = i / period;
            for (int j = 0; j <= i; j++) {
                bool copy = j >= 1 && (i + 1 - j) % period == 0 && j <= i - period + 1;
                float want = copy ? 1.0F / (float)copies : 0.0F;
                assert_true(fabs(pattern(&f, 1, 2, 0, i, j) - (double)want) < 1e-6);
                assert_true(copy || pattern(&f, 1, 2, 0, i, j) == 0.0);
            }
        }
    }
    close_fixture(&f);
}

static void it_solves_the_task(void **state)
{
    (void)state;
    const double gain = 9.0;
    for (int period = 2; period < VOCAB; period++) {
        struct fixture f;
        struct ind_error err;
        struct ind_backward backward;
        struct ind_params gradient;
        struct ind_loss loss;
        open_fixture(&f, HANDBUILT_CERTAIN, HANDBUILT_CERTAIN, gain);
        assert_int_equal(ind_backward_init(&backward, &f.cache, &err), IND_OK);
        assert_int_equal(ind_params_init(&gradient, &f.handbuilt.layout, &err), IND_OK);
        run(&f, period);
        const struct ind_objective objective = {
            .tokens = f.tokens, .token_stride = CONTEXT, .period = period, .scale = 1.0F};
        ind_backward_run(
            &backward,
            &(struct ind_backward_task){.params = &f.handbuilt.params, .cache = &f.cache},
            &objective, &gradient, &loss);
        assert_int_equal(loss.induction, BATCH * (LENGTH - period));
        assert_int_equal(loss.induction_correct, loss.induction);

        float logits[VOCAB];
        ind_logits(&f.handbuilt.params, &f.cache, LENGTH + period + 1, 1, logits);
        for (int t = 0; t < VOCAB; t++) {
            bool next = t == f.tokens[CONTEXT + period + 2];
            assert_true(fabs((double)logits[t] - (next ? gain : 0.0)) < 1e-5);
        }
        ind_params_release(&gradient);
        ind_backward_release(&backward);
        close_fixture(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pattern_has_its_closed_form),
        cmocka_unit_test(a_blunt_previous_token_head),
        cmocka_unit_test(attention_is_split_over_the_copies),
        cmocka_unit_test(it_solves_the_task),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
