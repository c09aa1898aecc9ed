/*
 * A team of threads for short, frequent parallel sections, such as the three of every training
 * step.
 *
 * Why not OpenMP here: between two sections libgomp's threads spin for milliseconds, which is
 * longer than a whole step. On a machine that is shared with others each of them burns the
 * processor that the other one waits for, and two threads become several times slower than one.
 * This team spins for some tens of microseconds and then sleeps. (OMP_WAIT_POLICY would say the
 * same, but only the user's environment can set it.)
 *
 * Which thread does what never matters to a result: sections split work by index, not by thread.
 */
#ifndef INDUCT_BASE_TEAM_H
#define INDUCT_BASE_TEAM_H

#include <induct/base/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ind_team_work;

/* Owner. Used by one thread at a time. */
struct ind_team {
    int count;                  /* threads, the caller's own included */
    struct ind_team_work *work; /* private */
};

/* count >= 1; signals stay with the calling thread. Fails when the system grants no more
   threads. */
IND_CHECKED int ind_team_init(struct ind_team *team, int count, struct ind_error *err);
void ind_team_release(struct ind_team *team);

/* Calls section(context, worker) once for every worker 0..count-1, each on its own thread (0 on the
   caller's), and returns when all have returned: everything they wrote is visible then. */
void ind_team_run(struct ind_team *team, void (*section)(void *context, int worker), void *context);

#ifdef __cplusplus
}
#endif
#endif
