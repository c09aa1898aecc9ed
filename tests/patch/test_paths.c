/*
 * Paths one by one against loops over indices in double, their sum against the model, and the
 * hand-built circuit, where every path is known.
 */
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/patch/paths.h>

#include "support/handbuilt.h"
#include "support/models.h"
#include "support/reference.h"

enum { SEQUENCES = 11, SEED = 3, PERIOD = 3 };

/* An expansion of one model and what it rests on; owner. */
struct fixture {
    const struct ind_config *config;
    struct ind_eval_data data;
    struct ind_paths paths;
    struct ind_expansion got;
};

static void open_fixture(struct fixture *f, const struct ind_config *config, int period)
{
    f->config = config;
    assert_int_equal(
        ind_eval_data_init(&f->data, config->vocab, config->context, SEED, period, SEQUENCES, NULL),
        IND_OK);
    assert_int_equal(ind_paths_init(&f->paths, config, NULL), IND_OK);
    f->got.paths = ind_alloc((size_t)f->paths.count, sizeof *f->got.paths);
    f->got.orders = ind_alloc((size_t)(config->layers + 1) * SEQUENCES, sizeof *f->got.orders);
    assert_non_null(f->got.paths);
    assert_non_null(f->got.orders);
}

static void expand(struct fixture *f, const struct ind_params *params)
{
    struct ind_expander expander;
    assert_int_equal(ind_expander_init(&expander, f->config, f->config->context - 1, NULL), IND_OK);
    ind_expand(&expander, params, &f->paths, &f->data, &f->got);
    ind_expander_release(&expander);
}

static void close_fixture(struct fixture *f)
{
    ind_eval_data_release(&f->data);
    ind_paths_release(&f->paths);
    free(f->got.paths);
    free(f->got.orders);
}

static const struct ind_path_logit *logit_of(const struct fixture *f, const char *name)
{
    for (int p = 0; p < f->paths.count; p++) {
        if (strcmp(f->paths.items[p].name, name) == 0)
            return &f->got.paths[p];
    }
    fail_msg("there is no path %s", name);
    return NULL;
}

/* ---- In double, by the formula -------------------------------------------------------------- */

static const double *weights_of(const struct model *model, enum ind_role role, int layer)
{
    return model->weights + ind_layout_role(&model->layout, role, layer)->offset;
}

/* rows [rows, d_model] := A_h rows OV_h */
static void move(const struct reference *r, const struct model *model, int layer, int head,
                 double *rows)
{
    const struct ind_config *c = &r->config;
    const int T = r->length, d = c->d_model, k = c->d_head;
    const double *W_V = weights_of(model, IND_W_V, layer) + (size_t)head * d * k;
    const double *W_O = weights_of(model, IND_W_O, layer) + (size_t)head * d * k;
    double *v = calloc((size_t)r->batch * T * k, sizeof *v);
    for (int row = 0; row < r->batch * T; row++) {
        for (int e = 0; e < k; e++) {
            for (int a = 0; a < d; a++)
                v[row * k + e] += rows[row * d + a] * W_V[a * k + e];
        }
    }
    memset(rows, 0, (size_t)r->batch * T * d * sizeof *rows);
    for (int row = 0; row < r->batch * T; row++) {
        const int b = row / T, i = row % T;
        const double *A =
            r->pattern + ((((size_t)layer * r->batch + b) * c->heads + head) * T + i) * T;
        for (int e = 0; e < k; e++) {
            double z = 0.0;
            for (int j = 0; j <= i; j++)
                z += A[j] * v[(b * T + j) * k + e];
            for (int a = 0; a < d; a++)
                rows[row * d + a] += z * W_O[e * d + a];
        }
    }
    free(v);
}

/* Means over predictions of rows W_U: of the right logit and of the mean one. */
static struct ind_path_logit measure(const struct fixture *f, const struct reference *r,
                                     const struct model *model, const double *rows)
{
    const int T = r->length, d = r->config.d_model, vocab = r->config.vocab;
    const double *W_U = weights_of(model, IND_W_U, -1);
    struct ind_path_logit mean = {0.0, 0.0};
    int predictions = 0;
    for (int row = 0; row < r->batch * T; row++) {
        const int b = row / T, i = row % T;
        if (i < PERIOD)
            continue;
        const int target = f->data.tokens[b * f->data.context + i + 1];
        for (int a = 0; a < d; a++) {
            mean.correct += rows[row * d + a] * W_U[a * vocab + target];
            for (int t = 0; t < vocab; t++)
                mean.mean += rows[row * d + a] * W_U[a * vocab + t] / vocab;
        }
        predictions++;
    }
    return (struct ind_path_logit){mean.correct / predictions, mean.mean / predictions};
}

static void assert_near(const char *model, const char *name, struct ind_path_logit got,
                        struct ind_path_logit want)
{
    if (!(fabs(got.correct - want.correct) < 1e-4 && fabs(got.mean - want.mean) < 1e-4))
        fail_msg("%s, %s: %.9g (mean %.9g), by the formula %.9g (%.9g)", model, name, got.correct,
                 got.mean, want.correct, want.mean);
}

