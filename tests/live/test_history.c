/* What a live view knows: events are induct-onset's crossings, and go when the run goes back. */
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/live/history.h>
#include <induct/onset/onset.h>
#include <induct/recipe/recipe.h>

#include "support/live.h"

static struct ind_error err;

/* Every curve the same function of the point, but for what the caller sets. */
static void add(struct ind_live_history *history, long epoch, double head, double accuracy)
{
    double *values = ind_live_history_next(history, &err);
    assert_non_null(values);
    for (int i = 0; i < history->width; i++)
        values[i] = i < history->width - history->period_count ? head : accuracy;
    assert_int_equal(ind_live_history_take(history, epoch, &err), IND_OK);
}

static void periods_of_the_recipe(void **state)
{
    (void)state;
    struct ind_live_history history = history_of(2, 4);
    const int expected[] = {24, 10, 15, 35, 40};
    assert_int_equal(history.period_count, 5);
    assert_memory_equal(history.periods, expected, sizeof expected);
    assert_int_equal(history.width, 2 * 8 + 5);
    struct ind_recipe tiny = ind_recipe_default();
    tiny.model.context = 9;
    tiny.model.vocab = 7;
    tiny.period_lo = tiny.period_hi = 3;
    ind_live_history_release(&history);
    ind_live_history_init(&history, &tiny); /* 10 and more do not fit */
    assert_int_equal(history.period_count, 1);
    assert_int_equal(history.periods[0], 3);
    assert_true(fabs(history.accuracy_chance - 1.0 / 6) < 1e-15);
}

/* Point by point the same as the whole curve gives, whatever it does. */
static void events_are_crossings(void **state)
{
    (void)state;
    enum { POINTS = 60, TRIALS = 200 };
    srand(1);
    for (int trial = 0; trial < TRIALS; trial++) {
        struct ind_live_history history = history_of(1, 1);
        double accuracy[POINTS], head[POINTS], fall[POINTS];
        for (int i = 0; i < POINTS; i++) {
            accuracy[i] = i % 17 == 5 ? (double)NAN : i / 60.0 + 0.8 * rand() / RAND_MAX - 0.4;
            head[i] = 0.2 * rand() / RAND_MAX;
            add(&history, 10 * i, head[i], accuracy[i]);
        }
        const int above = ind_onset_crossing(accuracy, POINTS, 0.5);
        ind_onset_fall(accuracy, POINTS, fall);
        const int falls = ind_onset_crossing(fall, POINTS, 0.2);
        const int previous = ind_onset_crossing(head, POINTS, 0.15);
        const int found[] = {previous, -2, above, falls};
        for (int what = 0; what < 4; what++) {
            int epoch = -1;
            for (int e = 0; e < history.event_count; e++)
                if ((int)history.events[e].what == what && history.events[e].of == 0) {
                    assert_int_equal(epoch, -1); /* once */
                    epoch = (int)history.events[e].epoch;
                    assert_int_equal(history.events[e].known, epoch + 20);
                }
            if (found[what] != -2)
                assert_int_equal(epoch, found[what] < 0 ? -1 : 10 * found[what]);
        }
        ind_live_history_release(&history);
    }
}

static void words(void **state)
{
    (void)state;
    struct ind_live_history history = history_of(1, 2);
    char text[256], number[32];
    for (int i = 0; i < 6; i++) /* previous token passes .15 at 2,130, accuracies at 2,230 */
        add(&history, 2030 + 100 * i, i < 1 ? 0.01 : 0.16, i < 2 ? 0.1 : 0.6);
    assert_int_equal(ind_live_event_text(&history, 0, history.event_count, text, sizeof text), 2);
    assert_string_equal(text,
                        "epoch 2,130: previous token of L0H0, L0H1 passes three times chance");
    assert_int_equal(ind_live_event_text(&history, 2, history.event_count, text, sizeof text), 4);
    assert_string_equal(text, "epoch 2,130: induction of L0H0, L0H1 passes three times chance");
    assert_int_equal(ind_live_event_text(&history, 4, history.event_count, text, sizeof text), 9);
    assert_string_equal(text, "epoch 2,230: periods 24, 10, 15, 35, 40 pass one half");
    assert_int_equal(ind_live_events_known(&history, 2329), 0);
    assert_int_equal(ind_live_events_known(&history, 2330), 4);
    assert_int_equal(ind_live_events_known(&history, 9999), 9);
    history.event_count = 5; /* one period alone */
    ind_live_event_text(&history, 4, 5, text, sizeof text);
    assert_string_equal(text, "epoch 2,230: period 24 passes one half");
    /* too little room for the words is no reason to go beyond it */
    memset(text, '#', sizeof text);
    ind_live_event_text(&history, 0, 2, text, 20);
    assert_int_equal(strlen(text), 19);
    assert_int_equal(text[20], '#');
    assert_string_equal(ind_with_commas(999, number), "999");
    assert_string_equal(ind_with_commas(1000, number), "1,000");
    assert_string_equal(ind_with_commas(999999999999, number), "999,999,999,999");
    assert_string_equal(ind_with_commas(-100, number), "-100");
    ind_live_history_release(&history);
}

static void goes_back_with_the_run(void **state)
{
    (void)state;
    struct ind_live_history history = history_of(1, 1);
    for (int i = 0; i < 10; i++)
        add(&history, i, 0.0, i < 4 ? 0.1 : 0.9);
    assert_int_equal(history.event_count, 5);
    assert_int_equal(history.events[0].epoch, 4);
    ind_live_history_cut(&history, 5); /* it was known at 6 */
    assert_int_equal(history.count, 6);
    assert_int_equal(history.event_count, 0);
    for (int i = 6; i < 9; i++) /* and is another this time */
        add(&history, i, 0.0, 0.9);
    assert_int_equal(history.event_count, 5);
    assert_int_equal(history.events[0].epoch, 4);
    ind_live_history_cut(&history, -1);
    assert_int_equal(history.count + history.event_count, 0);
    ind_live_history_release(&history);
}

static void thins_to_every_second(void **state)
{
    (void)state;
    struct ind_live_history history = history_of(1, 1);
    for (int i = 0; i < 9; i++)
        add(&history, 3 * i, i, i);
    ind_live_history_thin(&history, 9);
    assert_int_equal(history.count, 9);
    ind_live_history_thin(&history, 8);
    assert_int_equal(history.count, 5);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(history.epochs[i], 6 * i);
        assert_true(ind_live_score(&history, 0, 1)[i * history.width] == 2 * i);
        assert_true(ind_live_accuracy(&history, 4)[i * history.width] == 2 * i);
    }
    ind_live_history_thin(&history, 4); /* the last one stays */
    assert_int_equal(history.count, 3);
    assert_int_equal(history.epochs[2], 24);
    ind_live_history_release(&history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(periods_of_the_recipe),
        cmocka_unit_test(events_are_crossings),
        cmocka_unit_test(words),
        cmocka_unit_test(goes_back_with_the_run),
        cmocka_unit_test(thins_to_every_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
