/*
 * What scores of a head's output rest on: sums over z, and its covariance.
 */
#ifndef INDUCT_LIB_SCORE_ENGINE_OUTPUTS_H
#define INDUCT_LIB_SCORE_ENGINE_OUTPUTS_H

#include <induct/score/score.h>

/* Doubles that one head needs: the sum of z, that of z z^T, and room for the covariance and
 * W_O W_O^T. */
size_t ind_score_output_room(int d_head);

/* sums += z of a layer's heads at rows i >= period of the cache's sequences; `sums` is of the
 * layer's first head. */
void ind_score_output_add(const struct ind_cache *cache, int layer, int period, double *sums);

/* Of one head, from its sums over so many rows; views into `sums`. */
struct ind_score_output ind_score_output_of(const struct ind_params *params, struct ind_head head,
                                            double rows, double *sums);

#endif
