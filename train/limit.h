/*
 * The time that a session may take: what --time-limit says from its start, and until which moment
 * the batch system's allocation lasts ($SLURM_JOB_END_TIME, seconds since 1970), whichever is over
 * first. To be saved in time, training ends two of its slowest turns before, and ten seconds before
 * an allocation's end, which takes the whole job; with less than that to come, at once.
 */
#ifndef INDUCT_TRAIN_LIMIT_H
#define INDUCT_TRAIN_LIMIT_H

#include <stdbool.h>

#include <induct/tool/tool.h>

struct limit {
    double end;     /* on ind_seconds()'s clock, perhaps over; INFINITY = none */
    double turn;    /* when the present turn began; 0 = none did */
    double slowest; /* of the turns so far, in seconds */
};

/* `seconds` = 0 for none. Warns of a $SLURM_JOB_END_TIME that is no time to come, and is then
 * without it. */
struct limit limit_start(double seconds, const struct ind_tool *tool);

/* To be asked once a turn. */
bool limit_is_near(struct limit *limit);

#endif
