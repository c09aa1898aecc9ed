/*
 * The pattern that positions alone would give a head.
 */
#ifndef SCORE_ENGINE_POSITIONAL_H
#define SCORE_ENGINE_POSITIONAL_H

#include <stdbool.h>

#include <induct/model/params.h>

/* Does the model have a position table whose effect on a pattern can be told apart? (Not without a
 * table, not through LayerNorm.) */
bool ind_has_position_pattern(const struct ind_config *config);

/* pattern [length, length] = softmax(pos QK pos^T / scale), causal, zeros above the diagonal, of one
 * head; q and k are scratch of [length, d_head]. Biases take no part. */
void ind_position_pattern(const struct ind_params *params, int layer, int head, int length,
                          float *q, float *k, float *pattern);

#endif
