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

enum { SEQUENCES = 11, SEED = 3, PERIOD = 3, WIDE = 64, LONG = 24, SOURCES = 12 };

/* ---- Written out ----------------------------------------------------------------------------- */

/* One sequence: what every source adds at every position. */
struct slow {
    double source[SOURCES][LONG][WIDE];
    double logits[LONG][WIDE];
};

static void norm(const struct ind_config *c, const float *w, const float *b, double *x)
{
    double mean = 0.0, variance = 0.0;
    if (c->norm == IND_NORM_NONE)
        return;
    for (int e = 0; e < c->d_model; e++)
        mean += x[e] / c->d_model;
    for (int e = 0; e < c->d_model; e++)
        variance += (x[e] - mean) * (x[e] - mean) / c->d_model;
    for (int e = 0; e < c->d_model; e++) {
        x[e] = (x[e] - mean) / sqrt(variance + c->norm_eps);
        if (w)
            x[e] = x[e] * (double)w[e] + (double)b[e];
    }
}

/* The residual stream before `layer`, as the reader of `edge` sees it if it is this one. */
static void stream(const struct ind_params *p, const struct slow *run, const struct slow *other,
                   const struct ind_edge *edge, int layer, int i, double *x)
{
    const struct ind_config *c = &p->layout->config;
    const int embedded = ind_config_adds_positions(c) ? 2 : 1;
    for (int e = 0; e < c->d_model; e++) {
        x[e] = 0.0;
        for (int s = 0; s < embedded + layer * c->heads; s++)
            x[e] += edge && edge->source == s ? (other ? other->source[s][i][e] : 0.0)
                                              : run->source[s][i][e];
        for (int l = 0; l < layer && c->bias; l++)
            x[e] += (double)p->layers[l].b_O[e];
    }
}

static void project(const struct ind_params *p, const struct slow *run, const struct slow *other,
                    const struct ind_edge *edge, struct ind_head head, int part, int T,
                    double out[LONG][WIDE])
{
    const struct ind_config *c = &p->layout->config;
    const struct ind_layer_params *w = &p->layers[head.layer];
    const float *W = part == 0 ? w->W_Q : part == 1 ? w->W_K : w->W_V;
    const float *b = part == 0 ? w->b_Q : part == 1 ? w->b_K : w->b_V;
    const bool here = edge && edge->head.layer == head.layer && edge->head.head == head.head &&
                      (int)edge->at == part;
    for (int i = 0; i < T; i++) {
        double x[WIDE];
        stream(p, run, other, here ? edge : NULL, head.layer, i, x);
        norm(c, w->ln1_w, w->ln1_b, x);
        for (int k = 0; k < c->d_head; k++) {
            out[i][k] = c->bias ? (double)b[head.head * c->d_head + k] : 0.0;
            for (int e = 0; e < c->d_model; e++)
                out[i][k] += x[e] * (double)W[(head.head * c->d_model + e) * c->d_head + k];
        }
    }
}

static void attend(const struct ind_params *p, struct slow *run, const struct slow *other,
                   const struct ind_edge *edge, struct ind_head head, int T)
{
    static double q[LONG][WIDE], k[LONG][WIDE], v[LONG][WIDE];
    const struct ind_config *c = &p->layout->config;
    const int embedded = ind_config_adds_positions(c) ? 2 : 1, n = c->d_head;
    double(*out)[WIDE] = run->source[embedded + head.layer * c->heads + head.head];
    project(p, run, other, edge, head, 0, T, q);
    project(p, run, other, edge, head, 1, T, k);
    project(p, run, other, edge, head, 2, T, v);
    for (int i = T - 1; i > 0 && c->smear; i--) {
        const double a = 1.0 / (1.0 + exp(-(double)p->layers[head.layer].smear[head.head]));
        for (int e = 0; e < n; e++)
            k[i][e] = (1.0 - a) * k[i][e] + a * k[i - 1][e];
    }
    for (int i = 0; i < T; i++) {
        double weight[LONG], total = 0.0, most = -INFINITY;
        for (int j = 0; j <= i; j++) {
            weight[j] = 0.0;
            for (int e = 0; e < n; e++)
                weight[j] += q[i][e] * k[j][e] / ind_config_scale(c);
            most = fmax(most, weight[j]);
        }
        for (int j = 0; j <= i; j++)
            total += weight[j] = exp(weight[j] - most);
        for (int d = 0; d < c->d_model; d++) {
            out[i][d] = 0.0;
            for (int j = 0; j <= i; j++)
                for (int e = 0; e < n; e++)
                    out[i][d] +=
                        weight[j] / total * v[j][e] *
                        (double)p->layers[head.layer].W_O[(head.head * n + e) * c->d_model + d];
        }
    }
}

