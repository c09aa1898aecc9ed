/* The picture at every size that a terminal may have, and what is measured for it. */
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/eval/accuracy.h>
#include <induct/live/frame.h>
#include <induct/live/live.h>

#include "support/live.h"

static struct ind_error err;

/* Head h's scores grow from the last head to the first; the accuracy of period p passes one half at
 * point 4 + p. */
static struct ind_live_history grown(int layers, int heads, int points)
{
    struct ind_live_history history = history_of(layers, heads);
    for (int i = 0; i < points; i++) {
        double *values = ind_live_history_next(&history, &err);
        assert_non_null(values);
        for (int h = 0; h < layers * heads; h++)
            for (int s = 0; s < 2; s++) /* of induction the last head is the strongest */
                values[2 * h + s] = 0.9 * (i + 1) / points *
                                    ((s ? h : layers * heads - 1 - h) + 1) / (layers * heads);
        for (int p = 0; p < history.period_count; p++)
            values[2 * layers * heads + p] = i < 4 + p ? 0.0 : 0.9;
        assert_int_equal(ind_live_history_take(&history, 100 * i, &err), IND_OK);
    }
    return history;
}

static char *drawn(const struct ind_live_history *history, struct ind_live_frame frame)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_int_equal(ind_live_draw(history, &frame, out, &err), IND_OK);
    fclose(out);
    return text;
}

/* Characters of a line without its colours. */
static int width_of(const char *line, size_t length)
{
    int width = 0;
    for (size_t i = 0; i < length; i++) {
        if (line[i] == '\033')
            while (line[i] != 'm')
                i++;
        else
            width += ((unsigned char)line[i] & 0xC0) != 0x80;
    }
    return width;
}

static void fits(const char *text, int rows, int columns)
{
    int lines = 0;
    for (const char *line = text; *line; lines++) {
        const size_t length = strcspn(line, "\n");
        if (width_of(line, length) >= columns)
            fail_msg("a line of %d characters in %d columns: %.*s", width_of(line, length), columns,
                     (int)length, line);
        line += length + 1;
    }
    if (lines > rows)
        fail_msg("%d lines in %d rows of %d columns", lines, rows, columns);
}

static void fits_any_terminal(void **state)
{
    (void)state;
    static const int shapes[][2] = {{1, 1}, {2, 4}, {3, 1}, {4, 8}, {12, 12}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        struct ind_live_history history = grown(shapes[s][0], shapes[s][1], 20);
        for (int rows = 1; rows <= 60; rows = rows < 16 ? rows + 1 : rows + 11) {
            for (int columns = 2; columns <= 200; columns += columns < 40 ? 1 + (int)s : 20) {
                for (int shown = 0; shown <= 20; shown += 10) {
                    struct ind_live_frame frame = {.rows = rows,
                                                   .columns = columns,
                                                   .colour = rows % 2 == 0,
                                                   .utf8 = columns % 2 == 0,
                                                   .name = "gr\xC3\xBC\xC3\x9F-seed7",
                                                   .last = 20000,
                                                   .shown = shown,
                                                   .state = "paused",
                                                   .foot = rows > 3 ? "keys" : NULL};
                    char *text = drawn(&history, frame);
                    fits(text, rows, columns);
                    assert_true(frame.colour || !strchr(text, '\033'));
                    for (const char *c = text; !frame.utf8 && *c; c++)
                        assert_true((unsigned char)*c < 0x80);
                    free(text);
                }
            }
        }
        ind_live_history_release(&history);
    }
}

static void a_small_terminal(void **state)
{
    (void)state;
    struct ind_live_history history = grown(4, 8, 20);
    const struct ind_live_frame frame = {
        .rows = 5, .columns = 20, .name = "run", .last = 2000, .shown = 20};
    char *text = drawn(&history, frame);
    /* the strongest induction head, the strongest previous-token head, in turn */
    assert_string_equal(text, "epoch 1,900\n"
                              " L3H7 0.03  0.90\n"
                              " L0H0 0.90  0.03\n"
                              " L3H6 0.06  0.87\n"
                              " L0H1 0.87  0.06\n");
    free(text);
    ind_live_history_release(&history);
}

