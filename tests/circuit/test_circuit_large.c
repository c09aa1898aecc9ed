/* Circuits of more rows and columns than are looked at together. */
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/circuit/circuit.h>
#include <induct/math/blas.h>

#include "support/compositions.h"

static struct ind_config large_config(void)
{
    struct ind_config config = ind_config_default();
    config.d_model = 10;
    config.d_head = 4;
    config.heads = 2;
    config.vocab = 600;
    config.context = 150;
    return config;
}

static void another_head_1_changes_one_side(void **state)
{
    (void)state;
    const struct ind_config config = large_config();
    const struct ind_circuit_name first = {IND_CIRCUIT_MATCH, {1, 1}, {0, 0}},
                                  second = {IND_CIRCUIT_MATCH, {1, 1}, {0, 1}};
    struct model model;
    struct ind_circuit changed, made;
    model_init(&model, &config, 1, 34);
    assert_int_equal(ind_circuit_init(&changed, &config, IND_FOLD_NORM, NULL), IND_OK);
    assert_int_equal(ind_circuit_init(&made, &config, IND_FOLD_NORM, NULL), IND_OK);
    ind_circuit_make(&changed, &model.params, &first);
    ind_circuit_change_via(&changed, &model.params, &second);
    ind_circuit_make(&made, &model.params, &second);
    assert_int_equal(changed.cols, made.cols);
    const size_t bytes = (size_t)config.vocab * (size_t)config.d_head * sizeof(double);
    assert_memory_equal(changed.left, made.left, bytes);
    assert_memory_equal(changed.right, made.right, bytes);
    ind_circuit_release(&changed);
    ind_circuit_release(&made);
    model_release(&model);
}

/* Two tokens of one embedding: neither is larger than the other, wherever the two columns lie. */
static void a_tie_is_none(void **state)
{
    (void)state;
    const struct ind_config config = large_config();
    const size_t d = (size_t)config.d_model;
    const struct ind_circuit_name name = {IND_CIRCUIT_QK, {1, 0}, {0, 0}};
    struct model model;
    struct ind_circuit circuit;
    model_init(&model, &config, 1, 30);
    for (size_t i = 0; i < d * (size_t)config.d_head; i++)
        model.params.layers[1].W_K[i] = model.params.layers[1].W_Q[i];
    assert_int_equal(ind_circuit_init(&circuit, &config, IND_FOLD_NORM, NULL), IND_OK);
    for (int i = 0; i + 1 < config.vocab; i += 2)
        memcpy(model.params.W_E + (size_t)(i + 1) * d, model.params.W_E + (size_t)i * d,
               d * sizeof(float));
    ind_circuit_make(&circuit, &model.params, &name);
    assert_near(ind_circuit_diagonal(&circuit, 0, 1).top1, 0.0, 0.0);
    ind_circuit_release(&circuit);
    model_release(&model);
}

/* More positions than are looked at together, each row by its definition. */
static void previous_position_of_every_row(void **state)
{
    (void)state;
    const struct ind_config config = large_config();
    const struct ind_circuit_name name = {IND_CIRCUIT_QK_POS, {1, 0}, {0, 0}};
    const int n = config.context, length = n - 1;
    double *row = calloc((size_t)n, sizeof *row), top = 0.0, attention = 0.0;
    struct model model;
    struct ind_circuit circuit;
    model_init(&model, &config, 1, 35);
    for (size_t i = 0; i < (size_t)config.d_model * config.d_head; i++)
        model.params.layers[1].W_K[i] = model.params.layers[1].W_Q[i];
    assert_int_equal(ind_circuit_init(&circuit, &config, IND_FOLD_NORM, NULL), IND_OK);
    ind_circuit_make(&circuit, &model.params, &name);
    for (int t = 1; t < n; t++) {
        double sum = 0.0;
        int best = 0;
        ind_circuit_rows(&circuit, t, 1, row);
        for (int s = 0; s <= t; s++) {
            best = row[s] > row[best] ? s : best;
            sum += exp((row[s] - row[t - 1]) / 3.0);
        }
        top += best == t - 1;
        attention += t < length ? 1.0 / sum : 0.0;
    }
    const struct ind_circuit_previous fast = ind_circuit_previous(&circuit, 3.0, length);
    assert_near(fast.top1, top / (n - 1), 1e-15);
    assert_near(fast.attention, attention / (length - 1), 1e-12);
    free(row);
    ind_circuit_release(&circuit);
    model_release(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_head_1_changes_one_side),
        cmocka_unit_test(a_tie_is_none),
        cmocka_unit_test(previous_position_of_every_row),
    };
    ind_blas_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
