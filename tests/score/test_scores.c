/* Every score on patterns whose value is known in closed form: perfect heads, the uniform pattern,
 * and random patterns against the definition written out as a mask. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/score/score.h>

enum { T = 79, N = 20 };

static const struct ind_score *find(const char *name)
{
    for (int i = 0; ind_score_registry[i]; i++)
        if (strcmp(ind_score_registry[i]->name, name) == 0)
            return ind_score_registry[i];
    fail_msg("no score named %s", name);
    return NULL;
}

static double value_of(const char *name, const float *pattern, int length, int period, int argument,
                       enum ind_score_compat compat)
{
    struct ind_score_input input = {.pattern = pattern,
                                    .length = length,
                                    .period = period,
                                    .argument = argument,
                                    .compat = compat};
    return find(name)->value(&input);
}

/* Every row i looks `offset` back; rows that cannot look at column `rest` (or themselves, -1). */
static void perfect_head(float pattern[T * T], int offset, int from, int rest)
{
    memset(pattern, 0, sizeof(float) * T * T);
    for (int i = 0; i < T; i++)
        pattern[i * T + (i >= from ? i - offset : rest >= 0 ? rest : i)] = 1.0F;
}

static void near(double found, double expected)
{
    if (!(fabs(found - expected) < 1e-6))
        fail_msg("%.9g instead of %.9g", found, expected);
}

static void perfect_heads_score_one(void **state)
{
    (void)state;
    static float a[T * T];
    perfect_head(a, 1, 1, -1);
    near(value_of("prev_token", a, T, N, 0, IND_COMPAT_NONE), 1.0);
    near(value_of("self", a, T, N, 0, IND_COMPAT_NONE), 0.0);
    near(value_of("first", a, T, N, 0, IND_COMPAT_NONE), 1.0 / 78.0);
    near(value_of("entropy", a, T, N, 0, IND_COMPAT_NONE), 0.0);
    near(value_of("fixed_offset", a, T, N, 1, IND_COMPAT_NONE), 1.0);
    near(value_of("fixed_offset", a, T, N, 2, IND_COMPAT_NONE), 0.0);
    near(value_of("positional_prev_token", a, T, N, 0, IND_COMPAT_NONE), 1.0);

    perfect_head(a, 0, 0, 0);
    near(value_of("self", a, T, N, 0, IND_COMPAT_NONE), 1.0);
    near(value_of("prev_token", a, T, N, 0, IND_COMPAT_NONE), 0.0);
    near(value_of("fixed_offset", a, T, N, 0, IND_COMPAT_NONE), 1.0);

    perfect_head(a, 0, T, 0);
    near(value_of("first", a, T, N, 0, IND_COMPAT_NONE), 1.0);

    perfect_head(a, N, N, -1);
    near(value_of("duplicate", a, T, N, 0, IND_COMPAT_NONE), 1.0);
    near(value_of("induction", a, T, N, 0, IND_COMPAT_NONE), 0.0);

    perfect_head(a, N - 1, N, -1);
    near(value_of("induction", a, T, N, 0, IND_COMPAT_NONE), 1.0);
    near(value_of("prefix_match", a, T, N, 0, IND_COMPAT_NONE), 1.0);
    near(value_of("duplicate", a, T, N, 0, IND_COMPAT_NONE), 0.0);
    near(value_of("copy_index", a, T, N, 0, IND_COMPAT_NONE), 1.0);
    near(value_of("lag", a, T, N, 1, IND_COMPAT_NONE), 1.0);
    near(value_of("lag", a, T, N, 2, IND_COMPAT_NONE), 0.0);
    near(value_of("anti_induction", a, T, N, 0, IND_COMPAT_NONE), 0.0);
    /* The diagonal of the demos has one row more, which an induction head has no reason to fill. */
    near(value_of("induction", a, T, N, 0, IND_COMPAT_TL_DEMO), 20.0 / 21.0);
}

