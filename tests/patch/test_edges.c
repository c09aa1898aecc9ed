/*
 * Edge patching against a forward pass written out source by source, in double, on models with and
 * without LayerNorm and biases; on the hand-built circuit, which one edge carries; and against
 * direct logit attribution and ablation.
 */
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/eval/attribution.h>
#include <induct/patch/ablate.h>
#include <induct/patch/edges.h>

#include "support/handbuilt.h"
#include "support/models.h"
#include "support/slow_edges.h"

enum { SEQUENCES = 11, SEED = 3, PERIOD = 3, STEPS = 3 };

/* ---- Fixture --------------------------------------------------------------------------------- */

struct fixture {
    struct ind_eval_data data;
    int32_t *reference;
    struct ind_edges edges;
    struct ind_edge_patcher patcher;
    struct ind_edge_sum *clean, *sums;
};

static void open_fixture(struct fixture *f, const struct ind_layout *layout, int period)
{
    const struct ind_config *c = &layout->config;
    assert_int_equal(
        ind_eval_data_init(&f->data, c->vocab, c->context, SEED, period, SEQUENCES, NULL), IND_OK);
    assert_int_equal(ind_edges_init(&f->edges, c, NULL), IND_OK);
    assert_int_equal(ind_edge_patcher_init(&f->patcher, layout, c->context - 1, NULL), IND_OK);
    f->reference = malloc(sizeof(int32_t) * SEQUENCES * c->context);
    f->clean = malloc(sizeof *f->clean * SEQUENCES);
    f->sums = malloc(sizeof *f->sums * SEQUENCES * f->edges.count);
    assert_true(f->reference && f->clean && f->sums);
    ind_ablation_reference(c->vocab, c->context, SEED, period, SEQUENCES, f->reference);
}

static void close_fixture(struct fixture *f)
{
    ind_eval_data_release(&f->data);
    ind_edges_release(&f->edges);
    ind_edge_patcher_release(&f->patcher);
    free(f->reference);
    free(f->clean);
    free(f->sums);
}

static struct ind_edge_task task_of(const struct fixture *f, const struct ind_params *params,
                                    enum ind_edge_mode mode)
{
    return (struct ind_edge_task){.params = params,
                                  .edges = &f->edges,
                                  .data = &f->data,
                                  .mode = mode,
                                  .reference = f->reference,
                                  .steps = STEPS};
}

static void patch(struct fixture *f, const struct ind_params *params, enum ind_edge_mode mode)
{
    const struct ind_edge_task task = task_of(f, params, mode);
    assert_int_equal(ind_patch_edges(&f->patcher, &task, f->clean, f->sums, NULL), IND_OK);
}

