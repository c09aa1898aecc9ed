/*
 * Means along a diagonal of a pattern: what most head scores are.
 */
#ifndef INDUCT_LIB_SCORE_ENGINE_DIAGONAL_H
#define INDUCT_LIB_SCORE_ENGINE_DIAGONAL_H

#include <induct/score/score.h>

/* Mean of A[i, i-offset] over i = first..last (last is cut at T-1). offset >= 0, first >= offset.
 * NaN if that leaves no row. */
double ind_score_diagonal(const struct ind_score_input *input, int offset, int first, int last);

#endif