/* Looks at the copy before the last one, where there is one, else ahead of the last one. */
static void other_copies_and_places_are_told_apart(void **state)
{
    (void)state;
    static float a[T * T];
    perfect_head(a, 2 * N - 1, 2 * N, -1);
    near(value_of("lag", a, T, N, 2, IND_COMPAT_NONE), 1.0);
    near(value_of("lag", a, T, N, 1, IND_COMPAT_NONE), 0.0);
    near(value_of("copy_index", a, T, N, 0, IND_COMPAT_NONE), 39.0 / 59.0);
    perfect_head(a, N + 1, N + 1, -1);
    near(value_of("anti_induction", a, T, N, 0, IND_COMPAT_NONE), 1.0);
    near(value_of("copy_index", a, T, N, 0, IND_COMPAT_NONE), 0.0);
    /* weak, but strongest */
    for (int i = 0; i < T; i++)
        for (int j = 0; j <= i; j++)
            a[i * T + j] = (j == i - N + 1 ? 1.1F : 1.0F) / ((float)i + 1.1F);
    near(value_of("copy_index", a, T, N, 0, IND_COMPAT_NONE), 1.0);
}

static void prefix_match_counts_every_copy(void **state)
{
    (void)state;
    static float a[T * T];
    memset(a, 0, sizeof a);
    for (int i = 0; i < T; i++) {
        int copies = i / N; /* sources i-kn+1 >= 1 */
        for (int k = 1; k <= copies; k++)
            a[i * T + i - k * N + 1] = 1.0F / (float)copies;
        if (copies == 0)
            a[i * T] = 1.0F;
    }
    near(value_of("prefix_match", a, T, N, 0, IND_COMPAT_NONE), 1.0);
    near(value_of("induction", a, T, N, 0, IND_COMPAT_NONE), 1.0);
    near(value_of("fixed_offset", a, T, N, N - 1, IND_COMPAT_NONE),
         (1.0 + 20 * 1.0 + 20 * 0.5 + 19 / 3.0) / 60.0);

    /* Column 0 follows nothing: row n-1+kn looking at it earns nothing. */
    perfect_head(a, 0, T, 0);
    near(value_of("prefix_match", a, T, N, 0, IND_COMPAT_NONE), 0.0);
}

/* Mean of 1/(i+1), i = first..last. */
static double harmonic(int first, int last)
{
    double sum = 0.0;
    for (int i = first; i <= last; i++)
        sum += 1.0 / (i + 1);
    return sum / (last - first + 1);
}

static double baseline(const char *list, int length, int period, enum ind_score_compat compat)
{
    struct ind_score_choices choices;
    assert_int_equal(ind_score_choices_init(&choices, list, NULL), IND_OK);
    assert_int_equal(choices.count, 1);
    double value;
    assert_int_equal(ind_score_baseline(&choices.items[0], length, period, 0, compat, &value, NULL),
                     IND_OK);
    ind_score_choices_release(&choices);
    return value;
}

static void baselines_have_closed_forms(void **state)
{
    (void)state;
    near(baseline("prev_token", T, N, IND_COMPAT_NONE), harmonic(1, T - 1));
    near(baseline("positional_prev_token", T, N, IND_COMPAT_NONE), harmonic(1, T - 1));
    near(baseline("self", T, N, IND_COMPAT_NONE), harmonic(1, T - 1));
    near(baseline("first", T, N, IND_COMPAT_NONE), harmonic(1, T - 1));
    near(baseline("duplicate", T, N, IND_COMPAT_NONE), harmonic(N, T - 1));
    near(baseline("induction", T, N, IND_COMPAT_NONE), harmonic(N, 2 * N - 1));
    near(baseline("induction", T, N, IND_COMPAT_TL_DEMO), harmonic(N - 1, 2 * N - 1));
    near(baseline("induction", 30, N, IND_COMPAT_NONE), harmonic(N, 29));
    near(baseline("entropy", T, N, IND_COMPAT_NONE), 1.0);
    near(baseline("fixed_offset(7)", T, N, IND_COMPAT_NONE), harmonic(7, T - 1));
    double sum = 0.0;
    for (int i = N; i < T; i++) {
        int copies = i / N;
        sum += copies / (i + 1.0);
    }
    near(baseline("prefix_match", T, N, IND_COMPAT_NONE), sum / (T - N));
    near(baseline("copy_index", T, N, IND_COMPAT_NONE), sum / (T - N));
    near(baseline("anti_induction", T, N, IND_COMPAT_NONE), harmonic(N + 1, 2 * N - 1));
    near(baseline("lag(1)", T, N, IND_COMPAT_NONE), harmonic(N, T - 1));
    near(baseline("lag(2)", T, N, IND_COMPAT_NONE), harmonic(2 * N, T - 1));
    assert_true(isnan(baseline("lag(0)", T, N, IND_COMPAT_NONE)));
    near(baseline("prev_token", T, N, IND_COMPAT_TL_DETECT), harmonic(1, T - 1) * (T - 1) / T);
}

