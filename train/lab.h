/*
 * The lab beside a training: induct-lab as a process of its own, which follows the run by its
 * files. The trainer knows no more of it than when to begin and to end it.
 */
#ifndef INDUCT_TRAIN_LAB_H
#define INDUCT_TRAIN_LAB_H

#include <stdbool.h>

#include <induct/tool/child.h>
#include <induct/tool/tool.h>

/* Starts it; where it cannot be started, says so and training goes on without. */
void lab_begin(struct ind_child *lab, const char *run, const struct ind_tool *tool);

/* After a training that came to its end (`done`) the page stays until Ctrl-C; otherwise it ends
 * with the training. Harmless on one that was never begun. */
void lab_end(struct ind_child *lab, bool done, const struct ind_tool *tool);

#endif
