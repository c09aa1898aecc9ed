/*
 * What is known of a run is in its folder, and nowhere else:
 *
 *     lock                   held by whoever trains (induct/run/run.h)
 *     config.json, metrics.tsv, epoch-*, resume.safetensors     how far it is
 *     sweep.log              what training and steps said; locked by the task that is at it
 *     sweep.recipe           by what recipe the sweep made it
 *     sweep.then             steps that are done: a hash a line
 *     sweep.failed           why the last attempt failed: one line; not there unless it did
 *     tables/                for the steps to write into
 */
#ifndef INDUCT_ANALYZE_SWEEP_FOLDER_H
#define INDUCT_ANALYZE_SWEEP_FOLDER_H

#include <sys/types.h>

#include "plan.h"

enum standing { TO_DO, RUNNING, FAILED, DONE };

/* "to_do", "running", "failed", "done" */
const char *standing_name(enum standing standing);

struct look {
    enum standing standing;
    long epoch;   /* of the last logged row; -1: there is none */
    bool begun;   /* there is a config.json */
    bool trained; /* to its last epoch */
    int steps;    /* that are still to do */
    bool waits;   /* its parent has not come to the epoch that it branches from */
    bool unknown; /* it could not be looked at, for `reason`: nothing else here means anything */
    char reason[400]; /* of a failure, or what a run that is to do waits for; "" */
};

/* Looks at the folder of a run. Whatever cannot be read is reported as a failure of the run's. */
void folder_look(const struct entry *entry, struct look *look);

/* Is the run in this folder, if there is one, the one that is meant? A folder that the sweep did
 * not name itself may hold another. `*marked` (may be NULL): it has a sweep.recipe. */
IND_CHECKED int folder_check(const struct entry *entry, bool *marked, struct ind_error *err);

/* FOLDER/NAME: freed with free(), NULL without memory. */
char *folder_file(const char *folder, const char *name);

/* The end of an open file, at most room - 1 bytes and a zero byte; how many, or -1 and errno. */
ssize_t folder_read_tail(int file, char *tail, size_t room);

/* 16 hexadecimal digits that stand for a step. */
void step_mark(const char *step, size_t length, char mark[17]);

/* Is this step done? One that cannot be told is not "not done": a step is not taken twice. */
IND_CHECKED int folder_step_done(const char *folder, const char *step, size_t length, bool *done,
                                 struct ind_error *err);

#endif
