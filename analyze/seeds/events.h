/* Sorted events of seeds, as rows of induct-seeds. Rows' text is the happenings'. */
#ifndef INDUCT_ANALYZE_SEEDS_EVENTS_H
#define INDUCT_ANALYZE_SEEDS_EVENTS_H

#include "happenings.h"
#include "numbers.h"

/* In how many seeds and when, every seed's own (--each), pairs of events (--order) or differences
 * from an arm (--against), as the settings say. */
IND_CHECKED int events_take(struct found *found, const struct happenings *all,
                            const struct settings *settings, uint64_t seed, struct ind_error *err);

#endif
