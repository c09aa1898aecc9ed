/*
 * Folders that are watched for files that appear or go, as a trainer's checkpoints do. Files take
 * their names by rename: whole when they appear.
 */
#ifndef INDUCT_TOOL_WATCH_H
#define INDUCT_TOOL_WATCH_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Owner. */
struct ind_watch {
    int system;    /* ind_system_watch(); -1: there is none, and folders are listed now and then */
    double listed; /* when ind_watch_due() was last true, monotonic seconds */
};

void ind_watch_open(struct ind_watch *watch);
void ind_watch_close(struct ind_watch *watch);

/* A folder more. One that cannot be watched (it is not there yet; there are no watches left) makes
 * all of them be listed now and then. */
void ind_watch_add(struct ind_watch *watch, const char *folder);

/* Is it worth while to list the folders? True soon after a file appeared; and every few seconds
 * in any case, since network file systems tell nothing. */
bool ind_watch_due(struct ind_watch *watch);

#ifdef __cplusplus
}
#endif
#endif