/* x0, and for the parts of it what remains of it without the other. */
static void start(const struct reference *r, const struct model *model, const char *name,
                  double *rows)
{
    const int T = r->length, d = r->config.d_model;
    memcpy(rows, r->residual, (size_t)r->batch * T * d * sizeof *rows);
    if (strcmp(name, "token") != 0 && strcmp(name, "position") != 0)
        return;
    const double *W_pos = weights_of(model, IND_W_POS, -1);
    for (int e = 0; e < r->batch * T * d; e++)
        rows[e] = name[0] == 'p' ? W_pos[e % (T * d)] : rows[e] - W_pos[e % (T * d)];
}

/* The heads of a path by its name; returns how many. */
static int heads_of(const struct ind_config *c, const struct ind_path *path, struct ind_head *heads)
{
    char first[16], second[16], pair[40];
    for (int g = 0; g < c->layers * c->heads; g++) {
        heads[0] = (struct ind_head){g / c->heads, g % c->heads};
        if (strcmp(path->name, ind_head_name(heads[0], first)) == 0)
            return 1;
        for (int h = 0; h < c->layers * c->heads; h++) {
            heads[1] = (struct ind_head){h / c->heads, h % c->heads};
            snprintf(pair, sizeof pair, "%s>%s", first, ind_head_name(heads[1], second));
            if (strcmp(path->name, pair) == 0)
                return 2;
        }
    }
    return 0;
}

static void check_path(const struct fixture *f, const struct reference *r,
                       const struct model *model, const struct model_kind *kind, int p,
                       double *rows)
{
    const struct ind_path *path = &f->paths.items[p];
    struct ind_head heads[2] = {{0, 0}, {0, 0}};
    if (path->kind == IND_PATH_HIGHER || path->kind == IND_PATH_BIAS)
        return;
    assert_int_equal(heads_of(&r->config, path, heads), path->order);
    start(r, model, path->name, rows);
    for (int h = 0; h < path->order; h++)
        move(r, model, heads[h].layer, heads[h].head, rows);
    assert_near(kind->name, path->name, f->got.paths[p], measure(f, r, model, rows));
}

static void check_model(const struct model_kind *kind)
{
    struct fixture f;
    struct model model;
    struct reference r;
    open_fixture(&f, &kind->config, PERIOD);
    model_init(&model, &kind->config, 1, 7);
    reference_init(&r, &kind->config, SEQUENCES, kind->config.context - 1);
    reference_forward(&r, &model.layout, model.weights, f.data.tokens, f.data.context);
    expand(&f, &model.params);
    double *rows = calloc((size_t)SEQUENCES * r.length * kind->config.d_model, sizeof *rows);
    for (int p = 0; p < f.paths.count; p++)
        check_path(&f, &r, &model, kind, p, rows);
    free(rows);
    reference_release(&r);
    model_release(&model);
    close_fixture(&f);
}

static void every_path_is_its_formula(void **state)
{
    (void)state;
    for (int m = 0; m < model_kind_count; m++) {
        if (ind_config_is_linear(&model_kinds[m].config) && model_kinds[m].config.context > 4)
            check_model(&model_kinds[m]);
    }
}

/* ---- Sums ----------------------------------------------------------------------------------- */

static void paths_sum_to_the_model(void **state)
{
    (void)state;
    int biased = 0, deep = 0;
    for (int m = 0; m < model_kind_count; m++) {
        const struct ind_config *c = &model_kinds[m].config;
        struct fixture f;
        struct model model;
        if (!ind_config_is_linear(c) || c->context <= 4)
            continue;
        open_fixture(&f, c, PERIOD);
        model_init(&model, c, 1, 7);
        expand(&f, &model.params);
        struct ind_path_logit sum = {0.0, 0.0}, parts = {0.0, 0.0};
        for (int p = 0; p < f.paths.count; p++) {
            const bool part = f.paths.items[p].kind == IND_PATH_PART;
            struct ind_path_logit *to = part ? &parts : &sum;
            to->correct += f.got.paths[p].correct;
            to->mean += f.got.paths[p].mean;
            biased += f.paths.items[p].kind == IND_PATH_BIAS;
            deep += f.paths.items[p].kind == IND_PATH_HIGHER;
        }
        assert_near(model_kinds[m].name, "sum", sum, f.got.model);
        if (ind_config_adds_positions(c))
            assert_near(model_kinds[m].name, "parts", parts, *logit_of(&f, "direct"));
        if (!(f.got.remainder < 1e-5))
            fail_msg("%s: remainder %g", model_kinds[m].name, f.got.remainder);
        assert_true(fabs(f.got.model.correct) > 1e-3);
        model_release(&model);
        close_fixture(&f);
    }
    assert_true(biased > 0 && deep > 0);
}