/* Where tokens are looked at, uniform attention finds accidental repeats too: over many random
 * sequences its mean is the baseline. */
static void baselines_know_accidental_repeats(void **state)
{
    (void)state;
    enum { VOCAB = 30, SEQUENCES = 4000, PERIOD = 12, LENGTH = 29 };
    static float a[LENGTH * LENGTH];
    static int32_t tokens[SEQUENCES * (LENGTH + 1)];
    static const struct {
        const char *name;
        enum ind_score_compat compat;
    } cases[] = {{"duplicate", IND_COMPAT_TL_DETECT},
                 {"induction", IND_COMPAT_TL_DETECT},
                 {"copy_index", IND_COMPAT_NONE}};
    for (int i = 0; i < LENGTH; i++)
        for (int j = 0; j <= i; j++)
            a[i * LENGTH + j] = 1.0F / (float)(i + 1);
    ind_task_eval(VOCAB, LENGTH + 1, 1, PERIOD, 0, SEQUENCES, tokens);
    for (int c = 0; c < 3; c++) {
        struct ind_score_choices choices;
        double mean = 0.0;
        assert_int_equal(ind_score_choices_init(&choices, cases[c].name, NULL), IND_OK);
        for (int s = 0; s < SEQUENCES; s++) {
            const struct ind_score_input input = {.pattern = a,
                                                  .tokens = tokens + s * (LENGTH + 1),
                                                  .length = LENGTH,
                                                  .period = PERIOD,
                                                  .compat = cases[c].compat};
            mean += find(cases[c].name)->value(&input) / SEQUENCES;
        }
        double chance, without;
        assert_int_equal(ind_score_baseline(&choices.items[0], LENGTH, PERIOD, VOCAB,
                                            cases[c].compat, &chance, NULL),
                         IND_OK);
        assert_int_equal(ind_score_baseline(&choices.items[0], LENGTH, PERIOD, 0, cases[c].compat,
                                            &without, NULL),
                         IND_OK);
        assert_true(fabs(mean / chance - 1.0) < 0.01);
        assert_true(chance > 1.1 * without);
        ind_score_choices_release(&choices);
    }
}

static void a_pattern_of_nan_is_nan(void **state)
{
    (void)state;
    static const char *const any[] = {"prev_token",   "self",    "duplicate", "induction",
                                      "prefix_match", "entropy", "first"};
    static float a[T * T];
    for (int i = 0; i < T * T; i++)
        a[i] = NAN;
    for (int i = 0; i < 7; i++)
        assert_true(isnan(value_of(any[i], a, T, N, 0, IND_COMPAT_NONE)));
}

static void no_rows_is_nan(void **state)
{
    (void)state;
    static const char *const of_period[] = {"duplicate", "induction", "prefix_match"};
    for (int i = 0; i < 3; i++) {
        assert_true(isnan(baseline(of_period[i], T, T, IND_COMPAT_NONE)));
        assert_false(isnan(baseline(of_period[i], T, T - 1, IND_COMPAT_NONE)));
    }
    assert_true(isnan(baseline("fixed_offset(79)", T, N, IND_COMPAT_NONE)));
    static const char *const any[] = {"prev_token", "self", "first", "entropy"};
    for (int i = 0; i < 4; i++)
        assert_true(isnan(baseline(any[i], 1, 1, IND_COMPAT_NONE)));
}

static uint32_t noise(uint32_t *state)
{
    return *state = *state * 1664525U + 1013904223U;
}

static void random_pattern(float a[T * T], uint32_t seed)
{
    memset(a, 0, sizeof(float) * T * T);
    for (int i = 0; i < T; i++) {
        double sum = 0.0;
        for (int j = 0; j <= i; j++)
            sum += (double)(a[i * T + j] = (float)(noise(&seed) >> 8));
        for (int j = 0; j <= i; j++)
            a[i * T + j] = (float)((double)a[i * T + j] / sum);
    }
}

