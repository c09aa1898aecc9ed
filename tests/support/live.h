/* Histories of runs that are watched, without a point yet. */
#ifndef INDUCT_TESTS_SUPPORT_LIVE_H
#define INDUCT_TESTS_SUPPORT_LIVE_H

#include <induct/live/history.h>

/* The default recipe with so many layers and heads; chances .05 and .03. Owner. */
struct ind_live_history history_of(int layers, int heads);

#endif