/* ESC, C1 and what turns the direction of writing. */
static void a_name_is_text(void **state)
{
    (void)state;
    struct ind_live_history history = grown(2, 2, 20);
    const struct ind_live_frame frame = {.rows = 24,
                                         .columns = 64,
                                         .utf8 = true,
                                         .name = "a\033[31mb\xC2\x9B"
                                                 "c\xE2\x80\xAE"
                                                 "d\xC3\xBC",
                                         .last = 2000,
                                         .shown = 20};
    char *text = drawn(&history, frame);
    assert_ptr_equal(strstr(text, "a?[31mb?c?d\xC3\xBC  epoch"), text);
    free(text);
    ind_live_history_release(&history);
}

static void what_there_is_room_for(void **state)
{
    (void)state;
    struct ind_live_history history = grown(2, 2, 20);
    struct ind_live_frame frame = {
        .rows = 24, .columns = 64, .name = "run", .last = 2000, .shown = 20, .state = "following"};
    char *text = drawn(&history, frame);
    assert_int_equal(strcspn(text, "\n"), 63);
    assert_memory_equal(text, "run  epoch 1,900 of 2,000    ", 29);
    assert_memory_equal(text + 54, "following\n", 10);
    assert_non_null(strstr(text, "\n      prev-token (0.05)            induction (0.03)\n"));
    assert_non_null(strstr(text, " L0H0 .::---"));
    assert_non_null(strstr(text, "@ 0.90  ..:")); /* up to nine tenths, and chance */
    assert_non_null(strstr(text, "accuracy by period (chance 0.004)\n"));
    assert_non_null(strstr(text, " epoch 700: period 35 passes one half\n"));
    assert_non_null(strstr(text, " epoch 800: period 40 passes one half\n"));
    /* in order, when all fit */
    assert_true(strstr(text, "L0H1") < strstr(text, "L1H0"));
    free(text);
    frame.shown = 6; /* the first event is known at epoch 600 */
    text = drawn(&history, frame);
    assert_null(strstr(text, "passes one half"));
    assert_non_null(strstr(text, "epoch 500 of"));
    free(text);
    frame.rows = 12; /* no room for accuracies: one event, the latest */
    frame.shown = 20;
    text = drawn(&history, frame);
    assert_non_null(strstr(text, "epoch 800: period 40"));
    free(text);
    frame.shown = 0;
    text = drawn(&history, frame);
    assert_memory_equal(text, "run  epoch - of 2,000    ", 25);
    assert_string_equal(text + 54, "following\n");
    free(text);
    ind_live_history_release(&history);
}

/* The first epochs at the left, the present one at the right, blocks above chance, blanks for what
 * cannot be had. */
static void sparklines(void **state)
{
    (void)state;
    struct ind_recipe recipe = ind_recipe_default();
    struct ind_live_history history;
    recipe.model.layers = recipe.model.heads = 1;
    recipe.ood_count = 0;
    ind_live_history_init(&history, &recipe);
    history.chance[0] = history.chance[1] = 0.2;
    /* a quarter of the way at chance, then up; epochs are not evenly spaced */
    static const double curve[] = {0.2, 0.1, 0.2, 0.21, 0.61, 0.99, 1.0};
    static const long epochs[] = {0, 10, 20, 30, 60, 90, 120};
    for (int i = 0; i < 7; i++) {
        double *values = ind_live_history_next(&history, &err);
        values[0] = curve[i];
        values[1] = (double)NAN;
        values[2] = curve[i];
        assert_int_equal(ind_live_history_take(&history, epochs[i], &err), IND_OK);
    }
    const struct ind_live_frame frame = {
        .rows = 2, .columns = 43, .utf8 = true, .name = "r", .last = -1, .shown = 7};
    char *text = drawn(&history, frame);
    /* 12 columns of ten epochs: ends at 10, 20, ... 120 */
    assert_string_equal(text, "r  epoch 120\n"
                              " L0H0 \xC2\xB7\xC2\xB7\xE2\x96\x81\xE2\x96\x81\xE2\x96\x81"
                              "\xE2\x96\x85\xE2\x96\x85\xE2\x96\x85\xE2\x96\x88\xE2\x96\x88"
                              "\xE2\x96\x88\xE2\x96\x88 1.00                  -\n");
    free(text);
    ind_live_history_release(&history);
}

