/* The engine: what it gives is the mean over sequences of each score of each head's own pattern,
 * however the sequences fall into passes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/math/blas.h>
#include <induct/score/together.h>

struct fixture {
    struct ind_config config;
    struct ind_layout layout;
    struct ind_params params;
    int32_t *tokens;
    int sequences, period;
};

static void set_up(struct fixture *f, struct ind_config config, int sequences, int period)
{
    *f = (struct fixture){.config = config, .sequences = sequences, .period = period};
    ind_blas_init();
    assert_int_equal(ind_layout_init(&f->layout, &config, NULL), IND_OK);
    assert_int_equal(ind_params_init(&f->params, &f->layout, NULL), IND_OK);
    ind_params_randomise(&f->params, 11);
    /* Sharper patterns than a fresh model has. */
    size_t count = (size_t)config.heads * (size_t)config.d_model * (size_t)config.d_head;
    for (int layer = 0; layer < config.layers; layer++)
        for (size_t i = 0; i < count; i++)
            f->params.layers[layer].W_Q[i] *= 6.0F;
    f->tokens = calloc((size_t)sequences * (size_t)config.context, sizeof *f->tokens);
    ind_task_eval(config.vocab, config.context, 0, period, 0, sequences, f->tokens);
}

static void tear_down(struct fixture *f)
{
    free(f->tokens);
    ind_params_release(&f->params);
    ind_layout_release(&f->layout);
}

/* One sequence, one forward pass of its own. */
static void score_alone(const struct fixture *f, int sequence,
                        const struct ind_score_choices *choices, double *out)
{
    struct ind_cache cache;
    int length = f->config.context - 1;
    const int32_t *tokens = f->tokens + sequence * f->config.context;
    assert_int_equal(ind_cache_init(&cache, &f->config, 1, length, 0, NULL), IND_OK);
    ind_forward(&f->params, tokens, f->config.context, NULL, 0, &cache);
    for (int layer = 0; layer < f->config.layers; layer++)
        for (int head = 0; head < f->config.heads; head++) {
            struct ind_score_input input = {.pattern = cache.layers[layer].pattern +
                                                       head * length * length,
                                            .tokens = tokens,
                                            .length = length,
                                            .period = f->period,
                                            .compat = IND_COMPAT_TL_DETECT};
            for (int c = 0; c < choices->count; c++) {
                input.argument = choices->items[c].argument;
                *out++ = choices->items[c].score->value(&input);
            }
        }
    ind_cache_release(&cache);
}

static void near(double found, double expected, double tolerance)
{
    if (!(fabs(found - expected) < tolerance))
        fail_msg("%.9g instead of %.9g", found, expected);
}

static void agrees_with_one_sequence_at_a_time(void **state)
{
    (void)state;
    struct fixture f;
    struct ind_score_choices choices;
    struct ind_scorer scorer;
    struct ind_config config = ind_config_default();
    config.layers = 3;
    config.context = 45;        /* several sequences a pass */
    set_up(&f, config, 45, 12); /* no multiple of a pass */
    assert_int_equal(ind_score_choices_init(&choices,
                                            "prev_token,duplicate,induction,entropy,first,"
                                            "fixed_offset(3)",
                                            NULL),
                     IND_OK);
    int cells = 3 * 4 * choices.count;
    double *mean = calloc((size_t)cells, sizeof *mean);
    double *each = calloc((size_t)cells * 45, sizeof *each);
    double *alone = calloc((size_t)cells, sizeof *alone);
    double *sum = calloc((size_t)cells, sizeof *sum);
    assert_int_equal(
        ind_scorer_init(&scorer, &config, f.tokens, 45, 12, IND_COMPAT_TL_DETECT, NULL), IND_OK);
    assert_in_range(scorer.batch, 2, 44); /* else this test says nothing about passes */
    assert_int_not_equal(45 % scorer.batch, 0);
    ind_scorer_run(&scorer, &f.params, &choices, mean);
    ind_scorer_run_each(&scorer, &f.params, &choices, each);
    for (int sequence = 0; sequence < 45; sequence++) {
        score_alone(&f, sequence, &choices, alone);
        for (int i = 0; i < cells; i++) {
            near(each[sequence * cells + i], alone[i], 2e-6);
            sum[i] += each[sequence * cells + i];
        }
    }
    for (int i = 0; i < cells; i++)
        assert_true(mean[i] == sum[i] / 45);

    /* A second run of the same scorer, and a fresh one, give the same bytes. */
    double *again = calloc((size_t)cells, sizeof *again);
    ind_scorer_run(&scorer, &f.params, &choices, again);
    assert_memory_equal(again, mean, (size_t)cells * sizeof *mean);
    ind_scorer_release(&scorer);
    assert_int_equal(
        ind_scorer_init(&scorer, &config, f.tokens, 45, 12, IND_COMPAT_TL_DETECT, NULL), IND_OK);
    ind_scorer_run(&scorer, &f.params, &choices, again);
    assert_memory_equal(again, mean, (size_t)cells * sizeof *mean);

    free(again);
    free(mean);
    free(each);
    free(alone);
    free(sum);
    ind_scorer_release(&scorer);
    ind_score_choices_release(&choices);
    tear_down(&f);
}

