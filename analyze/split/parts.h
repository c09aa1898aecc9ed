/* What the tables of induct-split share. */
#ifndef INDUCT_ANALYZE_SPLIT_PARTS_H
#define INDUCT_ANALYZE_SPLIT_PARTS_H

#include <induct/patch/split.h>
#include <induct/tool/analysis.h>

struct settings {
    const char *drop;
    bool sources, bump;
    struct ind_ints offsets; /* that count as trained; none = the trained periods minus one */
};

/* Sequences of one pass through the model. */
enum { SPLIT_BATCH = 8 };

/* Refuses, before anything else, models that have no split (pass.c). */
int split_check(const struct ind_study *study, struct ind_error *err);

/* One thread's cache for split_pass. */
int split_cache_init(struct ind_cache *cache, const struct ind_study *study, struct ind_error *err);

/* Tokens of the study's sequences from `first` on that fit a batch: run through the model as far as
 * the attention of the last of its heads. cache->batch says how many they are. */
const int32_t *split_pass(const struct ind_study *study, const struct ind_params *params, int first,
                          struct ind_cache *cache);

/* The tables: means by offset and the bump (offsets.c), sources.c, drop.c. */
extern const struct ind_analysis split_by_offset, split_bump, split_by_source, split_dropped;

#endif
