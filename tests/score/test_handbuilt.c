/* The hand-built induction circuit (support/handbuilt.h): through forward pass and engine, every
 * score of its two heads is its closed form, and an idle head scores chance. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/math/blas.h>
#include <induct/score/pattern.h>
#include <induct/score/score.h>

#include "support/handbuilt.h"

enum { VOCAB = 14, CONTEXT = 36, T = CONTEXT - 1, N = 11, HEADS = 2, SEQUENCES = 300 };

static void near(const char *what, double found, double expected)
{
    if (!(fabs(found - expected) < 2e-6))
        fail_msg("%s: %.9g instead of %.9g", what, found, expected);
}

struct scored {
    struct handbuilt model;
    struct ind_score_choices choices;
    int32_t tokens[SEQUENCES * CONTEXT];
    double values[2 * HEADS * 16];
};

static void score_model(struct scored *s, double sharpness0, double sharpness1, int period,
                        enum ind_score_compat compat)
{
    struct ind_scorer scorer;
    struct ind_config config = handbuilt_config(VOCAB, CONTEXT, HEADS);
    ind_blas_init();
    handbuilt_init(&s->model, &config, sharpness0, sharpness1, 10.0);
    for (int i = 0; i < SEQUENCES; i++)
        handbuilt_sequence(VOCAB, period, i, CONTEXT, s->tokens + i * CONTEXT);
    assert_int_equal(ind_score_choices_init(&s->choices, "all,fixed_offset(0:3)", NULL), IND_OK);
    assert_true(s->choices.count <= 16);
    assert_int_equal(ind_scorer_init(&scorer, &config, s->tokens, SEQUENCES, period, compat, NULL),
                     IND_OK);
    ind_scorer_run(&scorer, &s->model.params, &s->choices, s->values);
    ind_scorer_release(&scorer);
}

static void scored_release(struct scored *s)
{
    ind_score_choices_release(&s->choices);
    handbuilt_release(&s->model);
}

static double value_of(const struct scored *s, int layer, int head, const char *column)
{
    for (int c = 0; c < s->choices.count; c++)
        if (strcmp(s->choices.items[c].column, column) == 0)
            return s->values[(layer * HEADS + head) * s->choices.count + c];
    fail_msg("no column %s", column);
    return 0.0;
}

static void previous_token_head(void **state)
{
    (void)state;
    static struct scored s;
    score_model(&s, HANDBUILT_CERTAIN, HANDBUILT_CERTAIN, N, IND_COMPAT_NONE);
    near("prev_token", value_of(&s, 0, 0, "prev_token"), 1.0);
    near("positional", value_of(&s, 0, 0, "positional_prev_token"), 1.0);
    near("fixed_offset_1", value_of(&s, 0, 0, "fixed_offset_1"), 1.0);
    near("fixed_offset_2", value_of(&s, 0, 0, "fixed_offset_2"), 0.0);
    near("self", value_of(&s, 0, 0, "self"), 0.0);
    near("entropy", value_of(&s, 0, 0, "entropy"), 0.0);
    near("first", value_of(&s, 0, 0, "first"), 1.0 / (T - 1)); /* row 1's previous token */
    near("duplicate", value_of(&s, 0, 0, "duplicate"), 0.0);
    near("induction", value_of(&s, 0, 0, "induction"), 0.0);
    scored_release(&s);
}

static void soft_previous_token_head(void **state)
{
    (void)state;
    static struct scored s;
    double e = exp(3.0), prev = 0.0, self = 0.0;
    score_model(&s, 3.0, 5.0, N, IND_COMPAT_NONE);
    for (int i = 1; i < T; i++) {
        prev += e / (e + i) / (T - 1);
        self += 1.0 / (e + i) / (T - 1);
    }
    near("prev_token", value_of(&s, 0, 0, "prev_token"), prev);
    near("positional", value_of(&s, 0, 0, "positional_prev_token"), prev);
    near("self", value_of(&s, 0, 0, "self"), self);
    scored_release(&s);
}

