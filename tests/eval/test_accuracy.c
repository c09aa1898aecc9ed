/*
 * Counts against the slow reference model in double, and against models whose predictions are known
 * without running them.
 */
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/data/random.h>
#include <induct/eval/together.h>

#include "support/handbuilt.h"
#include "support/models.h"
#include "support/reference.h"

enum { SEQUENCES = 170 }; /* two full batches and a part of one */

static const struct ind_config study = {.layers = 2,
                                        .heads = 2,
                                        .d_model = 8,
                                        .d_head = 4,
                                        .vocab = 20,
                                        .context = 30,
                                        .positions = IND_POSITIONS_SINUSOIDAL,
                                        .bias = true};

/* ---- Data ----------------------------------------------------------------------------------- */

static void repeated_tokens_are_marked(void **state)
{
    (void)state;
    const int periods[] = {1, 5, 12, 29, 30, 40};
    for (int p = 0; p < 6; p++) {
        struct ind_eval_data data;
        assert_int_equal(ind_eval_data_init(&data, 20, 30, 1, periods[p], 50, NULL), IND_OK);
        for (int s = 0; s < 50; s++) {
            const int32_t *row = data.tokens + s * 30;
            for (int i = 0; i < 29; i++) {
                int copies = 0;
                for (int j = 0; j < periods[p] && j < 30; j++)
                    copies += row[j] == row[i];
                assert_int_equal(data.repeated[s * 29 + i], copies > 1);
            }
        }
        ind_eval_data_release(&data);
    }
}

static void bad_data_are_refused(void **state)
{
    (void)state;
    struct ind_eval_data data;
    struct ind_error err;
    assert_int_equal(ind_eval_data_init(&data, 20, 30, 1, 0, 50, &err), IND_FAILED);
    assert_string_equal(err.text, "period 0: a period is at least 1");
    assert_int_equal(ind_eval_data_init(&data, 20, 30, 1, 5, 0, &err), IND_FAILED);
    assert_string_equal(err.text, "0 sequences: at least 1 is needed");
}

/* ---- Against the reference ------------------------------------------------------------------ */

/* The count of one sequence from the reference's logits. False if a prediction hangs on the last
 * digits of two logits. */
static bool expected_count(const double *logits, int vocab, const struct ind_eval_data *data, int s,
                           struct ind_eval_count *count)
{
    const int length = data->context - 1;
    *count = (struct ind_eval_count){0};
    for (int i = data->period; i < length; i++) {
        const double *row = logits + ((size_t)s * length + i) * vocab;
        const int target = data->tokens[(size_t)s * data->context + i + 1];
        double sum = 0.0, other = -INFINITY;
        for (int t = 0; t < vocab; t++) {
            sum += exp(row[t] - row[target]);
            if (t != target)
                other = fmax(other, row[t]);
        }
        if (fabs(other - row[target]) < 1e-4)
            return false;
        const bool correct = row[target] > other;
        const bool repeated = data->repeated[s * length + i];
        count->predictions++;
        count->correct += correct;
        count->repeated += repeated;
        count->repeated_correct += repeated && correct;
        count->loss += log(sum);
    }
    return true;
}

static void assert_count(const struct ind_eval_count *count, const struct ind_eval_count *truth)
{
    assert_int_equal(count->predictions, truth->predictions);
    assert_int_equal(count->correct, truth->correct);
    assert_int_equal(count->repeated, truth->repeated);
    assert_int_equal(count->repeated_correct, truth->repeated_correct);
    assert_true(fabs(count->loss - truth->loss) <= 1e-4 * (1.0 + truth->loss));
}

