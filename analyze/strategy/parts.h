/* What the parts of induct-strategy share. */
#ifndef INDUCT_ANALYZE_STRATEGY_PARTS_H
#define INDUCT_ANALYZE_STRATEGY_PARTS_H

#include <induct/eval/margin.h>
#include <induct/tool/analysis.h>

struct strategy_settings {
    bool conflict;
    struct ind_ints trained; /* none = the run's own */
};

/* The trained periods: as told, else the run's; refuses where nobody knows them. */
IND_CHECKED int strategy_trained(const struct ind_study *study, struct ind_trained *trained,
                                 struct ind_error *err);

extern const struct ind_analysis strategy_conflict;

#endif
