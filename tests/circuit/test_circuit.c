/*
 * Circuits against the sums of their definitions, and their summaries against the whole
 * matrix, for every kind of model; exact values on circuits made by hand.
 */
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/circuit/circuit.h>
#include <induct/math/blas.h>
#include <induct/math/decomp.h>

#include "support/compositions.h"

/* Row v of a table as the circuit's factor reads it: folded by hand where a LayerNorm is before
   it. */
static double reads(const struct ind_params *params, struct ind_head head, const float *W,
                    bool positions, int row, int column)
{
    const struct ind_config *c = &params->layout->config;
    const int d = c->d_model, k = c->d_head;
    const float *x = (positions ? params->W_pos : params->W_E) + (size_t)row * d;
    const float *m = W + (size_t)head.head * d * k;
    const bool fold =
        c->norm != IND_NORM_NONE && !(positions && c->positions == IND_POSITIONS_SHORTFORMER);
    const float *weight = params->layers[head.layer].ln1_w;
    double mean = 0.0, sum = 0.0;
    for (int i = 0; i < d; i++)
        mean += (double)x[i] / d;
    for (int i = 0; i < d; i++)
        sum += (fold ? ((double)x[i] - mean) * (weight ? (double)weight[i] : 1.0) : (double)x[i]) *
               m[i * k + column];
    return sum;
}

/* Effect of z on a logit through W_O, ln_final's linear part and W_U. */
static double writes(const struct ind_params *params, struct ind_head head, int token, int row)
{
    const struct ind_config *c = &params->layout->config;
    const int d = c->d_model, k = c->d_head;
    const float *o = params->layers[head.layer].W_O + ((size_t)head.head * k + row) * d;
    double mean = 0.0, sum = 0.0;
    for (int i = 0; i < d && c->norm != IND_NORM_NONE; i++)
        mean += (double)o[i] / d;
    for (int i = 0; i < d; i++)
        sum += ((double)o[i] - mean) * (params->ln_final_w ? (double)params->ln_final_w[i] : 1.0) *
               (double)params->W_U[(size_t)i * c->vocab + token];
    return sum;
}

/* Token v after head 1, read by the keys of head 2. */
static double matches(const struct ind_params *params, const struct ind_circuit_name *name,
                      int token, int column)
{
    const struct ind_config *c = &params->layout->config;
    const int d = c->d_model, k = c->d_head;
    const struct ind_layer_params *two = &params->layers[name->head.layer];
    const float *weight = two->ln1_w, *W_K = two->W_K + (size_t)name->head.head * d * k;
    const float *W_O = params->layers[name->via.layer].W_O + (size_t)name->via.head * k * d;
    double sum = 0.0;
    for (int l = 0; l < k; l++) {
        const double z =
            reads(params, name->via, params->layers[name->via.layer].W_V, false, token, l);
        double mean = 0.0;
        for (int i = 0; i < d && c->norm != IND_NORM_NONE; i++)
            mean += (double)W_O[l * d + i] / d;
        for (int i = 0; i < d; i++)
            sum += z * ((double)W_O[l * d + i] - mean) * (weight ? (double)weight[i] : 1.0) *
                   W_K[i * k + column];
    }
    return sum;
}

static double entry(const struct ind_params *params, const struct ind_circuit_name *name, int row,
                    int column)
{
    const struct ind_layer_params *l = &params->layers[name->head.layer];
    const bool ov = name->kind == IND_CIRCUIT_OV || name->kind == IND_CIRCUIT_OV_POS;
    double sum = 0.0;
    for (int j = 0; j < params->layout->config.d_head; j++) {
        const double left = reads(params, name->head, ov ? l->W_V : l->W_Q,
                                  ind_circuit_rows_are_positions(name->kind), row, j);
        double right = 0.0;
        if (ov)
            right = writes(params, name->head, column, j);
        else if (name->kind == IND_CIRCUIT_MATCH)
            right = matches(params, name, column, j);
        else
            right = reads(params, name->head, l->W_K, ind_circuit_cols_are_positions(name->kind),
                          column, j);
        sum += left * right;
    }
    return sum;
}