static void assert_near(double got, double expected, const char *kind, const struct ind_edge *edge)
{
    char source[24], reader[24];
    if (!(fabs(got - expected) <= 1e-4 * (1.0 + fabs(expected))))
        fail_msg("%s, %d %s -> %s: %.9g, expected %.9g", kind, edge->source,
                 ind_edge_source_name(&(struct ind_config){.heads = 1}, 0, source),
                 ind_edge_reader_name(edge, reader), got, expected);
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static bool written_out(const struct ind_config *c)
{
    return slow_edges_know(c) && c->context > PERIOD + 1;
}

/* The run that source' is of. */
static void run_other(const struct fixture *f, const struct ind_params *params,
                      enum ind_edge_mode mode, int sequence, struct slow_run *other)
{
    slow_edges_other(params, &f->edges, mode, f->reference, f->data.context, SEQUENCES, sequence,
                     other);
}

static void compare_with_slow(const struct model_kind *kind, enum ind_edge_mode mode)
{
    static struct slow_run other, run;
    const struct ind_config *c = &kind->config;
    struct model model;
    struct fixture f;
    model_init(&model, c, 1, 7);
    open_fixture(&f, &model.layout, PERIOD);
    patch(&f, &model.params, mode);
    bool *cut = calloc((size_t)f.edges.count, sizeof *cut);
    assert_non_null(cut);
    struct slow_pass pass = {.params = &model.params, .edges = &f.edges};
    for (int s = 0; s < SEQUENCES; s += 10) { /* of the first batch and perhaps another */
        const int32_t *tokens = f.data.tokens + s * c->context;
        double clean, clean_loss;
        pass.cut = NULL;
        slow_edges_run(&pass, tokens, &run);
        slow_edges_measure(c, &run, tokens, PERIOD, &clean, &clean_loss);
        run_other(&f, &model.params, mode, s, &other);
        pass.cut = cut;
        pass.other = &other;
        for (int n = 0; n < f.edges.count; n++) {
            const struct ind_edge *edge = &f.edges.items[n];
            const struct ind_edge_sum *got = &f.sums[n * SEQUENCES + s];
            double metric, loss;
            cut[n] = true;
            slow_edges_run(&pass, tokens, &run);
            slow_edges_measure(c, &run, tokens, PERIOD, &metric, &loss);
            cut[n] = false;
            assert_near(got->metric, metric - clean, kind->name, edge);
            assert_near(got->count.loss, loss, kind->name, edge);
        }
    }
    free(cut);
    close_fixture(&f);
    model_release(&model);
}

static void every_edge_is_that_of_a_written_out_pass(void **state)
{
    int seen = 0;
    (void)state;
    for (int kind = 0; kind < model_kind_count; kind++) {
        if (!written_out(&model_kinds[kind].config))
            continue;
        seen++;
        for (int mode = IND_EDGE_CORRUPT; mode <= IND_EDGE_MEAN; mode++)
            compare_with_slow(&model_kinds[kind], (enum ind_edge_mode)mode);
    }
    assert_true(seen >= 5);
}

/* The derivative of m along an edge's difference, with the embeddings `way` of the way to the other
 * ones: central differences in double. */
static double slope(struct slow_pass *pass, const int32_t *tokens, int edge,
                    const struct slow_run *clean, double way)
{
    static struct slow_run between, run;
    static double step[SLOW_LONG][SLOW_WIDE];
    const struct ind_config *c = &pass->params->layout->config;
    const double h = 1e-4;
    const int source = pass->edges->items[edge].source;
    double metric[2], loss;
    for (int s = 0; s < 2; s++)
        for (int i = 0; i < SLOW_LONG; i++)
            for (int e = 0; e < SLOW_WIDE; e++)
                between.source[s][i][e] =
                    (1.0 - way) * clean->source[s][i][e] + way * pass->other->source[s][i][e];
    for (int i = 0; i < SLOW_LONG; i++)
        for (int e = 0; e < SLOW_WIDE; e++)
            step[i][e] = pass->other->source[source][i][e] - clean->source[source][i][e];
    pass->embedded = &between;
    pass->moved = edge;
    pass->step = (const double(*)[SLOW_WIDE])step;
    for (int side = 0; side < 2; side++) {
        pass->share = side ? h : -h;
        slow_edges_run(pass, tokens, &run);
        slow_edges_measure(c, &run, tokens, PERIOD, &metric[side], &loss);
    }
    return (metric[1] - metric[0]) / (2.0 * h);
}

static void estimates_are_derivatives_along_the_path(void **state)
{
    static struct slow_run clean, other;
    int seen = 0, differ = 0;
    (void)state;
    for (int kind = 0; kind < model_kind_count; kind++) {
        const struct ind_config *c = &model_kinds[kind].config;
        const enum ind_edge_mode mode = (enum ind_edge_mode)(kind % 3);
        struct model model;
        struct fixture f;
        if (!written_out(c))
            continue;
        model_init(&model, c, 1, 7);
        open_fixture(&f, &model.layout, PERIOD);
        patch(&f, &model.params, mode);
        struct slow_pass pass = {.params = &model.params, .edges = &f.edges};
        memset(&clean, 0, sizeof clean);
        slow_edges_run(&pass, f.data.tokens, &clean);
        run_other(&f, &model.params, mode, 0, &other);
        pass.other = &other;
        for (int n = kind % 3; n < f.edges.count; n += 3) {
            const struct ind_edge *edge = &f.edges.items[n];
            const struct ind_edge_sum *got = &f.sums[n * SEQUENCES];
            double mean = 0.0;
            for (int k = 0; k < STEPS; k++)
                mean += slope(&pass, f.data.tokens, n, &clean, (k + 0.5) / STEPS) / STEPS;
            assert_near(got->integrated, mean, model_kinds[kind].name, edge);
            assert_near(got->attribution, slope(&pass, f.data.tokens, n, &clean, 0.0),
                        model_kinds[kind].name, edge);
            differ += fabs(got->integrated - got->attribution) > 1e-3;
            seen++;
        }
        close_fixture(&f);
        model_release(&model);
    }
    assert_true(seen >= 50);
    assert_true(differ >= 5);
}

/* Without LayerNorm the logits are linear in the last layer's values and in themselves. */
static void attribution_is_exact_where_the_model_is_linear(void **state)
{
    int differs = 0;
    (void)state;
    for (int n = 0; n < model_kind_count; n++) {
        const struct ind_config *c = &model_kinds[n].config;
        struct model model;
        struct fixture f;
        if (c->norm != IND_NORM_NONE || c->context <= PERIOD + 1)
            continue;
        model_init(&model, c, 1, 7);
        open_fixture(&f, &model.layout, PERIOD);
        patch(&f, &model.params, IND_EDGE_CORRUPT);
        for (int e = 0; e < f.edges.count * SEQUENCES; e++) {
            const struct ind_edge *edge = &f.edges.items[e / SEQUENCES];
            if (edge->at == IND_EDGE_LOGITS ||
                (edge->at == IND_EDGE_V && edge->head.layer == c->layers - 1)) {
                assert_near(f.sums[e].attribution, f.sums[e].metric, model_kinds[n].name, edge);
                if (edge->at == IND_EDGE_LOGITS)
                    assert_near(f.sums[e].integrated, f.sums[e].metric, model_kinds[n].name, edge);
            } else
                differs += fabs(f.sums[e].attribution - f.sums[e].metric) > 1e-3;
        }
        close_fixture(&f);
        model_release(&model);
    }
    assert_true(differs > 0);
}

/* Without queries attention is uniform, and the whole model linear: both estimates are exact, of
 * every edge. */
static void both_estimates_are_exact_without_queries(void **state)
{
    int seen = 0;
    (void)state;
    for (int n = 0; n < model_kind_count; n++) {
        const struct ind_config *c = &model_kinds[n].config;
        struct model model;
        struct fixture f;
        if (c->norm != IND_NORM_NONE || c->bias || c->context <= PERIOD + 1)
            continue;
        model_init(&model, c, 1, 7);
        open_fixture(&f, &model.layout, PERIOD);
        for (int layer = 0; layer < c->layers; layer++)
            memset(model.params.layers[layer].W_Q, 0,
                   sizeof(float) * c->heads * c->d_model * c->d_head);
        patch(&f, &model.params, (enum ind_edge_mode)(n % 3));
        for (int e = 0; e < f.edges.count * SEQUENCES; e++) {
            const struct ind_edge *edge = &f.edges.items[e / SEQUENCES];
            assert_near(f.sums[e].attribution, f.sums[e].metric, model_kinds[n].name, edge);
            assert_near(f.sums[e].integrated, f.sums[e].metric, model_kinds[n].name, edge);
            seen += edge->at == IND_EDGE_V && fabs(f.sums[e].metric) > 1e-3;
        }
        close_fixture(&f);
        model_release(&model);
    }
    assert_true(seen >= 50);
}

/* What L0H0 tells the keys of L1H0 is the circuit: no other edge from a head into a head says
 * anything. */
static void one_key_edge_carries_the_circuit(void **state)
{
    enum { VOCAB = 16, CONTEXT = 20, CIRCUIT_PERIOD = 6 };
    const struct ind_config c = handbuilt_config(VOCAB, CONTEXT, 2);
    struct handbuilt built;
    struct fixture f;
    (void)state;
    handbuilt_init(&built, &c, HANDBUILT_CERTAIN, HANDBUILT_CERTAIN, 20.0);
    open_fixture(&f, &built.layout, CIRCUIT_PERIOD);
    for (int s = 0; s < SEQUENCES; s++) { /* distinct tokens; the corrupted ones are others */
        handbuilt_sequence(VOCAB, CIRCUIT_PERIOD, s, CONTEXT, f.data.tokens + s * CONTEXT);
        handbuilt_sequence(VOCAB, CIRCUIT_PERIOD, s + 7, CONTEXT, f.reference + s * CONTEXT);
    }
    patch(&f, &built.params, IND_EDGE_CORRUPT);
    for (int n = 0; n < f.edges.count; n++) {
        const struct ind_edge *edge = &f.edges.items[n];
        const bool into = edge->head.layer == 1 && edge->head.head == 0;
        const bool key = edge->source == 2 && into && edge->at == IND_EDGE_K;
        double effect = 0.0, clean = 0.0;
        for (int s = 0; s < SEQUENCES; s++) {
            effect += f.sums[n * SEQUENCES + s].metric;
            clean += f.clean[s].metric;
        }
        if (edge->source >= 2 && edge->at != IND_EDGE_LOGITS && !key)
            assert_true(effect == 0.0);
        if (key)
            assert_true(effect < -0.5 * clean);
    }
    close_fixture(&f);
    handbuilt_release(&built);
}

/* Zeroing a source on its way to the logits takes its direct logit attribution away, and of a head
 * of the last layer it is its ablation. */
static void into_the_logits_is_the_direct_effect(void **state)
{
    const struct ind_config *c = &model_kinds[0].config;
    struct model model;
    struct fixture f;
    struct ind_ablator ablator;
    struct ind_eval_count clean[SEQUENCES], frozen[SEQUENCES];
    (void)state;
    model_init(&model, c, 1, 7);
    open_fixture(&f, &model.layout, PERIOD);
    patch(&f, &model.params, IND_EDGE_ZERO);
    assert_int_equal(ind_ablator_init(&ablator, c, c->context - 1,
                                      ind_ablation_mode_needs(IND_ABLATION_FROZEN), NULL),
                     IND_OK);
    for (int n = 0; n < f.edges.count; n++) {
        const struct ind_edge *edge = &f.edges.items[n];
        const int head = edge->source - 2 - (c->layers - 1) * c->heads;
        const struct ind_head heads[] = {{c->layers - 1, head}};
        const struct ind_ablation arm = {heads, 1, IND_ABLATION_FROZEN};
        if (head < 0)
            continue;
        ind_ablate(&ablator, &model.params, &f.data, NULL, &arm, 1, clean, frozen);
        for (int s = 0; s < SEQUENCES; s++) {
            assert_near(f.sums[n * SEQUENCES + s].count.loss, frozen[s].loss, "frozen", edge);
            assert_int_equal(f.sums[n * SEQUENCES + s].count.correct, frozen[s].correct);
            assert_near(f.clean[s].count.loss, clean[s].loss, "clean", edge);
        }
    }
    ind_ablator_release(&ablator);
    close_fixture(&f);
    model_release(&model);
}

static void direct_effects_are_the_shares_of_the_logit(void **state)
{
    const struct ind_config *c = &model_kinds[0].config;
    const int T = c->context - 1;
    double shares[SLOW_SOURCES], sums[SLOW_SOURCES] = {0};
    struct model model;
    struct fixture f;
    struct ind_cache cache;
    struct ind_attribution attribution;
    (void)state;
    model_init(&model, c, 1, 7);
    open_fixture(&f, &model.layout, PERIOD);
    patch(&f, &model.params, IND_EDGE_ZERO);
    assert_int_equal(ind_cache_init(&cache, c, 1, T, 0, NULL), IND_OK);
    assert_int_equal(ind_attribution_init(&attribution, c, NULL), IND_OK);
    ind_forward(&model.params, f.data.tokens, c->context, NULL, 0, &cache);
    ind_attribution_start(&attribution, &model.params);
    for (int i = PERIOD; i < T; i++) {
        ind_attribution_aim(&attribution, &model.params, &cache, i, f.data.tokens[i + 1]);
        ind_attribution_components(&attribution, &model.params, &cache, i, f.data.tokens[i],
                                   shares);
        for (int s = 0; s < f.edges.sources; s++)
            sums[s] += shares[s];
    }
    for (int n = 0; n < f.edges.count; n++) {
        const struct ind_edge *edge = &f.edges.items[n];
        if (edge->at == IND_EDGE_LOGITS)
            assert_near(f.sums[(size_t)n * SEQUENCES].metric, -sums[edge->source], "share", edge);
    }
    ind_attribution_release(&attribution);
    ind_cache_release(&cache);
    close_fixture(&f);
    model_release(&model);
}

static void scores_without_pp_are_refused(void **state)
{
    const struct ind_regime regime = {.without_pp = true};
    struct model model;
    struct fixture f;
    struct ind_error err;
    (void)state;
    model_init(&model, &model_kinds[0].config, 1, 7);
    open_fixture(&f, &model.layout, PERIOD);
    model.params.standing = &regime;
    const struct ind_edge_task task = task_of(&f, &model.params, IND_EDGE_ZERO);
    assert_int_equal(ind_patch_edges(&f.patcher, &task, f.clean, f.sums, &err), IND_FAILED);
    model.params.standing = NULL;
    close_fixture(&f);
    model_release(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_edge_is_that_of_a_written_out_pass),
        cmocka_unit_test(estimates_are_derivatives_along_the_path),
        cmocka_unit_test(attribution_is_exact_where_the_model_is_linear),
        cmocka_unit_test(both_estimates_are_exact_without_queries),
        cmocka_unit_test(one_key_edge_carries_the_circuit),
        cmocka_unit_test(into_the_logits_is_the_direct_effect),
        cmocka_unit_test(direct_effects_are_the_shares_of_the_logit),
        cmocka_unit_test(scores_without_pp_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
