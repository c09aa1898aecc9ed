/*
 * Circuits against a forward pass written out reader by reader; what all edges and none give; and
 * the hand-built circuit, of which a few edges are everything.
 */
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/data/random.h>
#include <induct/patch/ablate.h>
#include <induct/patch/edge_circuits.h>

#include "support/handbuilt.h"
#include "support/models.h"
#include "support/slow_edges.h"

enum { SEQUENCES = 11, SEED = 3, PERIOD = 3, SETS = 6 };

/* ---- Fixture --------------------------------------------------------------------------------- */

struct fixture {
    struct ind_eval_data data;
    int32_t *reference;
    struct ind_edges edges;
    struct ind_edge_patcher patcher;
    struct ind_edge_circuits circuits;
    struct ind_edge_sum *clean, *sums;
    bool *kept;      /* [SETS, edges] */
    double *metrics; /* [SETS, SEQUENCES] */
};

static void open_fixture(struct fixture *f, const struct ind_layout *layout, int period)
{
    const struct ind_config *c = &layout->config;
    assert_int_equal(
        ind_eval_data_init(&f->data, c->vocab, c->context, SEED, period, SEQUENCES, NULL), IND_OK);
    assert_int_equal(ind_edges_init(&f->edges, c, NULL), IND_OK);
    assert_int_equal(ind_edge_patcher_init(&f->patcher, layout, c->context - 1, NULL), IND_OK);
    assert_int_equal(ind_edge_circuits_init(&f->circuits, &f->patcher, &f->edges, NULL), IND_OK);
    f->reference = malloc(sizeof(int32_t) * SEQUENCES * c->context);
    f->clean = malloc(sizeof *f->clean * SEQUENCES);
    f->sums = malloc(sizeof *f->sums * SEQUENCES * f->edges.count);
    f->kept = calloc((size_t)SETS * f->edges.count, sizeof *f->kept);
    f->metrics = malloc(sizeof *f->metrics * SETS * SEQUENCES);
    assert_true(f->reference && f->clean && f->sums && f->kept && f->metrics);
    ind_ablation_reference(c->vocab, c->context, SEED, period, SEQUENCES, f->reference);
}

static void close_fixture(struct fixture *f)
{
    ind_edge_circuits_release(&f->circuits);
    ind_edge_patcher_release(&f->patcher);
    ind_edges_release(&f->edges);
    ind_eval_data_release(&f->data);
    free(f->reference);
    free(f->clean);
    free(f->sums);
    free(f->kept);
    free(f->metrics);
}

static struct ind_edge_task task_of(const struct fixture *f, const struct ind_params *params,
                                    enum ind_edge_mode mode)
{
    return (struct ind_edge_task){.params = params,
                                  .edges = &f->edges,
                                  .data = &f->data,
                                  .mode = mode,
                                  .reference = f->reference};
}

static void run_sets(struct fixture *f, const struct ind_params *params, enum ind_edge_mode mode)
{
    const struct ind_edge_task task = task_of(f, params, mode);
    assert_int_equal(ind_run_circuits(&f->circuits, &task, f->kept, SETS, f->metrics, NULL),
                     IND_OK);
}

/* Of edge n: in set 0 none is kept, in set 1 all are, in set 2 all but the last one of each reader,
 * in the others every other one by chance. */
static void choose_sets(struct fixture *f)
{
    const int edges = f->edges.count;
    struct ind_random random = ind_random_at(SEED, IND_STREAM_CONTROL, 1, 2);
    for (int n = 0; n < edges; n++) {
        f->kept[n] = false;
        f->kept[edges + n] = true;
        f->kept[2 * edges + n] = n != edges / 2;
        for (int set = 3; set < SETS; set++)
            f->kept[set * edges + n] = ind_random_below(&random, 4) < (uint32_t)set - 2;
    }
}