static void assert_is_defined_sum(struct ind_circuit *circuit, const struct ind_params *params,
                                  const struct ind_circuit_name *name)
{
    ind_circuit_make(circuit, params, name);
    double *matrix = calloc((size_t)circuit->rows * (size_t)circuit->cols, sizeof *matrix);
    ind_circuit_rows(circuit, 0, 1, matrix);
    ind_circuit_rows(circuit, 1, circuit->rows - 1, matrix + circuit->cols);
    for (int i = 0; i < circuit->rows; i++) {
        for (int j = 0; j < circuit->cols; j++) {
            const double truth = entry(params, name, i, j);
            assert_near(matrix[i * circuit->cols + j], truth, 1e-11 * (1.0 + fabs(truth)));
        }
    }
    free(matrix);
}

static void circuits_are_what_is_defined_for_every_kind_of_model(void **state)
{
    (void)state;
    int made = 0, refused = 0;
    for (int m = 0; m < model_kind_count; m++) {
        const struct ind_config *config = &model_kinds[m].config;
        struct model model;
        struct ind_circuit circuit;
        model_init(&model, config, 1, 20 + (uint64_t)m);
        assert_int_equal(ind_circuit_init(&circuit, config, IND_FOLD_NORM, NULL), IND_OK);
        for (int kind = 0; kind <= IND_CIRCUIT_MATCH; kind++) {
            const struct ind_circuit_name name = {
                kind, {config->layers - 1, config->heads - 1}, {0, 0}};
            struct ind_error err;
            if (ind_circuit_check(&name, config, &err) == IND_OK) {
                assert_is_defined_sum(&circuit, &model.params, &name);
                made++;
            } else {
                assert_true(strlen(err.text) > 0);
                refused++;
            }
        }
        ind_circuit_release(&circuit);
        model_release(&model);
    }
    assert_true(made > 3 * refused && refused > 0);
}

/* More rows and columns than one tile holds of anything. */
static struct ind_config large_config(void)
{
    struct ind_config config = ind_config_default();
    config.d_model = 10;
    config.d_head = 4;
    config.heads = 2;
    config.vocab = 3500;
    config.context = 300;
    return config;
}

static struct ind_circuit_diagonal whole_matrix(struct ind_circuit *circuit, int shift, int step)
{
    const int n = circuit->cols;
    double *row = calloc((size_t)n, sizeof *row), top = 0.0, z = 0.0, rows = 0.0;
    for (int i = shift; i < circuit->rows; i += step, rows += 1.0) {
        double mean = 0.0, variance = 0.0;
        bool largest = true;
        ind_circuit_rows(circuit, i, 1, row);
        for (int j = 0; j < n; j++) {
            mean += row[j] / n;
            largest = largest && (j == i - shift || row[j] < row[i - shift]);
        }
        for (int j = 0; j < n; j++)
            variance += (row[j] - mean) * (row[j] - mean) / n;
        top += largest;
        z += (row[i - shift] - mean) / sqrt(variance);
    }
    free(row);
    return (struct ind_circuit_diagonal){top / rows, z / rows};
}

static void diagonals_are_those_of_the_whole_matrix(void **state)
{
    (void)state;
    const struct ind_config config = large_config();
    struct model model;
    struct ind_circuit circuit;
    model_init(&model, &config, 1, 30);
    /* Queries like keys: many, not all, rows have their maximum on the diagonal. */
    for (size_t i = 0; i < (size_t)config.d_model * config.d_head; i++)
        model.params.layers[1].W_K[i] = model.params.layers[1].W_Q[i];
    assert_int_equal(ind_circuit_init(&circuit, &config, IND_FOLD_NORM, NULL), IND_OK);
    const struct ind_circuit_name names[] = {{IND_CIRCUIT_QK, {1, 0}, {0, 0}},
                                             {IND_CIRCUIT_OV, {0, 1}, {0, 0}},
                                             {IND_CIRCUIT_QK_POS, {1, 0}, {0, 0}}};
    double highest = 0.0;
    for (int i = 0; i < 3; i++) {
        ind_circuit_make(&circuit, &model.params, &names[i]);
        for (int shift = 0; shift < 2; shift++) {
            for (int step = 1; step < 60; step += 53) {
                const struct ind_circuit_diagonal fast =
                    ind_circuit_diagonal(&circuit, shift, step);
                const struct ind_circuit_diagonal slow = whole_matrix(&circuit, shift, step);
                assert_near(fast.top1, slow.top1, 1e-15);
                assert_near(fast.z, slow.z, 1e-9);
                highest = fmax(highest, slow.top1);
            }
        }
    }
    assert_true(highest > 0.0);
    ind_circuit_release(&circuit);
    model_release(&model);
}

