/*
 * Interventions, as data: on single heads (patches), and those that belong to a model beside its
 * weights (standing ones), because it was trained with them.
 *
 * A forward pass applies the standing interventions of its parameters first, then the patches that
 * it is given, each kind in the order given: scores before pattern before z. A backward pass over
 * the same patches gives the gradient of what was computed: a head whose pattern is replaced has
 * none in its queries and keys, one whose z is replaced none in its values either.
 *
 * Attention stays causal: of [length, length] values only entries on and below the diagonal are
 * read.
 */
#ifndef INDUCT_MODEL_PATCH_H
#define INDUCT_MODEL_PATCH_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ind_patch_kind {
    IND_PATCH_Z,          /* z := value [length, d_head]; value NULL = zero ablation */
    IND_PATCH_PATTERN,    /* pattern := keep * pattern + (1 - keep) * value [length, length] (rows
                             must sum to one where that is meant); value NULL = zeros */
    IND_PATCH_SCORES_ADD, /* scores += value [length, length], before softmax, already divided by
                             the scale; -inf masks, and a row masked throughout gets a pattern of
                             zeros; value may not be NULL */
    IND_PATCH_DONOR       /* as PATTERN, with the pattern that the standing donor's head of the same
                             name has on the same tokens; standing interventions only */
};

struct ind_patch {
    enum ind_patch_kind kind;
    int layer, head;
    const float *value;
    size_t batch_stride; /* floats from one sequence's value to the next; 0 = the same for every
                            sequence */
    size_t row_stride;   /* floats from one row of value to the next; 0 = packed */
    float keep;          /* PATTERN, DONOR: 0..1, the part of the head's own pattern that stays */
    int donor;           /* DONOR: index into the standing donors */
};

struct ind_params;

/*
 * What a model is always run with. Read-only and shared; ind_params.standing points at it, so that
 * every pass over these weights is the model's own (run/replay.h makes it from a recipe). Its
 * patches have batch_stride 0.
 *
 * without_pp: the scores of every layer but the first lack their position-position term,
 *
 *   s_ij = (q_i . k_j - q_P,i . k_P,j) / scale,   q_P = x_P W_Q, k_P = x_P W_K
 *
 * where x_P is the position part of the residual stream, W_pos carried linearly through the earlier
 * heads under the patterns of the pass (DEFINITIONS, section 7: what induct-split calls pp). Asks
 * for config.position_part; only models without LayerNorm, with a table of positions added to the
 * residual stream, have one.
 *
 * donors: models of the same configuration, run over the same tokens without interventions as far
 * as DONOR patches ask. config.donors is their number.
 */
struct ind_regime {
    const struct ind_patch *patches; /* [patch_count] */
    int patch_count;
    bool without_pp;
    const struct ind_params *donors; /* [donor_count] */
    int donor_count;
};

/* Does a head say nothing under them (z := 0)? NULL standing: no. */
bool ind_standing_silences(const struct ind_regime *standing, int layer, int head);

#ifdef __cplusplus
}
#endif
#endif