/* Measured as induct-score and induct-eval do, on sequences of training's own. */
static void values_are_those_of_the_programs(void **state)
{
    (void)state;
    struct ind_recipe recipe = ind_recipe_default();
    struct ind_layout layout;
    struct ind_params params;
    static struct ind_live live;
    assert_int_equal(ind_layout_init(&layout, &recipe.model, &err), IND_OK);
    assert_int_equal(ind_params_init(&params, &layout, &err), IND_OK);
    ind_params_randomise(&params, 3);
    assert_int_equal(ind_live_init(&live, &recipe, &err), IND_OK);
    assert_int_equal(ind_live_look(&live, &params, 7, &err), IND_OK);
    /* the same sequences, by hand */
    struct ind_eval_data data;
    struct ind_evaluator evaluator;
    struct ind_eval_count counts[IND_LIVE_SEQUENCES];
    for (int p = 0; p < live.history.period_count; p++) {
        const int period = live.history.periods[p];
        assert_int_equal(ind_eval_data_blank(&data, 80, period, IND_LIVE_SEQUENCES, &err), IND_OK);
        ind_task_eval(256, 80, 0, period, 1 << 25, IND_LIVE_SEQUENCES, data.tokens);
        ind_eval_data_mark(&data);
        assert_int_equal(ind_evaluator_init(&evaluator, &recipe.model, 79, &err), IND_OK);
        ind_evaluate(&evaluator, &params, &data, NULL, 0, counts);
        long right = 0;
        for (int s = 0; s < IND_LIVE_SEQUENCES; s++)
            right += counts[s].correct;
        assert_true(fabs(ind_live_accuracy(&live.history, p)[0] -
                         (double)right / (IND_LIVE_SEQUENCES * (79 - period))) < 1e-15);
        ind_evaluator_release(&evaluator);
        ind_eval_data_release(&data);
    }
    struct ind_score_choices choices;
    struct ind_scorer scorer;
    double scores[16];
    int32_t tokens[IND_LIVE_SEQUENCES * 80];
    ind_task_eval(256, 80, 0, 24, 1 << 25, IND_LIVE_SEQUENCES, tokens);
    assert_int_equal(ind_score_choices_init(&choices, "prev_token,induction", &err), IND_OK);
    assert_int_equal(ind_scorer_init(&scorer, &recipe.model, tokens, IND_LIVE_SEQUENCES, 24,
                                     IND_COMPAT_NONE, &err),
                     IND_OK);
    ind_scorer_run(&scorer, &params, &choices, scores);
    assert_memory_equal(live.history.values, scores, sizeof scores);
    assert_true(fabs(live.history.chance[0] - 0.0502) < 1e-3); /* mean of 1/(i+1), i = 1..78 */
    ind_scorer_release(&scorer);
    ind_score_choices_release(&choices);
    ind_live_release(&live);
    ind_params_release(&params);
    ind_layout_release(&layout);
}

static void nothing_to_look_at_is_refused(void **state)
{
    (void)state;
    static struct ind_live live;
    struct ind_recipe recipe = ind_recipe_default();
    recipe.model.vocab = 1;
    assert_int_equal(ind_live_init(&live, &recipe, &err), IND_FAILED);
    assert_non_null(strstr(err.text, "no repeated sequence"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fits_any_terminal),
        cmocka_unit_test(a_small_terminal),
        cmocka_unit_test(a_name_is_text),
        cmocka_unit_test(what_there_is_room_for),
        cmocka_unit_test(sparklines),
        cmocka_unit_test(values_are_those_of_the_programs),
        cmocka_unit_test(nothing_to_look_at_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
