/* What a frame of a given size has room for. Private to lib/live. */
#ifndef INDUCT_LIB_LIVE_PLAN_H
#define INDUCT_LIB_LIVE_PLAN_H

#include <induct/live/frame.h>

struct plan {
    int width;          /* characters of a line */
    int name;           /* of the longest name of a head or period */
    int cell;           /* of a sparkline and its number */
    int spark;          /* of the sparkline; 0 = there is none */
    int spark_accuracy; /* the same of accuracies, two in a line with their names */
    bool heading;
    int heads, all_heads; /* lines of heads; heads that there are */
    bool accuracies;
    int events, all_events; /* lines of events; as many as there would be */
    int known_events;
};

struct plan live_plan(const struct ind_live_history *history, const struct ind_live_frame *frame);

#endif