static void random_patterns_follow_the_definitions(void **state)
{
    (void)state;
    static float a[T * T];
    for (int n = 5; n < 45; n += 13) {
        double prev = 0, self = 0, dup = 0, ind = 0, demo = 0, prefix = 0, first = 0, entropy = 0;
        random_pattern(a, (uint32_t)n);
        for (int i = 0; i < T; i++) {
            double h = 0.0;
            for (int j = 0; j <= i; j++) {
                double v = (double)a[i * T + j];
                int back = i - j;
                prev += back == 1 ? v / (T - 1) : 0.0;
                self += back == 0 && i > 0 ? v / (T - 1) : 0.0;
                first += j == 0 && i > 0 ? v / (T - 1) : 0.0;
                dup += back == n ? v / (T - n) : 0.0;
                ind += back == n - 1 && i >= n && i < 2 * n && i < T
                           ? v / ((2 * n < T ? 2 * n : T) - n)
                           : 0.0;
                demo += back == n - 1 && i < 2 * n ? v / ((2 * n < T ? 2 * n : T) - n + 1) : 0.0;
                prefix += i >= n && j >= 1 && (back + 1) % n == 0 ? v / (T - n) : 0.0;
                h -= v * log(v);
            }
            entropy += i > 0 ? h / log(i + 1.0) / (T - 1) : 0.0;
        }
        near(value_of("prev_token", a, T, n, 0, IND_COMPAT_NONE), prev);
        near(value_of("self", a, T, n, 0, IND_COMPAT_NONE), self);
        near(value_of("first", a, T, n, 0, IND_COMPAT_NONE), first);
        near(value_of("duplicate", a, T, n, 0, IND_COMPAT_NONE), dup);
        near(value_of("induction", a, T, n, 0, IND_COMPAT_NONE), ind);
        near(value_of("induction", a, T, n, 0, IND_COMPAT_TL_DEMO), demo);
        near(value_of("prefix_match", a, T, n, 0, IND_COMPAT_NONE), prefix);
        near(value_of("entropy", a, T, n, 0, IND_COMPAT_NONE), entropy);
    }
}

/* TransformerLens's masks as its own code makes them: the matrix of equal tokens without its
 * diagonal, lower triangle; for induction rolled one column to the right, first column emptied. */
static void detect_masks(const int32_t *tokens, int length, int *duplicate, int *induction)
{
    for (int i = 0; i < length; i++)
        for (int j = 0; j < length; j++)
            duplicate[i * length + j] = j < i && tokens[i] == tokens[j];
    for (int i = 0; i < length; i++)
        for (int j = 0; j < length; j++)
            induction[i * length + j] = j > 0 && j <= i && duplicate[i * length + j - 1];
}

static void detect_looks_at_tokens(void **state)
{
    (void)state;
    static float a[T * T];
    static int duplicate[T * T], induction[T * T];
    int32_t tokens[T];
    uint32_t seed = 3;
    for (int i = 0; i < T; i++) /* few tokens: many repeats within a period */
        tokens[i] = i < N ? (int32_t)(1 + (noise(&seed) >> 8) % 9) : tokens[i - N];
    random_pattern(a, 5);
    detect_masks(tokens, T, duplicate, induction);
    double sums[3] = {0}, all = 0.0;
    for (int i = 0; i < T; i++)
        for (int j = 0; j < T; j++) {
            double v = (double)a[i * T + j];
            all += v;
            sums[0] += i - j == 1 ? v : 0.0;
            sums[1] += duplicate[i * T + j] * v;
            sums[2] += induction[i * T + j] * v;
        }
    static const char *const names[3] = {"prev_token", "duplicate", "induction"};
    struct ind_score_input input = {
        .pattern = a, .tokens = tokens, .length = T, .period = N, .compat = IND_COMPAT_TL_DETECT};
    for (int i = 0; i < 3; i++)
        near(find(names[i])->value(&input), sums[i] / all);
}

static void detect_gives_a_perfect_head_one_half(void **state)
{
    (void)state;
    static float a[T * T];
    enum { LENGTH = 2 * N };
    for (int i = 0; i < LENGTH; i++)
        a[i * LENGTH + (i >= N ? i - N + 1 : i)] = 1.0F;
    near(value_of("induction", a, LENGTH, N, 0, IND_COMPAT_TL_DETECT), 0.5);
    near(value_of("induction", a, LENGTH, N, 0, IND_COMPAT_NONE), 1.0);
}