/* The eigenvalues of the whole [vocab, vocab] matrix: all but d_head of them are rounding. */
static void eigenvalues_are_those_of_the_whole_matrix(void **state)
{
    (void)state;
    const struct ind_config config = compositions_config();
    enum { V = 11 };
    struct model model;
    struct ind_circuit circuit;
    struct ind_decomp decomp;
    double matrix[V * V], re[V], im[V], fast;
    model_init(&model, &config, 1, 31);
    assert_int_equal(ind_circuit_init(&circuit, &config, IND_FOLD_NORM, NULL), IND_OK);
    assert_int_equal(ind_decomp_init(&decomp, V, V, NULL), IND_OK);
    const struct ind_circuit_name names[] = {{IND_CIRCUIT_OV, {1, 1}, {0, 0}},
                                             {IND_CIRCUIT_MATCH, {2, 0}, {1, 1}},
                                             {IND_CIRCUIT_QK, {0, 1}, {0, 0}}};
    for (int i = 0; i < 3; i++) {
        double sum = 0.0, size = 0.0;
        ind_circuit_make(&circuit, &model.params, &names[i]);
        ind_circuit_rows(&circuit, 0, V, matrix);
        assert_int_equal(ind_decomp_eigenvalues(&decomp, V, matrix, re, im, NULL), IND_OK);
        for (int j = 0; j < V; j++) {
            sum += re[j];
            size += hypot(re[j], im[j]);
        }
        assert_int_equal(ind_circuit_eigen(&circuit, &fast, NULL), IND_OK);
        assert_near(fast, sum / size, 1e-9);
        assert_true(fast > -1.0 && fast < 1.0);
    }
    ind_decomp_release(&decomp);
    ind_circuit_release(&circuit);
    model_release(&model);
}

/* ---- By hand --------------------------------------------------------------------------------- */

enum { TOKENS = 5 };

/* One axis a token (0..4) and one a position (5..9), whole d_head; everything else zero. */
static struct ind_config axes_config(void)
{
    struct ind_config config = ind_config_default();
    config.heads = 1;
    config.d_model = 2 * TOKENS;
    config.d_head = 2 * TOKENS;
    config.vocab = TOKENS;
    config.context = TOKENS;
    config.positions = IND_POSITIONS_LEARNED;
    return config;
}

static void set_axes(struct ind_params *params)
{
    const int d = 2 * TOKENS;
    memset(params->data, 0, params->layout->total * sizeof *params->data);
    for (int i = 0; i < TOKENS; i++) {
        params->W_E[i * d + i] = 1.0F;
        params->W_pos[i * d + TOKENS + i] = 1.0F;
        params->W_U[i * TOKENS + i] = 1.0F;
    }
}

