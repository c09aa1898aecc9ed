/* Kept states, state-EPOCH.safetensors. Private to lib/run. */
#ifndef INDUCT_LIB_RUN_KEPT_H
#define INDUCT_LIB_RUN_KEPT_H

#include <induct/base/error.h>

/* Freed with free; NULL only when memory ran out. */
char *ind_kept_path(const char *folder, long epoch);

/* Nothing can take the place of a state that has this flaw: what the user may do about it. Returns
 * IND_FAILED. */
IND_CHECKED int ind_kept_fail(const struct ind_error *flaw, struct ind_error *err);

#endif
