/* What the checkpoints of one model have in common, made once for all of them. Private to
 * lib/run. */
#ifndef INDUCT_LIB_RUN_CHECKPOINT_FORM_H
#define INDUCT_LIB_RUN_CHECKPOINT_FORM_H

#include <induct/model/params.h>

#include "format/form.h"

/* Released with ind_st_form_release(). */
IND_CHECKED int ind_checkpoint_form_init(struct ind_st_form *form, const struct ind_params *weights,
                                         struct ind_error *err);

/* ind_checkpoint_write(), of weights in the layout that the form was made for. */
IND_CHECKED int ind_checkpoint_form_write(const struct ind_st_form *form, const char *folder,
                                          const struct ind_params *weights, long epoch,
                                          bool durable, struct ind_error *err);

#endif