/* Returns how many sequences were compared. */
static int compare_with_reference(const struct ind_config *config, int sequences, int period)
{
    struct model model;
    struct ind_evaluator evaluator;
    struct ind_eval_data data;
    struct reference reference;
    const int length = config->context - 1;
    struct ind_eval_count *counts = ind_alloc((size_t)sequences, sizeof *counts);
    model_init(&model, config, 1, 5);
    assert_int_equal(
        ind_eval_data_init(&data, config->vocab, config->context, 1, period, sequences, NULL),
        IND_OK);
    assert_int_equal(ind_evaluator_init(&evaluator, config, length, NULL), IND_OK);
    ind_evaluate(&evaluator, &model.params, &data, NULL, 0, counts);

    reference_init(&reference, config, sequences, length);
    reference_forward(&reference, &model.layout, model.weights, data.tokens, data.context);
    int compared = 0;
    for (int s = 0; s < sequences; s++) {
        struct ind_eval_count truth;
        if (!expected_count(reference.logits, config->vocab, &data, s, &truth))
            continue;
        assert_count(&counts[s], &truth);
        compared++;
    }
    reference_release(&reference);
    ind_evaluator_release(&evaluator);
    ind_eval_data_release(&data);
    model_release(&model);
    free(counts);
    return compared;
}

static void counts_are_the_references(void **state)
{
    (void)state;
    for (int k = 0; k < model_kind_count; k++) {
        const int compared = compare_with_reference(&model_kinds[k].config, SEQUENCES, 3);
        assert_true(compared > SEQUENCES / 2);
    }
}

/* Logits of one sequence do not fit into one block, and blocks do not begin where periods do. */
static void blocks_of_logits(void **state)
{
    (void)state;
    struct ind_config config = study;
    config.vocab = 2500;
    config.context = 150;
    assert_true(compare_with_reference(&config, 3, 70) >= 2);
}

/* ---- Models that are known ------------------------------------------------------------------ */

struct known {
    struct ind_layout layout;
    struct ind_params params;
    struct ind_evaluator evaluator;
    struct ind_eval_data data;
    struct ind_eval_count counts[SEQUENCES];
};

/* All weights zero: the logits are b_U. */
static int known_setup(void **state)
{
    struct known *known = ind_alloc(1, sizeof *known);
    *state = known;
    return ind_layout_init(&known->layout, &study, NULL) ||
           ind_params_init(&known->params, &known->layout, NULL) ||
           ind_evaluator_init(&known->evaluator, &study, study.context - 1, NULL) ||
           ind_eval_data_init(&known->data, study.vocab, study.context, 3, 6, SEQUENCES, NULL);
}

static int known_teardown(void **state)
{
    struct known *known = *state;
    ind_eval_data_release(&known->data);
    ind_evaluator_release(&known->evaluator);
    ind_params_release(&known->params);
    ind_layout_release(&known->layout);
    free(known);
    return 0;
}

/* How often `token` is a target that counts, in sequence s. */
static int occurrences(const struct ind_eval_data *data, int s, int token)
{
    int count = 0;
    for (int i = data->period; i < data->context - 1; i++)
        count += data->tokens[s * data->context + i + 1] == token;
    return count;
}

static void known_logits(void **state)
{
    struct known *known = *state;
    double total = 0.0;
    for (int t = 0; t < study.vocab; t++) {
        known->params.b_U[t] = (float)(t == 7 ? 3.0 : sin(t));
        total += exp((double)known->params.b_U[t]);
    }
    ind_evaluate(&known->evaluator, &known->params, &known->data, NULL, 0, known->counts);
    for (int s = 0; s < SEQUENCES; s++) {
        assert_int_equal(known->counts[s].predictions, study.context - 1 - 6);
        assert_int_equal(known->counts[s].correct, occurrences(&known->data, s, 7));
        double loss = 0.0;
        for (int t = 1; t < study.vocab; t++)
            loss += occurrences(&known->data, s, t) * (log(total) - (double)known->params.b_U[t]);
        assert_true(fabs(known->counts[s].loss - loss) < 1e-4);
    }
}

static void the_lowest_token_wins_a_tie(void **state)
{
    struct known *known = *state;
    known->params.b_U[4] = known->params.b_U[9] = 1.0F;
    ind_evaluate(&known->evaluator, &known->params, &known->data, NULL, 0, known->counts);
    for (int s = 0; s < SEQUENCES; s++)
        assert_int_equal(known->counts[s].correct, occurrences(&known->data, s, 4));
    /* Untrained in the strictest sense: every logit the same, the prediction is token 0. */
    known->params.b_U[4] = known->params.b_U[9] = 0.0F;
    ind_evaluate(&known->evaluator, &known->params, &known->data, NULL, 0, known->counts);
    for (int s = 0; s < SEQUENCES; s++) {
        assert_int_equal(known->counts[s].correct, 0);
        assert_true(fabs(known->counts[s].loss / 23.0 - log(study.vocab)) < 1e-6);
    }
}

