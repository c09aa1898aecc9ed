/*
 * A window of a run trained again, for checkpoints that it did not save: from the latest state that
 * it kept before the window (its seed at epoch 0), by its own recipe, hence with its own bytes.
 */
#ifndef INDUCT_TRAIN_AGAIN_H
#define INDUCT_TRAIN_AGAIN_H

#include "session.h"

/*
 * Adds the checkpoints of settings->window to the run settings->again. Every checkpoint that is
 * there already and is passed on the way must be equal to what is trained again; the first that is
 * not (other vector instructions, another version) ends it with an error. Interrupted, it leaves
 * whole checkpoints, and goes on when called again.
 */
IND_CHECKED int train_again(struct session *session, const struct settings *settings,
                            const struct ind_tool *tool, struct ind_error *err);

#endif
