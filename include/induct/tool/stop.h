/*
 * Being asked to stop. The first SIGINT or SIGTERM sets a flag, which long work looks at between
 * steps to finish cleanly; the second one ends the process at once with 130 or 143. The flag is the
 * project's one piece of global mutable state: a signal handler has nowhere else to write.
 *
 * A signal that was ignored when the program started stays ignored, as nohup and a script's
 * background jobs ask for (`env --default-signal=INT PROGRAM &` undoes the latter). Interrupted
 * system calls are restarted.
 */
#ifndef INDUCT_TOOL_STOP_H
#define INDUCT_TOOL_STOP_H

#ifdef __cplusplus
extern "C" {
#endif

void ind_stop_install(void);

/* 0, or the signal's number. */
int ind_stop_signal(void);

#ifdef __cplusplus
}
#endif
#endif
