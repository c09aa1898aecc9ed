/* The lab as a server: the page, its data, and what is new. */
#ifndef INDUCT_ANALYZE_LAB_LIVE_H
#define INDUCT_ANALYZE_LAB_LIVE_H

#include "store.h"

/* Serves until asked to stop, which is success. Prints the address on stdout. */
int live_serve(struct ind_tool *tool, struct store *store, const struct choices *choices);

#endif
