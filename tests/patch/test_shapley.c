/*
 * Shapley values: the formulas on games whose answer is known, the axioms on real models, and the
 * game of heads against ablation of every subset by itself.
 */
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/data/random.h>
#include <induct/patch/shapley.h>

#include "support/handbuilt.h"
#include "support/models.h"

enum { SEQUENCES = 11, SEED = 3, MOST_TERMS = 2 + 12 + 66 };

static double *value(double *terms, int player)
{
    return &terms[IND_SHAPLEY_VALUES + player];
}

static double *interaction(double *terms, int players, int i, int j)
{
    int at = IND_SHAPLEY_VALUES + players;
    for (int a = 0; a < i; a++)
        at += players - 1 - a;
    return &terms[at + j - i - 1];
}

/* ---- Games ---------------------------------------------------------------------------------- */

/* Gloves: players 0 and 1 each hold a left one, player 2 the right one; a pair is worth 1. Values
 * 1/6, 1/6, 2/3 (the textbook's); the two left ones stand in for one another. */
static void the_glove_game(void **state)
{
    (void)state;
    double game[8], terms[MOST_TERMS];
    for (int s = 0; s < 8; s++)
        game[s] = (s & 4) && (s & 3) ? 1.0 : 0.0;
    ind_shapley_terms(3, game, terms);
    assert_true(terms[IND_SHAPLEY_NONE] == 0.0 && terms[IND_SHAPLEY_ALL] == 1.0);
    assert_true(fabs(*value(terms, 0) - 1.0 / 6) < 1e-15);
    assert_true(fabs(*value(terms, 1) - 1.0 / 6) < 1e-15);
    assert_true(fabs(*value(terms, 2) - 2.0 / 3) < 1e-15);
    assert_true(fabs(*interaction(terms, 3, 0, 1) + 0.5) < 1e-15);
    assert_true(fabs(*interaction(terms, 3, 0, 2) - 0.5) < 1e-15);
}

/* A sum of single worths and of worths of pairs: a value is one's own and half of one's pairs, an
 * interaction is the pair's worth. */
static void a_game_of_pairs(void **state)
{
    (void)state;
    for (int n = 1; n <= IND_SHAPLEY_PLAYERS; n++) {
        double *game = ind_alloc((size_t)1 << n, sizeof *game), terms[MOST_TERMS];
        double own[IND_SHAPLEY_PLAYERS], pair[IND_SHAPLEY_PLAYERS][IND_SHAPLEY_PLAYERS];
        struct ind_random r = ind_random_at(5, IND_STREAM_CONTROL, (uint32_t)n, 0);
        for (int i = 0; i < n; i++) {
            own[i] = ind_random_normal(&r);
            for (int j = i + 1; j < n; j++)
                pair[i][j] = pair[j][i] = ind_random_normal(&r);
        }
        for (unsigned s = 0; s < 1U << n; s++) {
            for (int i = 0; i < n; i++) {
                if (!(s >> i & 1U))
                    continue;
                game[s] += own[i];
                for (int j = i + 1; j < n; j++)
                    game[s] += s >> j & 1U ? pair[i][j] : 0.0;
            }
        }
        ind_shapley_terms(n, game, terms);
        assert_int_equal(ind_shapley_count(n), 2 + n + n * (n - 1) / 2);
        for (int i = 0; i < n; i++) {
            double want = own[i];
            for (int j = 0; j < n; j++)
                want += j != i ? pair[i][j] / 2 : 0.0;
            assert_true(fabs(*value(terms, i) - want) < 1e-12);
            for (int j = i + 1; j < n; j++)
                assert_true(fabs(*interaction(terms, n, i, j) - pair[i][j]) < 1e-12);
        }
        free(game);
    }
}

/* By the definition: the mean gain over all orders. */
static void values_are_means_over_orders(void **state)
{
    (void)state;
    enum { N = 5, ORDERS = 120 };
    double game[1 << N], terms[MOST_TERMS], mean[N] = {0};
    struct ind_random r = ind_random_at(6, IND_STREAM_CONTROL, 0, 0);
    for (int s = 0; s < 1 << N; s++)
        game[s] = ind_random_normal(&r);
    for (int order = 0; order < ORDERS; order++) {
        unsigned subset = 0;
        for (int place = 0, code = order; place < N; code /= N - place, place++) {
            int skip = code % (N - place), player = 0;
            while (subset >> player & 1U || skip-- > 0)
                player++;
            mean[player] += (game[subset | 1U << player] - game[subset]) / ORDERS;
            subset |= 1U << player;
        }
    }
    ind_shapley_terms(N, game, terms);
    for (int i = 0; i < N; i++)
        assert_true(fabs(*value(terms, i) - mean[i]) < 1e-12);
}

/* ---- The game of heads ---------------------------------------------------------------------- */

struct fixture {
    struct ind_eval_data data;
    int32_t *reference;
    double correct[SEQUENCES * MOST_TERMS], loss[SEQUENCES * MOST_TERMS];
};