static void slow_run(const struct ind_params *p, const int32_t *tokens, const struct slow *other,
                     const struct ind_edge *edge, struct slow *run)
{
    const struct ind_config *c = &p->layout->config;
    const int T = c->context - 1;
    for (int i = 0; i < T; i++)
        for (int e = 0; e < c->d_model; e++) {
            run->source[0][i][e] = (double)p->W_E[tokens[i] * c->d_model + e];
            if (ind_config_adds_positions(c))
                run->source[1][i][e] = (double)p->W_pos[i * c->d_model + e];
        }
    for (int h = 0; h < c->layers * c->heads; h++)
        attend(p, run, other, edge, (struct ind_head){h / c->heads, h % c->heads}, T);
    for (int i = 0; i < T; i++) {
        double x[WIDE];
        stream(p, run, other, edge && edge->at == IND_EDGE_LOGITS ? edge : NULL, c->layers, i, x);
        norm(c, p->ln_final_w, p->ln_final_b, x);
        for (int t = 0; t < c->vocab; t++) {
            run->logits[i][t] = c->bias ? (double)p->b_U[t] : 0.0;
            for (int e = 0; e < c->d_model; e++)
                run->logits[i][t] += x[e] * (double)p->W_U[e * c->vocab + t];
        }
    }
}

static void slow_measure(const struct ind_config *c, const struct slow *run, const int32_t *tokens,
                         int period, double *metric, double *loss)
{
    *metric = *loss = 0.0;
    for (int i = period; i < c->context - 1; i++) {
        double mean = 0.0, total = 0.0;
        for (int t = 0; t < c->vocab; t++) {
            mean += run->logits[i][t] / c->vocab;
            total += exp(run->logits[i][t]);
        }
        *metric += run->logits[i][tokens[i + 1]] - mean;
        *loss += log(total) - run->logits[i][tokens[i + 1]];
    }
}

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

static void patch(struct fixture *f, const struct ind_params *params, enum ind_edge_mode mode)
{
    assert_int_equal(ind_patch_edges(&f->patcher, params, &f->edges, &f->data, mode, f->reference,
                                     f->clean, f->sums, NULL),
                     IND_OK);
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
    return c->positions != IND_POSITIONS_ROTARY && c->positions != IND_POSITIONS_SHORTFORMER &&
           c->context > PERIOD + 1 && c->context <= LONG && c->vocab <= WIDE &&
           c->d_model <= WIDE && c->layers * c->heads + 2 <= SOURCES;
}

static void mean_sources(const struct ind_params *p, const int32_t *reference, struct slow *mean)
{
    static struct slow run;
    memset(mean, 0, sizeof *mean);
    for (int s = 0; s < SEQUENCES; s++) {
        slow_run(p, reference + s * p->layout->config.context, NULL, NULL, &run);
        for (size_t e = 0; e < sizeof run.source / sizeof(double); e++)
            (&mean->source[0][0][0])[e] += (&run.source[0][0][0])[e] / SEQUENCES;
    }
}

static void compare_with_slow(const struct model_kind *kind, enum ind_edge_mode mode)
{
    static struct slow other, run;
    const struct ind_config *c = &kind->config;
    struct model model;
    struct fixture f;
    model_init(&model, c, 1, 7);
    open_fixture(&f, &model.layout, PERIOD);
    patch(&f, &model.params, mode);
    memset(&run, 0, sizeof run);
    for (int s = 0; s < SEQUENCES; s += 10) { /* of the first batch and perhaps another */
        const int32_t *tokens = f.data.tokens + s * c->context;
        double clean, clean_loss;
        slow_run(&model.params, tokens, NULL, NULL, &run);
        slow_measure(c, &run, tokens, PERIOD, &clean, &clean_loss);
        if (mode == IND_EDGE_MEAN)
            mean_sources(&model.params, f.reference, &other);
        else
            slow_run(&model.params, f.reference + s * c->context, NULL, NULL, &other);
        for (int n = 0; n < f.edges.count; n++) {
            const struct ind_edge *edge = &f.edges.items[n];
            const struct ind_edge_sum *got = &f.sums[n * SEQUENCES + s];
            double metric, loss;
            slow_run(&model.params, tokens, mode == IND_EDGE_ZERO ? NULL : &other, edge, &run);
            slow_measure(c, &run, tokens, PERIOD, &metric, &loss);
            assert_near(got->metric, metric - clean, kind->name, edge);
            assert_near(got->count.loss, loss, kind->name, edge);
        }
    }
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
                (edge->at == IND_EDGE_V && edge->head.layer == c->layers - 1))
                assert_near(f.sums[e].attribution, f.sums[e].metric, model_kinds[n].name, edge);
            else
                differs += fabs(f.sums[e].attribution - f.sums[e].metric) > 1e-3;
        }
        close_fixture(&f);
        model_release(&model);
    }
    assert_true(differs > 0);
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
    double shares[SOURCES], sums[SOURCES] = {0};
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
    assert_int_equal(ind_patch_edges(&f.patcher, &model.params, &f.edges, &f.data, IND_EDGE_ZERO,
                                     NULL, f.clean, f.sums, &err),
                     IND_FAILED);
    model.params.standing = NULL;
    close_fixture(&f);
    model_release(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_edge_is_that_of_a_written_out_pass),
        cmocka_unit_test(attribution_is_exact_where_the_model_is_linear),
        cmocka_unit_test(one_key_edge_carries_the_circuit),
        cmocka_unit_test(into_the_logits_is_the_direct_effect),
        cmocka_unit_test(direct_effects_are_the_shares_of_the_logit),
        cmocka_unit_test(scores_without_pp_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
