/*
 * Value-weighted attention (score/pattern.h).
 */
#ifndef INDUCT_LIB_SCORE_ENGINE_VALUE_WEIGHT_H
#define INDUCT_LIB_SCORE_ENGINE_VALUE_WEIGHT_H

#include <induct/model/forward.h>

/* The patterns of a layer whose attention has just run, all heads and sequences, in place. `sizes`
 * [length]: scratch. */
void ind_value_weight(const struct ind_params *params, int layer, struct ind_cache *cache,
                      double *sizes);

#endif