static void assert_near(double got, double expected, const char *kind, int set)
{
    if (!(fabs(got - expected) <= 1e-4 * (1.0 + fabs(expected))))
        fail_msg("%s, set %d: %.9g, expected %.9g", kind, set, got, expected);
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static void run_other(const struct fixture *f, const struct ind_params *params,
                      enum ind_edge_mode mode, int sequence, struct slow_run *other)
{
    slow_edges_other(params, &f->edges, mode, f->reference, f->data.context, SEQUENCES, sequence,
                     other);
}

/* m as ind_run_circuits has it: less what b_U gives. */
static double slow_metric(const struct slow_pass *pass, const int32_t *tokens)
{
    static struct slow_run run;
    const struct ind_config *c = &pass->params->layout->config;
    double metric, loss;
    slow_edges_run(pass, tokens, &run);
    slow_edges_measure(c, &run, tokens, PERIOD, &metric, &loss);
    for (int i = PERIOD; i < c->context - 1 && c->bias; i++) {
        metric -= (double)pass->params->b_U[tokens[i + 1]];
        for (int t = 0; t < c->vocab; t++)
            metric += (double)pass->params->b_U[t] / c->vocab;
    }
    return metric;
}

static void compare_with_slow(const struct model_kind *kind, enum ind_edge_mode mode)
{
    static struct slow_run other;
    struct model model;
    struct fixture f;
    model_init(&model, &kind->config, 1, 7);
    open_fixture(&f, &model.layout, PERIOD);
    choose_sets(&f);
    run_sets(&f, &model.params, mode);
    bool *cut = malloc((size_t)f.edges.count * sizeof *cut);
    assert_non_null(cut);
    for (int s = 0; s < SEQUENCES; s += 10) {
        run_other(&f, &model.params, mode, s, &other);
        const struct slow_pass pass = {
            .params = &model.params, .edges = &f.edges, .cut = cut, .other = &other};
        for (int set = 0; set < SETS; set++) {
            for (int n = 0; n < f.edges.count; n++)
                cut[n] = !f.kept[set * f.edges.count + n];
            assert_near(f.metrics[set * SEQUENCES + s],
                        slow_metric(&pass, f.data.tokens + s * kind->config.context), kind->name,
                        set);
        }
    }
    free(cut);
    close_fixture(&f);
    model_release(&model);
}

static void every_circuit_is_a_written_out_pass(void **state)
{
    int seen = 0;
    (void)state;
    for (int kind = 0; kind < model_kind_count; kind++) {
        const struct ind_config *c = &model_kinds[kind].config;
        if (!slow_edges_know(c) || c->context <= PERIOD + 1)
            continue;
        seen++;
        for (int mode = IND_EDGE_CORRUPT; mode <= IND_EDGE_MEAN; mode++)
            compare_with_slow(&model_kinds[kind], (enum ind_edge_mode)mode);
    }
    assert_true(seen >= 5);
}

/* Rotary positions and shortformers too: all edges are the clean run, and all but one are that
 * one's effect, as long as nothing that it changes is said over another edge: the logits'. */
static void all_edges_are_the_model(void **state)
{
    (void)state;
    for (int kind = 0; kind < model_kind_count; kind++) {
        struct model model;
        struct fixture f;
        if (model_kinds[kind].config.context <= PERIOD + 1)
            continue;
        model_init(&model, &model_kinds[kind].config, 1, 7);
        open_fixture(&f, &model.layout, PERIOD);
        const struct ind_edge_task task = task_of(&f, &model.params, IND_EDGE_CORRUPT);
        const int last = f.edges.count - 1; /* of the last head into the logits */
        for (int n = 0; n <= last; n++) {
            f.kept[n] = true;
            f.kept[last + 1 + n] = n != last;
        }
        run_sets(&f, &model.params, IND_EDGE_CORRUPT);
        assert_int_equal(ind_patch_edges(&f.patcher, &task, f.clean, f.sums, NULL), IND_OK);
        for (int s = 0; s < SEQUENCES; s++) {
            assert_near(f.metrics[s], f.clean[s].metric, model_kinds[kind].name, 0);
            assert_near(f.metrics[SEQUENCES + s],
                        f.clean[s].metric + f.sums[last * SEQUENCES + s].metric,
                        model_kinds[kind].name, 1);
        }
        close_fixture(&f);
        model_release(&model);
    }
}

/* What the head that carries the hand-built circuit reads, and how it answers: with these edges
 * all of the answer is there, and without the one from L0H0 to its keys it is that of chance. */
static void a_few_edges_are_the_circuit(void **state)
{
    enum { VOCAB = 16, CONTEXT = 20, CIRCUIT_PERIOD = 6 };
    const struct ind_config c = handbuilt_config(VOCAB, CONTEXT, 2);
    struct handbuilt built;
    struct fixture f;
    double sums[SETS] = {0.0};
    (void)state;
    handbuilt_init(&built, &c, HANDBUILT_CERTAIN, HANDBUILT_CERTAIN, 20.0);
    open_fixture(&f, &built.layout, CIRCUIT_PERIOD);
    for (int s = 0; s < SEQUENCES; s++) {
        handbuilt_sequence(VOCAB, CIRCUIT_PERIOD, s, CONTEXT, f.data.tokens + s * CONTEXT);
        handbuilt_sequence(VOCAB, CIRCUIT_PERIOD, s + 7, CONTEXT, f.reference + s * CONTEXT);
    }
    for (int n = 0; n < f.edges.count; n++) {
        const struct ind_edge *edge = &f.edges.items[n];
        const bool first = edge->head.layer == 0 && edge->head.head == 0;
        const bool second = edge->head.layer == 1 && edge->head.head == 0;
        const bool key = edge->source == 2 && second && edge->at == IND_EDGE_K;
        const bool out = edge->at == IND_EDGE_LOGITS && edge->source == 2 + c.heads;
        const bool circuit = (edge->source == 0 && (first || second)) || out || key;
        f.kept[1 * f.edges.count + n] = true;
        f.kept[2 * f.edges.count + n] = circuit;
        f.kept[3 * f.edges.count + n] = circuit && !key;
    }
    run_sets(&f, &built.params, IND_EDGE_CORRUPT);
    for (int set = 0; set < SETS; set++)
        for (int s = 0; s < SEQUENCES; s++)
            sums[set] += f.metrics[set * SEQUENCES + s];
    const double all = sums[1] - sums[0];
    assert_true(all > 0.0);
    assert_true(fabs(sums[2] - sums[1]) < 1e-6 * all);
    assert_true(sums[3] - sums[0] < 0.2 * all);
    close_fixture(&f);
    handbuilt_release(&built);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_circuit_is_a_written_out_pass),
        cmocka_unit_test(all_edges_are_the_model),
        cmocka_unit_test(a_few_edges_are_the_circuit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