static void induction_head(void **state)
{
    (void)state;
    static struct scored s;
    double self = 0.0, prev = 0.0, entropy = 0.0, detect = 0.0;
    for (int i = 1; i < T; i++) {
        self += i < N ? 1.0 / i / (T - 1) : 0.0;
        prev += i >= 2 && i < N ? 1.0 / i / (T - 1) : 0.0;
        entropy += log(i < N ? i : i / N) / log(i + 1.0) / (T - 1);
    }
    for (int i = N; i < T; i++)
        detect += 1.0 / T;
    score_model(&s, HANDBUILT_CERTAIN, HANDBUILT_CERTAIN, N, IND_COMPAT_NONE);
    near("induction", value_of(&s, 1, 0, "induction"), 1.0);
    near("prefix_match", value_of(&s, 1, 0, "prefix_match"), 1.0);
    near("duplicate", value_of(&s, 1, 0, "duplicate"), 0.0);
    near("first", value_of(&s, 1, 0, "first"), 0.0);
    near("self", value_of(&s, 1, 0, "self"), self);
    near("prev_token", value_of(&s, 1, 0, "prev_token"), prev);
    near("entropy", value_of(&s, 1, 0, "entropy"), entropy);
    scored_release(&s);

    score_model(&s, HANDBUILT_CERTAIN, HANDBUILT_CERTAIN, N, IND_COMPAT_TL_DEMO);
    near("tl-demo", value_of(&s, 1, 0, "induction"), (double)N / (N + 1));
    scored_release(&s);
    score_model(&s, HANDBUILT_CERTAIN, HANDBUILT_CERTAIN, N, IND_COMPAT_TL_DETECT);
    near("tl-detect", value_of(&s, 1, 0, "induction"), detect);
    scored_release(&s);
}

static void idle_heads_score_chance(void **state)
{
    (void)state;
    static struct scored s;
    for (int compat = IND_COMPAT_NONE; compat <= IND_COMPAT_TL_DETECT; compat++) {
        score_model(&s, HANDBUILT_CERTAIN, HANDBUILT_CERTAIN, N, (enum ind_score_compat)compat);
        for (int layer = 0; layer < 2; layer++)
            for (int c = 0; c < s.choices.count; c++) {
                if (s.choices.items[c].score->of_output) { /* an idle head says nothing */
                    assert_true(isnan(s.values[(layer * HEADS + 1) * s.choices.count + c]));
                    continue;
                }
                double chance;
                assert_int_equal(ind_score_baseline(&s.choices.items[c], T, N, 0,
                                                    (enum ind_score_compat)compat, &chance, NULL),
                                 IND_OK);
                near(s.choices.items[c].column, s.values[(layer * HEADS + 1) * s.choices.count + c],
                     chance);
            }
        scored_release(&s);
    }
}

static void mean_patterns_are_the_closed_forms(void **state)
{
    (void)state;
    struct handbuilt model;
    struct ind_pattern_mean mean;
    struct ind_config config = handbuilt_config(VOCAB, CONTEXT, HEADS);
    static int32_t tokens[SEQUENCES * CONTEXT];
    static double out[2][T * T];
    struct ind_head items[2] = {{0, 0}, {1, 0}};
    struct ind_heads heads = {items, 2};
    ind_blas_init();
    handbuilt_init(&model, &config, HANDBUILT_CERTAIN, 2.0, 10.0);
    for (int i = 0; i < SEQUENCES; i++) /* several periods: the mean is over unequal patterns */
        handbuilt_sequence(VOCAB, 5 + i % 3, i, CONTEXT, tokens + i * CONTEXT);
    assert_int_equal(ind_pattern_mean_init(&mean, &config, tokens, SEQUENCES, CONTEXT, T, NULL),
                     IND_OK);
    ind_pattern_mean_run(&mean, &model.params, &heads, out[0]);
    for (int i = 0; i < T; i++)
        for (int j = 0; j < T; j++) {
            double induction = 0.0;
            for (int b = 0; b < SEQUENCES && j <= i; b++)
                induction +=
                    handbuilt_induction_pattern(&model, tokens + b * CONTEXT, i, j) / SEQUENCES;
            near("previous", out[0][i * T + j],
                 j <= i ? handbuilt_previous_pattern(&model, i, j) : 0.0);
            near("induction", out[1][i * T + j], induction);
        }
    ind_pattern_mean_release(&mean);
    handbuilt_release(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(previous_token_head),
        cmocka_unit_test(soft_previous_token_head),
        cmocka_unit_test(induction_head),
        cmocka_unit_test(idle_heads_score_chance),
        cmocka_unit_test(mean_patterns_are_the_closed_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
