/* Threads of the program's own making. */
#ifndef INDUCT_BASE_THREAD_H
#define INDUCT_BASE_THREAD_H

#include <pthread.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Begins a thread, joined by pthread_join(), to which no signal goes that is meant for the
 * process: those are for the thread that looks after them. SIGPIPE and SIGXFSZ alone are for the
 * thread that wrote: blocked, they would turn a reader's going away, or a file's limit, into a
 * write error. Returns 0 or an errno. */
int ind_thread_start(pthread_t *thread, void *(*body)(void *argument), void *argument);

#ifdef __cplusplus
}
#endif
#endif