/* With paths of all orders it is the model; with those of order 0 the model without its heads. */
static void orders_lead_from_no_head_to_the_model(void **state)
{
    (void)state;
    for (int m = 0; m < model_kind_count; m++) {
        const struct ind_config *c = &model_kinds[m].config;
        struct fixture f;
        struct model model;
        struct ind_evaluator evaluator;
        struct ind_eval_count want[SEQUENCES];
        if (!ind_config_is_linear(c) || c->context <= 4)
            continue;
        open_fixture(&f, c, PERIOD);
        model_init(&model, c, 1, 7);
        expand(&f, &model.params);
        assert_int_equal(ind_evaluator_init(&evaluator, c, c->context - 1, NULL), IND_OK);
        for (int end = 0; end < 2; end++) {
            if (end == 1 && c->bias)
                break; /* biases are in every order: those of b_V are a head's output */
            ind_evaluate(&evaluator, &model.params, &f.data, NULL, 0, want);
            const struct ind_eval_count *got =
                f.got.orders + (size_t)(end == 0 ? c->layers : 0) * SEQUENCES;
            for (int s = 0; s < SEQUENCES; s++) {
                assert_int_equal(got[s].predictions, want[s].predictions);
                assert_true(fabs(got[s].loss - want[s].loss) < 1e-4 * want[s].loss);
            }
            for (int layer = 0; layer < c->layers; layer++)
                memset(model.params.layers[layer].W_O, 0,
                       (size_t)c->heads * c->d_head * c->d_model * sizeof(float));
        }
        ind_evaluator_release(&evaluator);
        model_release(&model);
        close_fixture(&f);
    }
}

/* ---- The hand-built circuit ----------------------------------------------------------------- */

/* W_U reads what L1H0 alone writes, from the token: one path is everything. */
static void the_circuit_has_one_path(void **state)
{
    (void)state;
    enum { VOCAB = 17, CONTEXT = 41, CIRCUIT_PERIOD = 7 };
    const double gain = 9.0, predictions = CONTEXT - 1 - CIRCUIT_PERIOD;
    const struct ind_config c = handbuilt_config(VOCAB, CONTEXT, 2);
    struct handbuilt handbuilt;
    struct fixture f;
    handbuilt_init(&handbuilt, &c, HANDBUILT_CERTAIN, HANDBUILT_CERTAIN, gain);
    open_fixture(&f, &c, CIRCUIT_PERIOD);
    for (int s = 0; s < SEQUENCES; s++)
        handbuilt_sequence(VOCAB, CIRCUIT_PERIOD, s, CONTEXT, f.data.tokens + s * CONTEXT);
    expand(&f, &handbuilt.params);
    for (int p = 0; p < f.paths.count; p++) {
        const bool it = strcmp(f.paths.items[p].name, "L1H0") == 0;
        assert_true(fabs(f.got.paths[p].correct - (it ? gain : 0.0)) < 1e-5);
        assert_true(fabs(f.got.paths[p].mean - (it ? gain / VOCAB : 0.0)) < 1e-5);
    }
    for (int s = 0; s < SEQUENCES; s++) {
        const double solved = log(exp(gain) + VOCAB - 1) - gain;
        assert_true(fabs(f.got.orders[s].loss - predictions * log(VOCAB)) < 1e-4);
        for (int order = 1; order <= 2; order++)
            assert_true(fabs(f.got.orders[order * SEQUENCES + s].loss - predictions * solved) <
                        1e-4);
    }
    close_fixture(&f);
    handbuilt_release(&handbuilt);
}

static void the_list_is_complete(void **state)
{
    (void)state;
    struct ind_config c = ind_config_default();
    struct ind_paths paths;
    struct ind_error err;
    assert_int_equal(ind_paths_init(&paths, &c, &err), IND_OK);
    assert_int_equal(paths.count, 3 + 8 + 16);
    assert_string_equal(paths.items[11].name, "L0H0>L1H0");
    ind_paths_release(&paths);
    c.layers = 4;
    c.bias = true;
    c.positions = IND_POSITIONS_ROTARY;
    assert_int_equal(ind_paths_init(&paths, &c, &err), IND_OK);
    assert_int_equal(paths.count, 1 + 16 + 6 * 16 + 2 + 1);
    assert_string_equal(paths.items[paths.count - 2].name, "order4");
    assert_string_equal(paths.items[paths.count - 1].name, "bias");
    ind_paths_release(&paths);
    c.norm = IND_NORM_LNPRE;
    assert_int_equal(ind_paths_init(&paths, &c, &err), IND_FAILED);
    assert_string_equal(err.text,
                        "a model with LayerNorm is not linear: its logits are no sum of paths");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_path_is_its_formula),
        cmocka_unit_test(paths_sum_to_the_model),
        cmocka_unit_test(orders_lead_from_no_head_to_the_model),
        cmocka_unit_test(the_circuit_has_one_path),
        cmocka_unit_test(the_list_is_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