/* ---- Choosing -------------------------------------------------------------------------------- */

static void columns_are(const char *list, const char *expected)
{
    struct ind_score_choices choices;
    struct ind_error err;
    char found[400] = "";
    if (ind_score_choices_init(&choices, list, &err))
        fail_msg("%s", err.text);
    size_t used = 0;
    for (int i = 0; i < choices.count; i++)
        used += (size_t)snprintf(found + used, sizeof found - used, "%s%s", i ? " " : "",
                                 choices.items[i].column);
    assert_true(used < sizeof found);
    assert_string_equal(found, expected);
    ind_score_choices_release(&choices);
}

static void scores_are_chosen_by_name(void **state)
{
    (void)state;
    columns_are(NULL, "prev_token self duplicate induction prefix_match entropy first");
    columns_are("all", "prev_token self duplicate induction prefix_match entropy first "
                       "positional_prev_token copy_index anti_induction participation");
    columns_are("induction", "induction");
    columns_are("induction,prev_token,induction", "induction prev_token");
    columns_are("fixed_offset(0:20:10),self,fixed_offset(3)",
                "fixed_offset_0 fixed_offset_10 fixed_offset_20 self fixed_offset_3");
}

static void wrong_choices_say_why(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        {"inductoin", "unknown score 'inductoin': there are prev_token, self, duplicate, "
                      "induction, prefix_match, entropy, first, fixed_offset(N), "
                      "positional_prev_token, copy_index, anti_induction, lag(N)"},
        {"", "unknown score ''"},
        {"self,", "unknown score ''"},
        {"self(3)", "score 'self' takes no argument"},
        {"fixed_offset", "score 'fixed_offset' needs an argument: fixed_offset(3), or a range "
                         "fixed_offset(0:40)"},
        {"fixed_offset()", "score 'fixed_offset()': the argument is a number or a range"},
        {"fixed_offset(3", "score 'fixed_offset(3': the argument"},
        {"fixed_offset(", "score 'fixed_offset(': the argument"},
        {"fixed_offset(-1)", "score 'fixed_offset(-1)': the argument"},
        {"fixed_offset(5:2)", "score 'fixed_offset(5:2)': the argument"},
        {"fixed_offset(1:9:0)", "score 'fixed_offset(1:9:0)': the argument"},
        {"fixed_offset(1,2)", "score 'fixed_offset(1,2)': the argument"},
        {"fixed_offset(99999999999999999999)", "score 'fixed_offset(99999999999999999999)'"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct ind_score_choices choices;
        struct ind_error err;
        assert_int_equal(ind_score_choices_init(&choices, wrong[i][0], &err), IND_FAILED);
        if (strncmp(err.text, wrong[i][1], strlen(wrong[i][1])) != 0)
            fail_msg("'%s' said: %s", wrong[i][0], err.text);
        assert_null(choices.items);
    }
}

static void every_score_is_documented(void **state)
{
    (void)state;
    for (int i = 0; ind_score_registry[i]; i++) {
        const struct ind_score *score = ind_score_registry[i];
        assert_true((score->value != NULL) != (score->of_output != NULL));
        assert_true(strlen(score->name) > 0 && strlen(score->name) < 32);
        assert_true(strlen(score->formula) > 10 && strlen(score->description) > 10);
        if (i > 0)
            assert_true(strcmp(ind_score_registry[i - 1]->name, score->name) < 0);
        for (int j = 0; j < i; j++)
            assert_int_not_equal(ind_score_registry[j]->order, score->order);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(perfect_heads_score_one),
        cmocka_unit_test(other_copies_and_places_are_told_apart),
        cmocka_unit_test(prefix_match_counts_every_copy),
        cmocka_unit_test(baselines_have_closed_forms),
        cmocka_unit_test(baselines_know_accidental_repeats),
        cmocka_unit_test(a_pattern_of_nan_is_nan),
        cmocka_unit_test(no_rows_is_nan),
        cmocka_unit_test(random_patterns_follow_the_definitions),
        cmocka_unit_test(detect_looks_at_tokens),
        cmocka_unit_test(detect_gives_a_perfect_head_one_half),
        cmocka_unit_test(scores_are_chosen_by_name),
        cmocka_unit_test(wrong_choices_say_why),
        cmocka_unit_test(every_score_is_documented),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
