/*
 * Going back in a run: to a state that it had, to train on from there what is wanted again.
 */
#ifndef INDUCT_TRAIN_BACK_H
#define INDUCT_TRAIN_BACK_H

#include "session.h"

/* Sets the trainer to the run's latest state at or before `epoch` that can be read: one that was
 * kept or the run's first, which is its parent's state if it is a branch, else its seed's weights.
 * A trainer that stands between that state and `epoch` already is left alone, unless `anew`. */
IND_CHECKED int back_to(struct session *session, long epoch, bool anew, struct ind_error *err);

/* Fails unless the checkpoint PATH holds `weights` to the bit; it is read into `room`. */
IND_CHECKED int back_compare(const char *path, const struct ind_params *weights,
                             struct ind_params *room, struct ind_error *err);

#endif