static void a_period_beyond_the_context_predicts_nothing(void **state)
{
    struct known *known = *state;
    for (int period = 27; period < 40; period++) {
        struct ind_eval_data data;
        assert_int_equal(ind_eval_data_init(&data, study.vocab, study.context, 3, period, 2, NULL),
                         IND_OK);
        memset(known->counts, 0xff, sizeof known->counts);
        ind_evaluate(&known->evaluator, &known->params, &data, NULL, 0, known->counts);
        const int predictions = period <= 28 ? 29 - period : 0;
        assert_int_equal(ind_eval_predictions(study.context, period), predictions);
        assert_int_equal(known->counts[0].predictions, predictions);
        assert_int_equal(known->counts[1].predictions, predictions);
        ind_eval_data_release(&data);
    }
}

/* The hand-built induction circuit is right wherever the current token occurs once in its period,
 * and of its loss every digit is known; where a token occurs twice it attends to both copies and is
 * sometimes wrong. */
static void the_induction_circuit_solves_the_task(void **state)
{
    (void)state;
    const struct ind_config config = handbuilt_config(40, 30, 2);
    const double gain = 6.0, loss = log(exp(gain) + 39.0) - gain;
    struct handbuilt circuit;
    struct ind_evaluator evaluator;
    struct ind_eval_data data;
    struct ind_eval_count counts[SEQUENCES];
    handbuilt_init(&circuit, &config, HANDBUILT_CERTAIN, HANDBUILT_CERTAIN, gain);
    assert_int_equal(ind_evaluator_init(&evaluator, &config, 29, NULL), IND_OK);
    assert_int_equal(ind_eval_data_init(&data, 40, 30, 1, 9, SEQUENCES, NULL), IND_OK);
    ind_evaluate(&evaluator, &circuit.params, &data, NULL, 0, counts);
    int repeated = 0, repeated_correct = 0;
    for (int s = 0; s < SEQUENCES; s++) {
        const struct ind_eval_count *c = &counts[s];
        assert_int_equal(c->predictions, 20);
        assert_int_equal(c->correct - c->repeated_correct, c->predictions - c->repeated);
        if (c->repeated == 0)
            assert_true(fabs(c->loss - 20.0 * loss) < 1e-4);
        repeated += c->repeated;
        repeated_correct += c->repeated_correct;
    }
    assert_true(0 < repeated_correct && repeated_correct < repeated);
    ind_eval_data_release(&data);
    ind_evaluator_release(&evaluator);
    handbuilt_release(&circuit);
}

/* ---- Interventions and parts ---------------------------------------------------------------- */

/* One sequence of the data as data of its own: a view, not released. */
static struct ind_eval_data view(const struct ind_eval_data *data, int s)
{
    struct ind_eval_data one = *data;
    one.sequences = 1;
    one.tokens += (size_t)s * data->context;
    one.repeated += (size_t)s * (data->context - 1);
    return one;
}

