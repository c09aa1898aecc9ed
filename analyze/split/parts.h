/* What the tables of induct-split share. */
#ifndef INDUCT_ANALYZE_SPLIT_PARTS_H
#define INDUCT_ANALYZE_SPLIT_PARTS_H

#include <induct/model/pass.h>
#include <induct/patch/split.h>
#include <induct/tool/analysis.h>

struct settings {
    const char *drop;
    bool sources, bump;
    struct ind_ints offsets; /* that count as trained; none = the trained periods minus one */
};

/* Refuses, before anything else, models that have no split (pass.c). */
IND_CHECKED int split_check(const struct ind_study *study, struct ind_error *err);

/* Sequences of a full pass (model/pass.h), and one thread's cache for it; keep: model/forward.h. */
int split_full(const struct ind_study *study);
IND_CHECKED int split_cache_init(struct ind_cache *cache, const struct ind_study *study,
                                 unsigned keep, struct ind_error *err);

/* The next pass over the study's sequences: run through the model as far as the attention of the
 * last of its heads. Returns their tokens; NULL when all have been. */
const int32_t *split_pass(const struct ind_study *study, const struct ind_params *params,
                          struct ind_pass *pass, struct ind_cache *cache);

/* The tables: means by offset and the bump (offsets.c), sources.c, drop.c. */
extern const struct ind_analysis split_by_offset, split_bump, split_by_source, split_dropped;

#endif
