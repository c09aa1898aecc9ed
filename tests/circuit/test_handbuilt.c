/*
 * The hand-built induction circuit through every summary: composition, matching, copying, previous
 * position and spectra in closed form (support/handbuilt.h).
 */
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include <induct/circuit/circuit.h>
#include <induct/circuit/spectrum.h>
#include <induct/math/blas.h>

#include "support/compositions.h"
#include "support/handbuilt.h"

enum { V = 9, T = 20, H = 3 };
static const double s0 = 7.0, s1 = 5.0, gain = 4.0;

static int setup(void **state)
{
    static struct handbuilt built;
    const struct ind_config config = handbuilt_config(V, T, H);
    handbuilt_init(&built, &config, s0, s1, gain);
    *state = &built;
    return 0;
}

static int teardown(void **state)
{
    handbuilt_release(*state);
    return 0;
}

/* K-composition is 1/sqrt(2V); the induction head reads queries and values from what L0H0 does not
 * write; heads of zeros have no score. */
static void composition_of_the_two_heads(void **state)
{
    const struct handbuilt *built = *state;
    struct ind_composition list[3 * H * H];
    const double d = built->layout.config.d_model;
    assert_int_equal(ind_composition_count(&built->layout.config), 3 * H * H);
    compositions_of(&built->params, IND_FOLD_NORM, NULL, list);
    const double truth[] = {0.0, 1.0 / sqrt(2.0 * V), 0.0};
    for (int kind = 0; kind < 3; kind++) {
        assert_int_equal(list[kind].kind, kind);
        assert_near(list[kind].score, truth[kind], 1e-7);
    }
    /* Key v reads previous_v less position_0, so one direction in V+1 is shared by all: the trace
     * of the projection on the previous axes is V - V/(V+1). */
    assert_near(list[IND_COMPOSE_K].overlap, V - V / (V + 1.0), 1e-12);
    assert_near(list[IND_COMPOSE_Q].overlap, 0.0, 1e-12);
    assert_near(list[IND_COMPOSE_V].overlap, 0.0, 1e-12);
    assert_near(list[IND_COMPOSE_V].overlap_chance, V * V / d, 1e-12);
    assert_true(list[IND_COMPOSE_K].z > 2.0);
    for (int i = 3; i < 3 * H * H; i++)
        assert_true(isnan(list[i].score) && isnan(list[i].p_holm));
}

static void circuits_of_the_two_heads(void **state)
{
    const struct handbuilt *built = *state;
    const struct ind_config *config = &built->layout.config;
    struct ind_circuit circuit;
    double eigen, row[T];
    assert_int_equal(ind_circuit_init(&circuit, config, IND_FOLD_NORM, NULL), IND_OK);

    const struct ind_circuit_name names[] = {{IND_CIRCUIT_OV, {1, 0}, {0, 0}},
                                             {IND_CIRCUIT_MATCH, {1, 0}, {0, 0}}};
    for (int i = 0; i < 2; i++) {
        const double diagonal = i == 0 ? gain : s1 * sqrt(config->d_head);
        ind_circuit_make(&circuit, &built->params, &names[i]);
        for (int v = 0; v < V; v++) {
            ind_circuit_rows(&circuit, v, 1, row);
            for (int u = 0; u < V; u++)
                assert_near(row[u], u == v ? diagonal : 0.0, 1e-5);
        }
        assert_int_equal(ind_circuit_eigen(&circuit, &eigen, NULL), IND_OK);
        assert_near(eigen, 1.0, 1e-12);
        assert_near(ind_circuit_diagonal(&circuit, 0, 1).top1, 1.0, 0.0);
        assert_near(ind_circuit_diagonal(&circuit, 0, 1).z, sqrt(V - 1.0), 1e-6);
    }

    const struct ind_circuit_name previous = {IND_CIRCUIT_QK_POS, {0, 0}, {0, 0}};
    ind_circuit_make(&circuit, &built->params, &previous);
    const struct ind_circuit_previous seen =
        ind_circuit_previous(&circuit, ind_config_scale(config), T - 1);
    double attention = 0.0;
    for (int i = 1; i < T - 1; i++)
        attention += handbuilt_previous_pattern(built, i, i - 1) / (T - 2);
    assert_near(seen.top1, 1.0, 0.0);
    assert_near(seen.attention, attention, 1e-6);
    assert_near(ind_circuit_diagonal(&circuit, 1, 1).top1, 1.0, 0.0);
    ind_circuit_release(&circuit);
}

static void spectra_of_the_two_heads(void **state)
{
    const struct handbuilt *built = *state;
    const struct ind_config *config = &built->layout.config;
    const double r = sqrt(config->d_head);
    const int size = ind_spectrum_size(config);
    struct ind_spectra spectra;
    double *s = calloc((size_t)size, sizeof *s);
    double *vectors = calloc(2 * (size_t)config->d_model, sizeof *vectors);
    struct ind_spectrum out = {s, vectors, vectors + config->d_model};
    assert_int_equal(ind_spectra_init(&spectra, config, 1, IND_FOLD_NORM, NULL), IND_OK);
    const struct {
        struct ind_head head;
        enum ind_head_matrix matrix;
        double first, others;
        int count;
    } known[] = {{{0, 0}, IND_MATRIX_OV, 1.0, 1.0, V},
                 {{1, 0}, IND_MATRIX_OV, 1.0, 1.0, V},
                 {{0, 0}, IND_MATRIX_QK, s0 * r, s0 * r, T - 1},
                 {{1, 0}, IND_MATRIX_QK, s1 * r * sqrt(1.0 + V), s1 * r, V}};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(
            ind_spectra_run(&spectra, &built->params, known[i].head, known[i].matrix, &out, NULL),
            IND_OK);
        for (int j = 0; j < size; j++) {
            const double truth = j == 0               ? known[i].first
                                 : j < known[i].count ? known[i].others
                                                      : 0.0;
            assert_near(s[j], truth, 1e-5 * (1.0 + truth));
        }
        if (i < 3)
            assert_near(ind_effective_rank(s, size), known[i].count, 1e-4);
    }
    ind_spectra_release(&spectra);
    free(vectors);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(composition_of_the_two_heads, setup, teardown),
        cmocka_unit_test_setup_teardown(circuits_of_the_two_heads, setup, teardown),
        cmocka_unit_test_setup_teardown(spectra_of_the_two_heads, setup, teardown),
    };
    ind_blas_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