/* A patch with a value of its own for every sequence gives what each sequence alone gives. */
static void patches_follow_their_sequences(void **state)
{
    struct known *known = *state;
    const int length = study.context - 1;
    const size_t z_size = (size_t)length * study.d_head, map = (size_t)length * length;
    ind_params_randomise(&known->params, 8);
    for (int t = 0; t < study.vocab; t++)
        known->params.b_U[t] = (float)sin(t);
    float *z = ind_alloc(SEQUENCES, z_size * sizeof *z);
    float *shared = ind_alloc(map, sizeof *shared);
    for (size_t i = 0; i < SEQUENCES * z_size; i++)
        z[i] = (float)sin(0.7 * (double)i);
    for (size_t i = 0; i < map; i++)
        shared[i] = (float)cos((double)i);
    struct ind_patch patches[] = {
        {.kind = IND_PATCH_Z, .layer = 0, .head = 1, .value = z, .batch_stride = z_size},
        {.kind = IND_PATCH_SCORES_ADD, .layer = 1, .head = 0, .value = shared},
        {.kind = IND_PATCH_Z, .layer = 1, .head = 1},
    };
    ind_evaluate(&known->evaluator, &known->params, &known->data, patches, 3, known->counts);
    double clean_loss = 0.0, loss = 0.0;
    for (int s = 0; s < SEQUENCES; s++) {
        struct ind_eval_count alone;
        struct ind_eval_data one = view(&known->data, s);
        patches[0].value = z + (size_t)s * z_size;
        ind_evaluate(&known->evaluator, &known->params, &one, patches, 3, &alone);
        assert_count(&known->counts[s], &alone);
        loss += alone.loss;
        ind_evaluate(&known->evaluator, &known->params, &one, NULL, 0, &alone);
        clean_loss += alone.loss;
    }
    assert_true(fabs(loss - clean_loss) > 0.1);
    free(z);
    free(shared);
}

static void a_cache_made_elsewhere(void **state)
{
    struct known *known = *state;
    struct ind_cache cache;
    struct ind_eval_count counts[16];
    ind_params_randomise(&known->params, 9);
    ind_evaluate(&known->evaluator, &known->params, &known->data, NULL, 0, known->counts);
    assert_int_equal(ind_cache_init(&cache, &study, 16, study.context - 1, 0, NULL), IND_OK);
    ind_forward(&known->params, known->data.tokens + 20 * study.context, study.context, NULL, 0,
                &cache);
    ind_evaluate_cache(&known->evaluator, &known->params, &cache, &known->data, 20, counts);
    for (int s = 0; s < 16; s++)
        assert_count(&counts[s], &known->counts[20 + s]);
    ind_cache_release(&cache);
}

/* The same counts by any number of threads, more than there are passes included. */
static void threads_share_the_passes(void **state)
{
    struct known *known = *state;
    struct ind_eval_count *counts = calloc(SEQUENCES, sizeof *counts);
    ind_params_randomise(&known->params, 5);
    assert_in_range(known->evaluator.batch, SEQUENCES / 3, SEQUENCES / 2 - 1); /* three passes */
    ind_evaluate(&known->evaluator, &known->params, &known->data, NULL, 0, known->counts);
    for (int threads = 1; threads <= 100; threads += 9) {
        struct ind_evaluators evaluators;
        assert_int_equal(ind_evaluators_init(&evaluators, threads, &known->layout.config,
                                             known->data.context - 1, SEQUENCES, NULL),
                         IND_OK);
        assert_true(evaluators.threads <= threads && evaluators.threads <= SEQUENCES);
        memset(counts, 0xff, SEQUENCES * sizeof *counts);
        ind_evaluate_together(&evaluators, &known->evaluator, &known->params, &known->data, counts);
        assert_memory_equal(counts, known->counts, sizeof known->counts);
        ind_evaluators_release(&evaluators);
    }
    free(counts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(repeated_tokens_are_marked),
        cmocka_unit_test(bad_data_are_refused),
        cmocka_unit_test(counts_are_the_references),
        cmocka_unit_test(blocks_of_logits),
        cmocka_unit_test_setup_teardown(known_logits, known_setup, known_teardown),
        cmocka_unit_test_setup_teardown(the_lowest_token_wins_a_tie, known_setup, known_teardown),
        cmocka_unit_test_setup_teardown(a_period_beyond_the_context_predicts_nothing, known_setup,
                                        known_teardown),
        cmocka_unit_test(the_induction_circuit_solves_the_task),
        cmocka_unit_test_setup_teardown(patches_follow_their_sequences, known_setup,
                                        known_teardown),
        cmocka_unit_test_setup_teardown(threads_share_the_passes, known_setup, known_teardown),
        cmocka_unit_test_setup_teardown(a_cache_made_elsewhere, known_setup, known_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