static void copying_and_its_opposite(void **state)
{
    (void)state;
    const struct ind_config config = axes_config();
    const struct ind_circuit_name ov = {IND_CIRCUIT_OV, {0, 0}, {0, 0}};
    const int d = 2 * TOKENS;
    struct model model;
    struct ind_circuit circuit;
    double eigen;
    model_init(&model, &config, 1, 32);
    assert_int_equal(ind_circuit_init(&circuit, &config, IND_FOLD_NORM, NULL), IND_OK);
    /* Factor 2 on each token, -2 on each token, a cyclic shift of tokens. */
    for (int form = 0; form < 3; form++) {
        set_axes(&model.params);
        for (int i = 0; i < TOKENS; i++) {
            model.params.layers[0].W_V[i * d + i] = 1.0F;
            model.params.layers[0].W_O[i * d + (form == 2 ? (i + 1) % TOKENS : i)] =
                form == 1 ? -2.0F : 2.0F;
        }
        ind_circuit_make(&circuit, &model.params, &ov);
        assert_int_equal(ind_circuit_eigen(&circuit, &eigen, NULL), IND_OK);
        const struct ind_circuit_diagonal own = ind_circuit_diagonal(&circuit, 0, 1);
        /* A one among four zeros: mean 1/5, standard deviation 2/5. */
        const double z = 2.0;
        assert_near(eigen, form == 0 ? 1.0 : form == 1 ? -1.0 : 0.0, 1e-12);
        assert_near(own.top1, form == 0 ? 1.0 : 0.0, 0.0);
        assert_near(own.z, form == 0 ? z : form == 1 ? -z : -0.5, 1e-12);
    }
    set_axes(&model.params);
    ind_circuit_make(&circuit, &model.params, &ov);
    assert_int_equal(ind_circuit_eigen(&circuit, &eigen, NULL), IND_OK);
    assert_true(isnan(eigen));
    assert_near(ind_circuit_diagonal(&circuit, 0, 1).top1, 0.0, 0.0);
    assert_true(isnan(ind_circuit_diagonal(&circuit, 0, 1).z));
    ind_circuit_release(&circuit);
    model_release(&model);
}

static void matching_through_a_head_that_moves_tokens(void **state)
{
    (void)state;
    const struct ind_config config = axes_config();
    const struct ind_circuit_name name = {IND_CIRCUIT_MATCH, {1, 0}, {0, 0}};
    const int d = 2 * TOKENS;
    struct model model;
    struct ind_circuit circuit;
    double eigen;
    model_init(&model, &config, 1, 33);
    assert_int_equal(ind_circuit_init(&circuit, &config, IND_FOLD_NORM, NULL), IND_OK);
    set_axes(&model.params);
    for (int i = 0; i < TOKENS; i++) {
        /* Head 1 moves token i to axis 5+i; the later key reads axis 5+i, the query axis i. */
        model.params.layers[0].W_V[i * d + i] = 1.0F;
        model.params.layers[0].W_O[i * d + TOKENS + i] = 1.0F;
        model.params.layers[1].W_K[(TOKENS + i) * d + i] = 3.0F;
        model.params.layers[1].W_Q[i * d + i] = 1.0F;
    }
    ind_circuit_make(&circuit, &model.params, &name);
    assert_int_equal(ind_circuit_eigen(&circuit, &eigen, NULL), IND_OK);
    assert_near(eigen, 1.0, 1e-12);
    assert_near(ind_circuit_diagonal(&circuit, 0, 1).top1, 1.0, 0.0);
    ind_circuit_release(&circuit);
    model_release(&model);
}

