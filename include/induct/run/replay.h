/*
 * The interventions of a recipe as a pass reads them: what stands in a model's parameters at an
 * epoch (model/patch.h). The trainer and every reader of a series ask here, so that a model is
 * analysed under what it was trained under.
 */
#ifndef INDUCT_RUN_REPLAY_H
#define INDUCT_RUN_REPLAY_H

#include <induct/base/error.h>
#include <induct/model/params.h>
#include <induct/recipe/recipe.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Epochs first..last, throughout which the same interventions are active. */
struct ind_replay_phase {
    long first, last;
    struct ind_regime standing;
};

/* Owner; read-only once made, shared by threads. */
struct ind_replay {
    struct ind_replay_phase *phases; /* [phase_count]: ascending; epochs of none are not listed */
    int phase_count;
    struct ind_patch *patches; /* of all phases, one after another */
    int patch_count;
    float *previous, *uniform; /* [context, context]: the patterns of clamps */
    struct ind_layout layout;  /* of the donors */
    struct ind_params *donors; /* [recipe->model.donors] */
    int donor_count;
};

/* The recipe must have passed ind_recipe_check(). Reads the donors' checkpoints: fails if one is
 * not there, is another kind of model, or was itself trained under interventions at that epoch. */
IND_CHECKED int ind_replay_init(struct ind_replay *replay, const struct ind_recipe *recipe,
                                struct ind_error *err);
void ind_replay_release(struct ind_replay *replay);

/* For ind_params.standing; NULL at an epoch at which none is active. Good until the release. */
const struct ind_regime *ind_replay_at(const struct ind_replay *replay, long epoch);

/* One line of what is replayed, "clamp L0H2=prev@20000:45000; forbid pp" (free); *text is NULL
 * where there is nothing. Fails only for want of memory. */
IND_CHECKED int ind_replay_text(const struct ind_recipe *recipe, char **text,
                                struct ind_error *err);

#ifdef __cplusplus
}
#endif
#endif