static void open_fixture(struct fixture *f, const struct ind_config *c, int period)
{
    assert_int_equal(
        ind_eval_data_init(&f->data, c->vocab, c->context, SEED, period, SEQUENCES, NULL), IND_OK);
    f->reference = ind_alloc(SEQUENCES, (size_t)c->context * sizeof *f->reference);
    ind_ablation_reference(c->vocab, c->context, SEED, period, SEQUENCES, f->reference);
}

static void close_fixture(struct fixture *f)
{
    ind_eval_data_release(&f->data);
    free(f->reference);
}

static void play(struct fixture *f, const struct ind_params *params, enum ind_ablation_mode mode,
                 const struct ind_head *heads, int players)
{
    const struct ind_config *c = &params->layout->config;
    struct ind_shapley shapley;
    assert_int_equal(ind_shapley_init(&shapley, c, c->context - 1, mode, heads, players, NULL),
                     IND_OK);
    ind_shapley_run(&shapley, params, &f->data, f->reference, f->correct, f->loss);
    ind_shapley_release(&shapley);
}

static int all_heads(const struct ind_config *c, struct ind_head *heads)
{
    for (int h = 0; h < c->layers * c->heads; h++)
        heads[h] = (struct ind_head){h / c->heads, h % c->heads};
    return c->layers * c->heads;
}

/* Terms of every sequence from ind_ablate of every subset's complement, which must be the same to
 * the last bit: the tree shares work, it does not change it. */
static void compare_with_ablations(struct fixture *f, const struct ind_params *params,
                                   enum ind_ablation_mode mode, const struct ind_head *heads,
                                   int players)
{
    const struct ind_config *c = &params->layout->config;
    const int subsets = 1 << players, terms = ind_shapley_count(players);
    struct ind_eval_count clean[SEQUENCES];
    struct ind_eval_count *counts = ind_alloc((size_t)subsets * SEQUENCES, sizeof *counts);
    struct ind_ablator ablator;
    assert_int_equal(ind_ablator_init(&ablator, c, c->context - 1,
                                      IND_ABLATOR_REFERS | IND_ABLATOR_FREEZES, NULL),
                     IND_OK);
    for (int s = 0; s < subsets; s++) {
        struct ind_head absent[IND_SHAPLEY_PLAYERS];
        struct ind_ablation arm = {absent, 0, mode};
        for (int h = 0; h < players; h++) {
            if (!(s >> h & 1))
                absent[arm.count++] = heads[h];
        }
        ind_ablate(&ablator, params, &f->data, f->reference, &arm, 1, clean,
                   counts + (size_t)s * SEQUENCES);
    }
    play(f, params, mode, heads, players);
    for (int sequence = 0; sequence < SEQUENCES; sequence++) {
        double game[1 << 6], want[MOST_TERMS];
        for (int s = 0; s < subsets; s++)
            game[s] = counts[s * SEQUENCES + sequence].loss;
        ind_shapley_terms(players, game, want);
        assert_memory_equal(f->loss + sequence * terms, want, (size_t)terms * sizeof *want);
        for (int s = 0; s < subsets; s++)
            game[s] = counts[s * SEQUENCES + sequence].correct;
        ind_shapley_terms(players, game, want);
        assert_memory_equal(f->correct + sequence * terms, want, (size_t)terms * sizeof *want);
    }
    ind_ablator_release(&ablator);
    free(counts);
}

static void the_tree_is_all_subsets(void **state)
{
    (void)state;
    for (int m = 0; m < model_kind_count; m++) {
        const struct ind_config *c = &model_kinds[m].config;
        struct fixture f;
        struct model model;
        struct ind_head heads[16];
        if (c->context < 5 || c->layers * c->heads > 6)
            continue;
        const int players = all_heads(c, heads);
        open_fixture(&f, c, 3);
        model_init(&model, c, 1, 7);
        for (int mode = 0; ind_ablation_mode_name((enum ind_ablation_mode)mode) != NULL; mode++) {
            compare_with_ablations(&f, &model.params, (enum ind_ablation_mode)mode, heads, players);
            compare_with_ablations(&f, &model.params, (enum ind_ablation_mode)mode,
                                   heads + players - 1, 1);
        }
        model_release(&model);
        close_fixture(&f);
    }
}

static void values_sum_to_all_minus_none(void **state)
{
    (void)state;
    const struct ind_config *c = &model_kinds[1].config;
    struct fixture f;
    struct model model;
    struct ind_head heads[16];
    const int players = all_heads(c, heads), terms = ind_shapley_count(players);
    open_fixture(&f, c, 3);
    model_init(&model, c, 1, 7);
    play(&f, &model.params, IND_ABLATION_ZERO, heads, players);
    for (int s = 0; s < SEQUENCES; s++) {
        double *row = f.loss + s * terms, sum = 0.0;
        for (int i = 0; i < players; i++)
            sum += *value(row, i);
        const double all = row[IND_SHAPLEY_ALL] - row[IND_SHAPLEY_NONE];
        assert_true(fabs(all) > 0.01);
        assert_true(fabs(sum - all) < 1e-12 * fabs(row[IND_SHAPLEY_ALL]) + 1e-12);
    }
    model_release(&model);
    close_fixture(&f);
}

