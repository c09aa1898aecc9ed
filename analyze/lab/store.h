/*
 * The runs that a lab shows, and the threads that measure their checkpoints.
 *
 * A run may grow while it is looked at. Checkpoints are measured coarse to fine (every 64th, every
 * 32nd, ...), so that the whole of a long run is soon seen in outline, but the newest first while
 * there is one. All that changes is behind one mutex; a record, once it is there, does not change.
 */
#ifndef INDUCT_ANALYZE_LAB_STORE_H
#define INDUCT_ANALYZE_LAB_STORE_H

#include <pthread.h>
#include <stdbool.h>

#include <induct/tool/tool.h>

#include "plan.h"

enum checkpoint_state { CHECKPOINT_WAITS, CHECKPOINT_TAKEN, CHECKPOINT_READY, CHECKPOINT_BROKEN };

struct checkpoint {
    long epoch;
    enum checkpoint_state state;
    struct record record;
};

struct lab_run {
    struct plan plan;
    struct checkpoint *checkpoints; /* [count], ascending */
    int count, ready, broken;
};

/* What happened since it was last asked: for the pages that look on. */
struct news {
    struct {
        int run;
        long epoch;
        bool measured; /* else: it appeared */
    } * items;
    size_t count, room;
    bool shrunk; /* checkpoints went away: whoever looks on must begin anew */
};

/* Owner. Not to be moved once threads run. */
struct store {
    const struct ind_tool *tool;
    struct lab_run *runs;
    int run_count;
    pthread_mutex_t mutex;
    pthread_cond_t work; /* there may be something to measure, or the end has come */
    pthread_t *threads;
    int thread_count;
    bool ending, newest_first, strict; /* strict: a broken checkpoint is the end of it */
    struct ind_error error;            /* the first broken checkpoint's */
    struct news news;
};

/* Opens every run; each must hold a checkpoint. */
IND_CHECKED int store_open(struct store *store, const struct ind_tool *tool, char *const *paths,
                           int count, const struct choices *choices, struct ind_error *err);
void store_close(struct store *store); /* ends the threads */

/* Threads that measure until the store is closed, at the given niceness. */
IND_CHECKED int store_start(struct store *store, int niceness, struct ind_error *err);

/* Looks at the folders again. A folder that cannot be read is no error: it is looked at later. */
void store_refresh(struct store *store);

/* Sums over all runs. */
struct store_progress {
    int count, ready, broken;
};
struct store_progress store_progress(struct store *store);

/* Takes the news; released by the caller with free(news.items). */
struct news store_news(struct store *store);

#endif