static void previous_position_by_hand(void **state)
{
    (void)state;
    const struct ind_config config = axes_config();
    const struct ind_circuit_name name = {IND_CIRCUIT_QK_POS, {0, 0}, {0, 0}};
    const int d = 2 * TOKENS;
    struct model model;
    struct ind_circuit circuit;
    model_init(&model, &config, 1, 34);
    assert_int_equal(ind_circuit_init(&circuit, &config, IND_FOLD_NORM, NULL), IND_OK);
    set_axes(&model.params);
    for (int i = 1; i < TOKENS; i++) {
        model.params.layers[0].W_Q[(TOKENS + i) * d + i - 1] = 6.0F;
        model.params.layers[0].W_K[(TOKENS + i - 1) * d + i - 1] = 0.5F;
    }
    ind_circuit_make(&circuit, &model.params, &name);
    const struct ind_circuit_diagonal before = ind_circuit_diagonal(&circuit, 1, 1);
    assert_near(before.top1, 1.0, 0.0);
    assert_near(before.z, 2.0, 1e-12);
    assert_near(ind_circuit_diagonal(&circuit, 0, 1).top1, 0.0, 0.0);
    /* Row i: e^(3/scale) among i ones. */
    double truth = 0.0;
    for (int i = 1; i < TOKENS - 1; i++)
        truth += exp(1.5) / (exp(1.5) + i) / (TOKENS - 2);
    const struct ind_circuit_previous causal = ind_circuit_previous(&circuit, 2.0, TOKENS - 1);
    assert_near(causal.attention, truth, 1e-12);
    assert_near(causal.top1, 1.0, 0.0);
    /* A one among t + 1 values: (1 - 1/n) / sqrt(1/n (1 - 1/n)) = sqrt(n - 1) = sqrt(t). */
    assert_near(causal.z, (1.0 + sqrt(2.0) + sqrt(3.0) + 2.0) / 4.0, 1e-12);
    assert_true(isnan(ind_circuit_previous(&circuit, 2.0, 1).attention));
    /* Something louder in what the head never sees: no matter to a causal head. */
    for (int i = 0; i < TOKENS; i++) {
        model.params.layers[0].W_Q[(TOKENS + i) * d + d - 1] = 10.0F;
        model.params.layers[0].W_K[(TOKENS + i) * d + d - 1] = i == TOKENS - 1 ? 10.0F : 0.0F;
    }
    ind_circuit_make(&circuit, &model.params, &name);
    assert_near(ind_circuit_diagonal(&circuit, 1, 1).top1, 0.0, 0.0);
    assert_near(ind_circuit_previous(&circuit, 2.0, TOKENS).top1, 0.75, 0.0);
    ind_circuit_release(&circuit);
    model_release(&model);
}

/* ---- Names ----------------------------------------------------------------------------------- */

static void names_are_read_and_written(void **state)
{
    (void)state;
    const struct ind_config config = compositions_config();
    const char *const words[] = {"qk", "qk-pos", "qk-token-pos", "qk-pos-token",
                                 "ov", "ov-pos", "match:L1H0"};
    for (int i = 0; i < 7; i++) {
        struct ind_circuit_name name = {0};
        char text[32];
        assert_int_equal(ind_circuit_parse(words[i], &config, &name, NULL), IND_OK);
        assert_string_equal(ind_circuit_text(&name, text), words[i]);
    }
    const char *const wrong[] = {"", "q", "qk-", "match", "match:", "match:L9H0", "match:L0H*"};
    for (int i = 0; i < 7; i++) {
        struct ind_circuit_name name = {0};
        struct ind_error err = {""};
        assert_int_equal(ind_circuit_parse(wrong[i], &config, &name, &err), IND_FAILED);
        assert_true(strlen(err.text) > 0);
    }
}

static void what_a_model_lacks_is_refused(void **state)
{
    (void)state;
    struct ind_config config = compositions_config();
    const struct ind_circuit_name late = {IND_CIRCUIT_MATCH, {1, 0}, {1, 1}},
                                  pos = {IND_CIRCUIT_OV_POS, {1, 0}, {0, 0}};
    struct ind_error err;
    assert_int_equal(ind_circuit_check(&late, &config, &err), IND_FAILED);
    assert_non_null(strstr(err.text, "earlier"));
    assert_int_equal(ind_circuit_check(&pos, &config, &err), IND_OK);
    config.positions = IND_POSITIONS_SHORTFORMER;
    assert_int_equal(ind_circuit_check(&pos, &config, &err), IND_FAILED);
    assert_non_null(strstr(err.text, "values"));
    config.positions = IND_POSITIONS_ROTARY;
    assert_int_equal(ind_circuit_check(&pos, &config, &err), IND_FAILED);
    assert_non_null(strstr(err.text, "rotary"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(circuits_are_what_is_defined_for_every_kind_of_model),
        cmocka_unit_test(diagonals_are_those_of_the_whole_matrix),
        cmocka_unit_test(eigenvalues_are_those_of_the_whole_matrix),
        cmocka_unit_test(copying_and_its_opposite),
        cmocka_unit_test(matching_through_a_head_that_moves_tokens),
        cmocka_unit_test(previous_position_by_hand),
        cmocka_unit_test(names_are_read_and_written),
        cmocka_unit_test(what_a_model_lacks_is_refused),
    };
    ind_blas_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