static void copy_head(const struct ind_config *c, struct ind_layer_params *layer, int from, int to)
{
    const size_t size = (size_t)c->d_model * c->d_head;
    float *const tensors[] = {layer->W_Q, layer->W_K, layer->W_V, layer->W_O};
    for (int t = 0; t < 4; t++)
        memcpy(tensors[t] + to * size, tensors[t] + from * size, size * sizeof(float));
}

/* A head copied onto another: both have the same value. A head that writes nothing: it has none. */
static void clones_are_equal_and_null_players_get_nothing(void **state)
{
    (void)state;
    const struct ind_config *c = &model_kinds[1].config; /* 2 layers of 3 heads */
    struct fixture f;
    struct model model;
    struct ind_head heads[16];
    const int players = all_heads(c, heads), terms = ind_shapley_count(players);
    open_fixture(&f, c, 3);
    model_init(&model, c, 1, 7);
    for (int layer = 0; layer < 2; layer++)
        copy_head(c, &model.params.layers[layer], 0, 2);
    const size_t size = (size_t)c->d_model * c->d_head;
    memset(model.params.layers[0].W_O + size, 0, size * sizeof(float));
    play(&f, &model.params, IND_ABLATION_ZERO, heads, players);
    for (int s = 0; s < SEQUENCES; s++) {
        double *row = f.loss + s * terms;
        assert_true(fabs(*value(row, 0)) > 1e-3);
        assert_true(fabs(*value(row, 0) - *value(row, 2)) < 1e-4); /* sums in another order */
        assert_true(fabs(*value(row, 3) - *value(row, 5)) < 1e-4);
        assert_true(fabs(*interaction(row, players, 0, 4) - *interaction(row, players, 2, 4)) <
                    1e-4);
        assert_true(*value(row, 1) == 0.0);
        for (int h = 0; h < players; h++) {
            if (h != 1)
                assert_true(*interaction(row, players, h < 1 ? h : 1, h < 1 ? 1 : h) == 0.0);
        }
    }
    model_release(&model);
    close_fixture(&f);
}

/* The two heads of the circuit: each alone is worth what it does to the loss, and together they
 * solve the task. */
static void the_circuit_works_together(void **state)
{
    (void)state;
    enum { VOCAB = 17, CONTEXT = 41, PERIOD = 7 };
    const struct ind_config c = handbuilt_config(VOCAB, CONTEXT, 2);
    const struct ind_head heads[] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};
    struct handbuilt handbuilt;
    struct fixture f;
    handbuilt_init(&handbuilt, &c, HANDBUILT_CERTAIN, HANDBUILT_CERTAIN, 9.0);
    open_fixture(&f, &c, PERIOD);
    for (int s = 0; s < SEQUENCES; s++)
        handbuilt_sequence(VOCAB, PERIOD, s, CONTEXT, f.data.tokens + s * CONTEXT);
    play(&f, &handbuilt.params, IND_ABLATION_ZERO, heads, 4);
    for (int s = 0; s < SEQUENCES; s++) {
        double *row = f.correct + s * ind_shapley_count(4);
        const double all = CONTEXT - 1 - PERIOD;
        assert_true(row[IND_SHAPLEY_NONE] == 0.0 && row[IND_SHAPLEY_ALL] == all);
        assert_true(*value(row, 1) == 0.0 && *value(row, 3) == 0.0);
        /* L0H0 alone is worth nothing, so half of what the two do together is its own. */
        const double alone = all - 2.0 * *value(row, 0);
        assert_true(alone >= 0.0 && alone < all / 2);
        assert_true(fabs(*value(row, 2) - (all + alone) / 2) < 1e-12);
        assert_true(fabs(*interaction(row, 4, 0, 2) - (all - alone)) < 1e-12);
    }
    close_fixture(&f);
    handbuilt_release(&handbuilt);
}

static void too_many_heads_are_refused(void **state)
{
    (void)state;
    struct ind_config c = ind_config_default();
    struct ind_head heads[16];
    struct ind_shapley shapley;
    struct ind_error err;
    c.heads = 8;
    assert_int_equal(
        ind_shapley_init(&shapley, &c, 79, IND_ABLATION_ZERO, heads, all_heads(&c, heads), &err),
        IND_FAILED);
    assert_string_equal(err.text, "16 heads have too many subsets: at most 12");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_glove_game),
        cmocka_unit_test(a_game_of_pairs),
        cmocka_unit_test(values_are_means_over_orders),
        cmocka_unit_test(the_tree_is_all_subsets),
        cmocka_unit_test(values_sum_to_all_minus_none),
        cmocka_unit_test(clones_are_equal_and_null_players_get_nothing),
        cmocka_unit_test(the_circuit_works_together),
        cmocka_unit_test(too_many_heads_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
