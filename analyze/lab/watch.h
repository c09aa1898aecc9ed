/* Folders that are watched for new files. */
#ifndef INDUCT_ANALYZE_LAB_WATCH_H
#define INDUCT_ANALYZE_LAB_WATCH_H

#include <stdbool.h>

#include "store.h"

/* Owner. */
struct watch {
    int system; /* ind_system_watch(); -1: there is none, and folders are listed now and then */
    double listed;
};

void watch_open(struct watch *watch, const struct store *store);
void watch_close(struct watch *watch);

/* Is it worth while to list the folders? True soon after a file appeared; and every few seconds
 * in any case, since network file systems tell nothing. */
bool watch_due(struct watch *watch);

#endif
