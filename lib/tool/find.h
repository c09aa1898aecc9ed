/* Which run a program works on when none is named. */
#ifndef INDUCT_LIB_TOOL_FIND_H
#define INDUCT_LIB_TOOL_FIND_H

#include <induct/base/error.h>

/*
 * The first of: $INDUCT_RUN, the current directory if it is a run, ckpts/ if it is one, the newest
 * run among the folders of runs/. *run: the path, freed by the caller; *why: how it was found, a
 * static string. The newest is the one whose config.json (or, lacking that, whose folder) was
 * written last: drawing figures into an old run's folder does not make it new.
 */
IND_CHECKED int ind_run_find(char **run, const char **why, struct ind_error *err);

#endif
