/*
 * The "mul" measure of TransformerLens's detect_head, for --compat tl-detect: see
 * IND_COMPAT_TL_DETECT in induct/score/score.h.
 */
#ifndef INDUCT_LIB_SCORE_ENGINE_DETECT_H
#define INDUCT_LIB_SCORE_ENGINE_DETECT_H

#include <induct/score/score.h>

enum ind_detect_mask { IND_DETECT_PREV_TOKEN, IND_DETECT_DUPLICATE, IND_DETECT_INDUCTION };

/* Attention inside the mask over all attention. */
double ind_score_detect(const struct ind_score_input *input, enum ind_detect_mask mask);

#endif