/* Every score, of attention and of what it brings: the same bytes by one thread and by several. */
static void threads_share_the_passes(void **state)
{
    (void)state;
    enum { SEQUENCES = 45, THREADS = 6 };
    static const char *const lists[] = {"prev_token,entropy,positional_prev_token,copy_index",
                                        "induction,participation"};
    struct fixture f;
    struct ind_config config = ind_config_default();
    set_up(&f, config, SEQUENCES, 12);
    for (int way = 0; way < 4; way++) {
        struct ind_score_choices choices;
        struct ind_scorer scorer;
        struct ind_scorers scorers;
        assert_int_equal(ind_score_choices_init(&choices, lists[way / 2], NULL), IND_OK);
        const size_t cells = (size_t)(config.layers * config.heads * choices.count);
        const size_t bytes = cells * SEQUENCES * sizeof(double);
        double *one = malloc(bytes), *several = malloc(bytes);
        assert_int_equal(
            ind_scorer_init(&scorer, &config, f.tokens, SEQUENCES, 12, IND_COMPAT_NONE, NULL),
            IND_OK);
        scorer.value_weighted = way % 2 == 1;
        assert_int_equal(ind_scorers_init(&scorers, THREADS, &scorer, &choices, NULL), IND_OK);
        assert_int_equal(scorers.threads, way < 2 ? THREADS : 1); /* participation: one */
        for (int turn = 0; turn < 2; turn++) {
            ind_scorer_run(&scorer, &f.params, &choices, one);
            ind_scorers_run(&scorers, &f.params, &choices, several);
            assert_memory_equal(several, one, cells * sizeof *one);
            ind_scorer_run_each(&scorer, &f.params, &choices, one);
            ind_scorers_run_each(&scorers, &f.params, &choices, several);
            assert_memory_equal(several, one, bytes);
        }
        ind_scorers_release(&scorers);
        ind_scorer_release(&scorer);
        ind_score_choices_release(&choices);
        free(one);
        free(several);
    }
    tear_down(&f);
}

/* pos QK pos^T written out in double. */
static double positional_by_hand(const struct fixture *f, int layer, int head)
{
    const struct ind_config *c = &f->config;
    int T = c->context - 1, d = c->d_model, k = c->d_head;
    const float *W_Q = f->params.layers[layer].W_Q + head * d * k;
    const float *W_K = f->params.layers[layer].W_K + head * d * k;
    double *q = calloc((size_t)T * (size_t)k, sizeof *q),
           *key = calloc((size_t)T * (size_t)k, sizeof *key);
    for (int i = 0; i < T; i++)
        for (int m = 0; m < d; m++)
            for (int n = 0; n < k; n++) {
                q[i * k + n] += (double)f->params.W_pos[i * d + m] * (double)W_Q[m * k + n];
                key[i * k + n] += (double)f->params.W_pos[i * d + m] * (double)W_K[m * k + n];
            }
    double mean = 0.0;
    for (int i = 1; i < T; i++) {
        double all = 0.0, previous = 0.0;
        for (int j = 0; j <= i; j++) {
            double s = 0.0;
            for (int n = 0; n < k; n++)
                s += q[i * k + n] * key[j * k + n];
            double e = exp(s / ind_config_scale(c));
            all += e;
            previous = j == i - 1 ? e : previous;
        }
        mean += previous / all / (T - 1);
    }
    free(q);
    free(key);
    return mean;
}

static void positions_alone(void **state)
{
    (void)state;
    static const enum ind_positions kinds[] = {IND_POSITIONS_SINUSOIDAL, IND_POSITIONS_LEARNED,
                                               IND_POSITIONS_SHORTFORMER, IND_POSITIONS_NONE,
                                               IND_POSITIONS_ROTARY};
    for (int kind = 0; kind < 5; kind++)
        for (int norm = 0; norm < 2; norm++) {
            struct fixture f;
            struct ind_score_choices choices;
            struct ind_scorer scorer;
            double out[8 * 2];
            struct ind_config config = ind_config_default();
            config.positions = kinds[kind];
            config.norm = norm ? IND_NORM_LN : IND_NORM_NONE;
            config.norm_eps = 1e-5;
            config.rotary_base = 10000;
            set_up(&f, config, 5, 12);
            assert_int_equal(
                ind_score_choices_init(&choices, "positional_prev_token,prev_token", NULL), IND_OK);
            assert_int_equal(
                ind_scorer_init(&scorer, &config, f.tokens, 5, 12, IND_COMPAT_NONE, NULL), IND_OK);
            ind_scorer_run(&scorer, &f.params, &choices, out);
            for (int head = 0; head < 8; head++) {
                if (kind >= 3 || norm)
                    assert_true(isnan(out[head * 2]));
                else
                    near(out[head * 2], positional_by_hand(&f, head / 4, head % 4), 2e-5);
                assert_false(isnan(out[head * 2 + 1]));
            }
            ind_scorer_release(&scorer);
            ind_score_choices_release(&choices);
            tear_down(&f);
        }
}

static void one_token_leaves_nothing(void **state)
{
    (void)state;
    struct ind_scorer scorer;
    struct ind_error err;
    struct ind_config config = ind_config_default();
    int32_t token = 1;
    config.context = 1;
    assert_int_equal(ind_scorer_init(&scorer, &config, &token, 1, 1, IND_COMPAT_NONE, &err),
                     IND_FAILED);
    assert_string_equal(err.text, "a context of 1 token leaves nothing to score");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_one_sequence_at_a_time),
        cmocka_unit_test(threads_share_the_passes),
        cmocka_unit_test(positions_alone),
        cmocka_unit_test(one_token_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
