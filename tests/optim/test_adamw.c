/* AdamW against values that do not come from its own code: by hand, by the textbook formula in long
 * double, and in closed form. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include <induct/data/random.h>
#include <induct/optim/adamw.h>

static const struct ind_adamw study = {.lr = 1e-3,
                                       .beta1 = 0.9,
                                       .beta2 = 0.98,
                                       .eps = 1e-8,
                                       .weight_decay = 0.01};

static void assert_close(double value, double expected, double relative)
{
    if (!(fabs(value - expected) <= relative * fabs(expected)))
        fail_msg("%.12g is not %.12g", value, expected);
}

/* Three steps with decimal arithmetic of 40 digits: Algorithm 2 of Loshchilov & Hutter. The second
 * by hand: m = .02, v = .00615, w = .899 * .999 - .1 (.02/.19) / sqrt(.00615/.0396). */
static void three_steps_worked_out(void **state)
{
    (void)state;
    const struct ind_adamw adamw = {
        .lr = 0.1, .beta1 = 0.9, .beta2 = 0.98, .eps = 1e-8, .weight_decay = 0.01};
    const float gradients[] = {0.5f, -0.25f, 0.125f};
    const double expected[] = {0.899000002, 0.8713902313204339, 0.8362403862568983};
    float m = 0, v = 0, w = 1;
    for (int t = 0; t < 3; t++) {
        ind_adamw_step(&adamw, t + 1, 1, &gradients[t], &m, &v, &w);
        assert_close((double)w, expected[t], 3e-7);
    }
}

/* eps so large that its place matters: after the root of the corrected moment, not inside it. */
static void eps_stands_after_the_root(void **state)
{
    (void)state;
    const struct ind_adamw adamw = {
        .lr = 1e-3, .beta1 = 0.9, .beta2 = 0.98, .eps = 0.01, .weight_decay = 0.1};
    const float gradients[] = {1e-3f, 2e-3f, -4e-3f, 0};
    const double expected[] = {-1.9998909090909091, -1.9998226588178502, -1.9995821773149933,
                               -1.9993526348699920};
    float m = 0, v = 0, w = -2;
    for (int t = 0; t < 4; t++) {
        ind_adamw_step(&adamw, t + 1, 1, &gradients[t], &m, &v, &w);
        assert_close((double)w, expected[t], 2e-7);
    }
}

/* The textbook's form (m-hat, v-hat) in long double over many elements and steps. */
static void follows_the_textbook(void **state)
{
    (void)state;
    enum { COUNT = 67, STEPS = 300 };
    float g[COUNT], m[COUNT] = {0}, v[COUNT] = {0}, w[COUNT];
    long double tm[COUNT] = {0}, tv[COUNT] = {0}, tw[COUNT];
    struct ind_random random = ind_random_at(1, IND_STREAM_CONTROL, 0, 0);
    for (int i = 0; i < COUNT; i++)
        tw[i] = w[i] = (float)ind_random_normal(&random);

    const long double b1 = (long double)study.beta1, b2 = (long double)study.beta2;
    const long double lr = (long double)study.lr, wd = (long double)study.weight_decay;
    for (int t = 1; t <= STEPS; t++) {
        for (int i = 0; i < COUNT; i++) {
            g[i] = (float)(ind_random_normal(&random) * pow(10, -i % 7));
            tm[i] = b1 * tm[i] + (1 - b1) * g[i];
            tv[i] = b2 * tv[i] + (1 - b2) * g[i] * g[i];
            long double m_hat = tm[i] / (1 - powl(b1, t)), v_hat = tv[i] / (1 - powl(b2, t));
            tw[i] -= lr * wd * tw[i];
            tw[i] -= lr * m_hat / (sqrtl(v_hat) + (long double)study.eps);
        }
        ind_adamw_step(&study, t, COUNT, g, m, v, w);
    }
    for (int i = 0; i < COUNT; i++) {
        /* the decay factor is a float, wrong by up to 3e-8 at each of the 300 steps */
        assert_true(fabsl(tw[i] - (long double)w[i]) < 1.5e-5L * (1 + fabsl(tw[i])));
        assert_close((double)v[i], (double)tv[i], 1e-5);
    }
}

/* A constant gradient has m-hat = g and v-hat = g^2 at every step: the update is the sign's. */
static void constant_gradient_moves_by_the_rate(void **state)
{
    (void)state;
    struct ind_adamw adamw = study;
    adamw.weight_decay = 0;
    const float g[2] = {3, -0.02f};
    float m[2] = {0}, v[2] = {0}, w[2] = {0};
    for (int t = 1; t <= 50; t++)
        ind_adamw_step(&adamw, t, 2, g, m, v, w);
    assert_close((double)w[0], -0.05, 1e-5);
    assert_close((double)w[1], 0.05, 1e-5);
}

/* What token 0's embedding shows: decay alone. */
static void no_gradient_is_pure_decay(void **state)
{
    (void)state;
    const float g = 0;
    float m = 0, v = 0, w = 0.75f;
    for (int t = 1; t <= 1000; t++)
        ind_adamw_step(&study, t, 1, &g, &m, &v, &w);
    assert_close((double)w, 0.75 * pow(1 - 1e-3 * 0.01, 1000), 3e-5);
    assert_true(m == 0 && v == 0);
    assert_true(w < 0.75f);
}

/* Any cut into ranges gives the bytes of one call. */
static void partition_does_not_matter(void **state)
{
    (void)state;
    enum { COUNT = 101 };
    float g[COUNT], whole[3][COUNT], parts[3][COUNT];
    struct ind_random random = ind_random_at(2, IND_STREAM_CONTROL, 0, 0);
    for (int i = 0; i < COUNT; i++) {
        g[i] = (float)ind_random_normal(&random);
        whole[0][i] = (float)ind_random_normal(&random);
        whole[1][i] = (float)ind_random_uniform(&random);
        whole[2][i] = (float)ind_random_normal(&random);
    }
    memcpy(parts, whole, sizeof whole);
    ind_adamw_step(&study, 7, COUNT, g, whole[0], whole[1], whole[2]);
    for (int first = 0, size = 1; first < COUNT; first += size, size += 3) {
        int count = first + size < COUNT ? size : COUNT - first;
        ind_adamw_step(&study, 7, (size_t)count, g + first, parts[0] + first, parts[1] + first,
                       parts[2] + first);
    }
    assert_memory_equal(parts, whole, sizeof whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_steps_worked_out),
        cmocka_unit_test(eps_stands_after_the_root),
        cmocka_unit_test(follows_the_textbook),
        cmocka_unit_test(constant_gradient_moves_by_the_rate),
        cmocka_unit_test(no_gradient_is_pure_decay),
        cmocka_unit_test(partition_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
