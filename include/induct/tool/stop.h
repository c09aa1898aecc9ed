/*
 * Being asked to stop.
 *
 * The first SIGINT, SIGTERM or SIGHUP (a terminal that goes away) sets a flag, which long work looks
 * at between steps to finish cleanly. Work that has not ended within 0.9 s, whatever it waits for,
 * is ended by the handler: so is any by a second signal. Either way the temporary files of
 * base/file.h are removed, and the status is 130, 143 or 129. SIGQUIT ends at once and leaves a core
 * where one is wanted, but no temporary file. The flag, the list of those files and the terminal
 * that a live view has changed (tool/screen.h) are the project's global mutable state: a signal
 * handler has nowhere else to look.
 *
 * A program that can go on later from where it is may be asked to make room by SIGUSR1 and SIGUSR2,
 * as batch systems and their launchers do before the time is up: it saves, takes the time that
 * needs, and ends with status 75 (EX_TEMPFAIL): to be started again.
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

/* SIGINT, SIGTERM, SIGHUP and SIGQUIT. */
void ind_stop_install(void);

/* SIGUSR1 and SIGUSR2 too, which otherwise end a process. */
void ind_stop_install_requeue(void);

/* As if SIGUSR1 had come: the time is up. */
void ind_stop_request_requeue(void);

/* What was asked to be interrupted is done: there is nothing to be started again for. */
void ind_stop_withdraw_requeue(void);

/* Called once more before the process is ended from a signal handler: what puts a terminal back as
 * it was (tool/screen.h). Async-signal-safe; NULL = nothing. */
void ind_stop_restore_with(void (*restore)(void));

/* 0, or the signal's number. */
int ind_stop_signal(void);

/* What a process asked to stop ends with: 0 if none was, 75 after SIGUSR1 and SIGUSR2, else 128 +
 * the signal's number. */
int ind_stop_status(void);

#ifdef __cplusplus
}
#endif
#endif
