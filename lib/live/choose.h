/* Which heads are shown. Private to lib/live. */
#ifndef INDUCT_LIB_LIVE_CHOOSE_H
#define INDUCT_LIB_LIVE_CHOOSE_H

#include <induct/live/history.h>

/* `count` of the heads into heads: all in their order, or where there are more those with the first
 * roles over the first `shown` points, in turn an induction head and a previous-token head. */
IND_CHECKED int live_choose(const struct ind_live_history *history, int shown, int count,
                            int *heads, struct ind_error *err);

#endif
