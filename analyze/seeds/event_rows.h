/* What events.c puts together: rows of one kind of event, or of two. */
#ifndef INDUCT_ANALYZE_SEEDS_EVENT_ROWS_H
#define INDUCT_ANALYZE_SEEDS_EVENT_ROWS_H

#include "happenings.h"
#include "means.h"

/* One kind in one arm: its seeds, ascending. */
struct kind {
    const struct happening *items;
    int count;
};

/* Two kinds seed by seed: their order, and the difference in epochs (the other's less this one's)
 * where both have happened, with sign flips. An event that has happened where the other has not, by
 * the end of the run, is counted apart (only, only_other). */
IND_CHECKED int order_take(struct maker *maker, struct kind one, struct kind other,
                           struct ind_error *err);

/* Fills `word` of rows of order_take that have their p_holm: does the event lead the other? */
void order_judge(struct found *found);

/* One kind in two arms, paired by seed: in how many it has happened, sign flips of that, and by how
 * much later than in the other arm where it has in both. */
IND_CHECKED int delays_take(struct maker *maker, struct kind arm, struct kind against,
                            struct ind_error *err);

#endif
