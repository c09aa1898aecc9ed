/*
 * Checkpoints that are half on disk under their name: what a power cut can leave of a run that was
 * not trained with --durable. They are noticed when the run is resumed, and written again.
 */
#ifndef INDUCT_TRAIN_MEND_H
#define INDUCT_TRAIN_MEND_H

#include "session.h"

/*
 * Reads every checkpoint of the run (and of its average), whose state the trainer holds. Each that
 * cannot be read is named (--quiet or not) and made again: from the state, if it is of that epoch,
 * else by training from the latest earlier one that was kept, or from the run's first. Checkpoints
 * met on the way must have the bytes that are trained. *moved tells that the trainer no longer
 * holds the run's state. Fails, saying what to do, if a checkpoint cannot be made again to the bit.
 */
IND_CHECKED int mend_checkpoints(struct session *session, const struct ind_tool *tool, bool *moved,
                                 struct ind_error *err);

#endif
