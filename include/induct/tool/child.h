/*
 * Programs run by a program: those of induct are found beside the one that runs, others on PATH.
 * What a child has to say on stderr stands there as its own; this module adds nothing when it
 * failed but the fact.
 *
 * A terminal's Ctrl-C reaches children by itself; a SIGTERM to the parent alone is handed on while
 * it waits.
 */
#ifndef INDUCT_TOOL_CHILD_H
#define INDUCT_TOOL_CHILD_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include <induct/base/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Owner of a process: ends in ind_child_wait (or in a poll that says it has ended). */
struct ind_child {
    const char *program; /* argv[0], borrowed */
    pid_t pid;           /* 0: none */
    FILE *output;        /* its stdout, if captured; closed by wait */
};

/* Starts argv (NULL-terminated; argv[0] is the program's name). With `capture` its stdout can be
 * read from child->output, otherwise it is the parent's stderr, so that results of the parent stay
 * alone on stdout. Fails if there is no such program. */
IND_CHECKED int ind_child_start(struct ind_child *child, char *const *argv, bool capture,
                                struct ind_error *err);

/* Waits for its end. Fails unless it exited with 0: "induct-score failed (exit status 1)". */
IND_CHECKED int ind_child_wait(struct ind_child *child, struct ind_error *err);

/* Has it ended? If so *status is what wait would have returned. Never waits. */
bool ind_child_ended(struct ind_child *child, int *status, struct ind_error *err);

#ifdef __cplusplus
}
#endif
#endif
