/* Lines and columns are given out in the order of what matters most. */
#include "live/plan.h"

#include <stdio.h>
#include <string.h>

/* A number takes 4; a sparkline shorter than 3 says nothing, one longer than 64 no more. */
enum { NUMBER = 4, SPARK_MIN = 3, SPARK_MAX = 64, EVENTS_MOST = 6, HEADS_FIRST = 4 };

static int longest_name(const struct ind_live_history *history)
{
    int longest = snprintf(NULL, 0, "L%dH%d", history->layers - 1, history->heads - 1);
    for (int p = 0; p < history->period_count; p++) {
        const int length = snprintf(NULL, 0, "%d", history->periods[p]);
        longest = length > longest ? length : longest;
    }
    return longest;
}

/* Of what two cells leave: a sparkline has a blank beside its number. */
static int spark_of(int width, int taken)
{
    const int spark = (width - taken - 2 * (NUMBER + 1)) / 2;
    return spark < SPARK_MIN ? 0 : spark > SPARK_MAX ? SPARK_MAX : spark;
}

static void give_columns(struct plan *plan, const struct ind_live_history *history, int columns)
{
    plan->width = columns > 2 ? columns - 1 : 1;
    plan->name = longest_name(history);
    plan->spark = spark_of(plan->width, plan->name + 4);
    plan->cell = plan->spark ? plan->spark + 1 + NUMBER : NUMBER;
    plan->spark_accuracy = spark_of(plan->width, 2 * (plan->name + 2) + 2);
}

static int count_events(struct plan *plan, const struct ind_live_history *history, int shown)
{
    char text[400];
    int lines = 0;
    plan->known_events = ind_live_events_known(history, history->epochs[shown - 1]);
    for (int first = 0; first < plan->known_events; lines++)
        first = ind_live_event_text(history, first, plan->known_events, text, sizeof text);
    return lines;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* A line is kept for an event before there is one, so that the picture does not jump. */
static void give_lines(struct plan *plan, const struct ind_live_history *history, int lines)
{
    const int accuracies = 1 + (history->period_count + 1) / 2;
    plan->heading = lines >= 5;
    lines -= plan->heading;
    const int event = lines >= 5;
    lines -= event;
    plan->accuracies = lines - least(plan->all_heads, HEADS_FIRST) >= accuracies;
    lines -= plan->accuracies ? accuracies : 0;
    plan->heads = least(plan->all_heads, lines > 0 ? lines : 0);
    lines -= plan->heads;
    plan->events = least(plan->all_events, least(EVENTS_MOST, event + (lines > 0 ? lines : 0)));
}

struct plan live_plan(const struct ind_live_history *history, const struct ind_live_frame *frame)
{
    struct plan plan = {.all_heads = history->layers * history->heads};
    give_columns(&plan, history, frame->columns);
    plan.heads = plan.all_heads;
    if (frame->shown > 0) {
        plan.all_events = count_events(&plan, history, frame->shown);
        give_lines(&plan, history, frame->rows - 1 - (frame->foot != NULL));
    }
    return plan;
}
