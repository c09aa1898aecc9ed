/* What the tables of induct-split share. */
#ifndef INDUCT_ANALYZE_SPLIT_PARTS_H
#define INDUCT_ANALYZE_SPLIT_PARTS_H

#include <induct/patch/split.h>
#include <induct/tool/contrast.h>
#include <induct/tool/tool.h>
#include <induct/tool/walk.h>

struct split_settings {
    const char *heads, *drop;
    bool sources, bump, resamples_set;
    int period; /* 0 = chosen */
    struct ind_ints offsets;
    struct ind_contrast_choices choices;
};

/* What all workers share; read-only during the walk. */
struct split {
    struct ind_tool *tool;
    const struct ind_series *series;
    struct ind_heads heads;
    struct ind_contrast_choices *choices; /* sequences; for split_drop periods and resamples too */
    int period;                           /* for the others */
    int32_t *tokens;                      /* [sequences, context], of that period */
};

/* Sequences of one pass through the model. */
enum { SPLIT_BATCH = 8 };

int split_cache_init(struct ind_cache *cache, const struct split *split, struct ind_error *err);

/* Tokens of the sequences from `first` on that fit a batch: run through the model as far as the
 * attention of the last head listed. cache->batch says how many they are. */
const int32_t *split_pass(const struct split *split, const struct ind_params *params, int first,
                          struct ind_cache *cache);

/* The tables, each a walk over the series. offsets: the trained ones, "A:B", or none. */
int split_offsets(struct split *split, bool bump, const struct ind_ints *offsets);
int split_sources(struct split *split);
int split_drop(struct split *split, const char *terms);

#endif
