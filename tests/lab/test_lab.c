/*
 * The page's functions say what the programs' own say: the same weights, tokens and interventions,
 * once through lab.h and once through the library.
 */
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/patch/ablate.h>
#include <induct/patch/graft.h>
#include <induct/patch/split.h>

#include "lab/lab.h"
#include "support/models.h"

enum { SEQUENCES = 11, PERIOD = 5, HEADS = 2, CONTEXT = 18, LENGTH = CONTEXT - 1, VOCAB = 12 };

static const struct ind_config config = {.layers = 2,
                                         .heads = HEADS,
                                         .d_model = 12,
                                         .d_head = 4,
                                         .vocab = VOCAB,
                                         .context = CONTEXT,
                                         .norm_eps = 1e-5,
                                         .rotary_base = 10000.0};

struct fixture {
    struct model model, donor;
    struct ind_eval_data data;
    int32_t reference[SEQUENCES * CONTEXT];
    struct ind_evaluator evaluator;
    struct ind_eval_count counts[SEQUENCES], clean[SEQUENCES];
    struct ind_lab *lab;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    model_init(&f->model, &config, 1, 3);
    model_init(&f->donor, &config, 1, 4);
    assert_int_equal(ind_eval_data_init(&f->data, VOCAB, CONTEXT, 1, PERIOD, SEQUENCES, NULL),
                     IND_OK);
    ind_ablation_reference(VOCAB, CONTEXT, 1, PERIOD, SEQUENCES, f->reference);
    assert_int_equal(ind_evaluator_init(&f->evaluator, &config, LENGTH, NULL), IND_OK);
    f->lab = ind_lab_open(config.layers, config.heads, config.d_model, config.d_head, VOCAB,
                          CONTEXT, ind_lab_positions("sinusoidal"), ind_lab_norm("none"), 0, 0.0,
                          1e-5, 0, 10000.0, 0);
    assert_non_null(f->lab);
    assert_string_equal(ind_lab_error(f->lab), "");
    const size_t bytes = f->model.layout.total * sizeof(float);
    assert_int_equal(ind_lab_total(f->lab), f->model.layout.total);
    memcpy(ind_lab_weights(f->lab, 0), f->model.params.data, bytes);
    memcpy(ind_lab_weights(f->lab, 1), f->donor.params.data, bytes);
    assert_int_equal(ind_lab_reference(f->lab, f->reference, SEQUENCES), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    ind_lab_close(f->lab);
    ind_evaluator_release(&f->evaluator);
    ind_eval_data_release(&f->data);
    model_release(&f->model);
    model_release(&f->donor);
    free(f);
    return 0;
}

/* What the lab says of set 0 is what the counts say. */
static void assert_evaluates_to(struct fixture *f, const struct ind_eval_count *counts)
{
    double out[IND_LAB_RESULTS], predictions = 0.0, correct = 0.0, loss = 0.0;
    for (int s = 0; s < SEQUENCES; s++) {
        predictions += counts[s].predictions;
        correct += counts[s].correct;
        loss += counts[s].loss;
    }
    if (ind_lab_evaluate(f->lab, 0, f->data.tokens, SEQUENCES, PERIOD, 0, 0, out) != 0)
        fail_msg("%s", ind_lab_error(f->lab));
    assert_true(out[IND_LAB_PREDICTIONS] == predictions);
    assert_true(out[IND_LAB_ACCURACY] == correct / predictions);
    assert_true(fabs(out[IND_LAB_LOSS] - loss / predictions) < 1e-6);
    assert_true(isnan(out[IND_LAB_MARGIN]));
}

static void ablate(struct fixture *f, struct ind_head head, enum ind_ablation_mode mode)
{
    struct ind_ablator ablator;
    const struct ind_ablation arm = {&head, 1, mode};
    assert_int_equal(
        ind_ablator_init(&ablator, &config, LENGTH, IND_ABLATOR_REFERS | IND_ABLATOR_FREEZES, NULL),
        IND_OK);
    ind_ablate(&ablator, &f->model.params, &f->data, f->reference, &arm, 1, f->clean, f->counts);
    ind_ablator_release(&ablator);
}

static void ablations_are_the_ablators(void **state)
{
    struct fixture *f = *state;
    ablate(f, (struct ind_head){0, 1}, IND_ABLATION_ZERO);
    assert_evaluates_to(f, f->clean);
    ind_lab_zero(f->lab, 0, 1);
    assert_evaluates_to(f, f->counts);

    ablate(f, (struct ind_head){0, 1}, IND_ABLATION_MEAN);
    ind_lab_mean(f->lab, 0, 1); /* in place of zero */
    assert_evaluates_to(f, f->counts);

    /* patterns of the clean run in the layers behind */
    ablate(f, (struct ind_head){0, 1}, IND_ABLATION_FROZEN);
    ind_lab_zero(f->lab, 0, 1);
    for (int h = 0; h < HEADS; h++)
        ind_lab_freeze(f->lab, 1, h, IND_LAB_OWN);
    assert_evaluates_to(f, f->counts);

    ind_lab_reset(f->lab);
    ablate(f, (struct ind_head){1, 0}, IND_ABLATION_PATTERN_PREV);
    ind_lab_freeze(f->lab, 1, 0, IND_LAB_PREVIOUS);
    assert_evaluates_to(f, f->counts);
    ablate(f, (struct ind_head){0, 0}, IND_ABLATION_PATTERN_UNIFORM);
    ind_lab_freeze(f->lab, 1, 0, IND_LAB_AS_IT_IS);
    ind_lab_freeze(f->lab, 0, 0, IND_LAB_UNIFORM);
    assert_evaluates_to(f, f->counts);
}

static void grafts_are_grafts(void **state)
{
    struct fixture *f = *state;
    const struct ind_graft pieces[] = {{IND_GRAFT_QK, {1, 1}}, {IND_GRAFT_EMBEDDING, {0, 0}}};
    struct ind_params grafted;
    assert_int_equal(ind_params_init(&grafted, &f->model.layout, NULL), IND_OK);
    ind_params_copy(&grafted, &f->model.params);
    ind_graft_apply(&grafted, &f->donor.params, pieces, 2);
    ind_evaluate(&f->evaluator, &grafted, &f->data, NULL, 0, f->counts);
    assert_int_equal(ind_lab_graft(f->lab, 1, IND_GRAFT_QK, 1, 1), 0);
    assert_int_equal(ind_lab_graft(f->lab, 1, IND_GRAFT_EMBEDDING, 0, 0), 0);
    assert_evaluates_to(f, f->counts);
    ind_lab_reset(f->lab);
    ind_evaluate(&f->evaluator, &f->model.params, &f->data, NULL, 0, f->counts);
    assert_evaluates_to(f, f->counts);
    ind_params_release(&grafted);
}

static void dropped_terms_are_dropped(void **state)
{
    struct fixture *f = *state;
    struct ind_split_drop drop;
    struct ind_cache all, *cache = &all; /* the split reads patterns */
    struct ind_head items[] = {{1, 0}, {1, 1}};
    const struct ind_heads heads = {items, 2};
    assert_int_equal(ind_split_drop_init(&drop, &config, 1, LENGTH, NULL), IND_OK);
    assert_int_equal(ind_cache_init(cache, &config, 1, LENGTH, 0, NULL), IND_OK);
    for (int s = 0; s < SEQUENCES; s++) {
        ind_forward(&f->model.params, f->data.tokens + (size_t)s * CONTEXT, CONTEXT, NULL, 0,
                    cache);
        ind_split_drop_run(&drop, &f->model.params, &heads, 1U << IND_SPLIT_PP, cache);
        ind_evaluate_cache(&f->evaluator, &f->model.params, cache, &f->data, s, &f->counts[s]);
    }
    ind_split_drop_release(&drop);
    ind_cache_release(cache);
    ind_lab_drop(f->lab, 1, 0, 8);
    ind_lab_drop(f->lab, 1, 1, 8);
    assert_evaluates_to(f, f->counts);
}

/* A head that says nothing has no position part to hand on: terms of the layer behind it, dropped
 * and not, are those of a model whose W_V of this head is zero. */
static void terms_are_those_of_what_is_left(void **state)
{
    struct fixture *f = *state;
    double lesioned[IND_LAB_RESULTS], ablated[IND_LAB_RESULTS];
    const size_t matrix = (size_t)config.d_model * (size_t)config.d_head;
    ind_lab_drop(f->lab, 1, 0, 1 | 8);
    ind_lab_zero(f->lab, 0, 1);
    assert_int_equal(ind_lab_evaluate(f->lab, 0, f->data.tokens, SEQUENCES, PERIOD, 0, 0, ablated),
                     0);
    const float *W_V = f->model.params.layers[0].W_V;
    float *mine = ind_lab_weights(f->lab, 0) + (W_V - f->model.params.data) + matrix;
    memset(mine, 0, matrix * sizeof *mine);
    ind_lab_reset(f->lab);
    ind_lab_drop(f->lab, 1, 0, 1 | 8);
    assert_int_equal(ind_lab_evaluate(f->lab, 0, f->data.tokens, SEQUENCES, PERIOD, 0, 0, lesioned),
                     0);
    assert_true(fabs(ablated[IND_LAB_LOSS] - lesioned[IND_LAB_LOSS]) < 1e-6);
}

/* ---- One sequence ---------------------------------------------------------------------------- */

static void run(struct fixture *f)
{
    if (ind_lab_run(f->lab, 0, f->data.tokens, LENGTH) != 0)
        fail_msg("%s", ind_lab_error(f->lab));
}

static void parts_sum_to_the_whole(void **state)
{
    struct fixture *f = *state;
    const int row = LENGTH - 2, sources = ind_lab_source_count(f->lab, 1);
    float terms[4 * LENGTH * LENGTH], by_source[16 * LENGTH];
    run(f);
    assert_int_equal(sources, 4); /* token, position, L0H0, L0H1 */
    assert_int_equal(ind_lab_split(f->lab, 1, 1, terms), 0);
    assert_int_equal(ind_lab_sources(f->lab, 1, 1, row, by_source), 0);
    const float *scores = ind_lab_scores(f->lab, 1, 1);
    for (int j = 0; j <= row; j++) {
        double of_terms = 0.0, of_sources = 0.0;
        for (int t = 0; t < 4; t++)
            of_terms += (double)terms[(t * LENGTH + row) * LENGTH + j];
        for (int ab = 0; ab < sources * sources; ab++)
            of_sources += (double)by_source[ab * (row + 1) + j];
        assert_true(fabs(of_terms - (double)scores[row * LENGTH + j]) < 1e-4);
        assert_true(fabs(of_sources - (double)scores[row * LENGTH + j]) < 1e-4);
    }
}

static void components_sum_to_the_logit(void **state)
{
    struct fixture *f = *state;
    double shares[8], sum = 0.0, mean = 0.0, looked_at[LENGTH], said = 0.0;
    const int row = 9, token = 3;
    run(f);
    const float *logits = ind_lab_logits(f->lab) + row * VOCAB;
    for (int v = 0; v < VOCAB; v++)
        mean += (double)logits[v] / VOCAB;
    assert_int_equal(ind_lab_component_count(f->lab), 6);
    assert_string_equal(ind_lab_component_name(f->lab, 5), "L1H1");
    assert_int_equal(ind_lab_attribution(f->lab, row, token, shares), 0);
    for (int c = 0; c < 6; c++)
        sum += shares[c];
    assert_true(fabs(sum - ((double)logits[token] - mean)) < 1e-4);
    assert_int_equal(ind_lab_writes(f->lab, 1, 1, row, token, looked_at), 0);
    for (int j = 0; j <= row; j++)
        said += looked_at[j];
    assert_true(fabs(said - shares[5]) < 1e-5);
}

static void the_top_is_the_top(void **state)
{
    struct fixture *f = *state;
    int32_t tokens[VOCAB];
    float probabilities[VOCAB];
    double sum = 0.0;
    run(f);
    const float *logits = ind_lab_logits(f->lab) + 4 * VOCAB;
    assert_int_equal(ind_lab_top(f->lab, 4, VOCAB, tokens, probabilities), 0);
    for (int n = 0; n < VOCAB; n++) {
        sum += (double)probabilities[n];
        assert_true(n == 0 || logits[tokens[n]] <= logits[tokens[n - 1]]);
    }
    assert_true(fabs(sum - 1.0) < 1e-5);
    int32_t first[3];
    assert_int_equal(ind_lab_top(f->lab, 4, 3, first, probabilities), 0);
    assert_memory_equal(first, tokens, sizeof first);
}

static void mean_patterns_are_means(void **state)
{
    struct fixture *f = *state;
    enum { SQUARE = LENGTH * LENGTH };
    static float mean[4 * SQUARE];
    double sum = 0.0;
    ind_lab_zero(f->lab, 0, 0);
    assert_int_equal(ind_lab_mean_patterns(f->lab, 0, f->data.tokens, SEQUENCES, mean), 0);
    for (int s = 0; s < SEQUENCES; s++) {
        ind_lab_run(f->lab, 0, f->data.tokens + (size_t)s * CONTEXT, LENGTH);
        sum += (double)ind_lab_pattern(f->lab, 1, 1)[8 * LENGTH + 3] / SEQUENCES;
    }
    assert_true(fabs((double)mean[3 * SQUARE + 8 * LENGTH + 3] - sum) < 1e-6);
}

static void margins_are_counted(void **state)
{
    struct fixture *f = *state;
    double out[IND_LAB_RESULTS];
    assert_int_equal(ind_lab_evaluate(f->lab, 0, f->data.tokens, SEQUENCES, PERIOD, 3, 4, out), 0);
    assert_true(out[IND_LAB_CANDIDATES] > 0.0);
    assert_true(out[IND_LAB_CANDIDATES] <= out[IND_LAB_PREDICTIONS]);
    assert_true(isfinite(out[IND_LAB_MARGIN]) && out[IND_LAB_PSEUDO] >= 0.0);
    /* periods beyond the context have no candidates */
    assert_int_equal(ind_lab_evaluate(f->lab, 0, f->data.tokens, SEQUENCES, PERIOD, 99, 99, out),
                     0);
    assert_true(out[IND_LAB_CANDIDATES] == 0.0 && isnan(out[IND_LAB_MARGIN]));
}

static void half_precision_is_read(void **state)
{
    struct fixture *f = *state;
    const uint16_t halves[] = {0x3c00, 0xc000, 0x3555};
    float *weights = ind_lab_weights(f->lab, 2);
    assert_int_equal(ind_lab_load_half(f->lab, 2, halves, 5, 3), 0);
    assert_true(weights[5] == 1.0F && weights[6] == -2.0F);
    assert_true(fabs((double)weights[7] - 1.0 / 3.0) < 1e-4);
    assert_int_equal(ind_lab_load_half(f->lab, 2, halves, ind_lab_total(f->lab) - 2, 3), -1);
    assert_int_equal(ind_lab_fill_positions(f->lab, 2), 0);
    const float *table = f->model.params.W_pos;
    assert_memory_equal(weights + (table - f->model.params.data), table,
                        (size_t)CONTEXT * (size_t)config.d_model * sizeof *table);
}

/* What was looked at stays what it was until its own weights change. */
static void a_run_is_kept(void **state)
{
    struct fixture *f = *state;
    double out[IND_LAB_RESULTS];
    run(f);
    const float kept = ind_lab_pattern(f->lab, 1, 0)[3 * LENGTH + 2];
    ind_lab_graft(f->lab, 0, IND_GRAFT_LAYER, 1, 0);
    ind_lab_evaluate(f->lab, 1, f->data.tokens, SEQUENCES, PERIOD, 0, 0, out);
    ind_lab_weights(f->lab, 1);
    assert_true(ind_lab_pattern(f->lab, 1, 0)[3 * LENGTH + 2] == kept);
    ind_lab_weights(f->lab, 0);
    assert_null(ind_lab_pattern(f->lab, 1, 0));
    assert_string_equal(ind_lab_error(f->lab), "nothing has been run yet");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ablations_are_the_ablators, setup, teardown),
        cmocka_unit_test_setup_teardown(grafts_are_grafts, setup, teardown),
        cmocka_unit_test_setup_teardown(dropped_terms_are_dropped, setup, teardown),
        cmocka_unit_test_setup_teardown(terms_are_those_of_what_is_left, setup, teardown),
        cmocka_unit_test_setup_teardown(parts_sum_to_the_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(components_sum_to_the_logit, setup, teardown),
        cmocka_unit_test_setup_teardown(the_top_is_the_top, setup, teardown),
        cmocka_unit_test_setup_teardown(mean_patterns_are_means, setup, teardown),
        cmocka_unit_test_setup_teardown(margins_are_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(half_precision_is_read, setup, teardown),
        cmocka_unit_test_setup_teardown(a_run_is_kept, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
