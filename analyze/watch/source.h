/*
 * The checkpoints of a run that may still be on its way: not there yet, growing, taken back when a
 * killed training is resumed, made anew under the same name.
 */
#ifndef INDUCT_ANALYZE_WATCH_SOURCE_H
#define INDUCT_ANALYZE_WATCH_SOURCE_H

#include <induct/run/series.h>
#include <induct/tool/tool.h>
#include <induct/tool/watch.h>

/* Owner. */
struct source {
    struct ind_tool *tool;
    struct ind_watch watch;
    struct ind_series series; /* if `there` */
    struct ind_params params; /* of its layout: the checkpoint read last */
    bool there;               /* the run has checkpoints */
    bool looked, watched;     /* listed once; its folder is watched */
    bool alive;               /* it was not there, was being trained, or has changed since */
    int *wanted, count;       /* indices of the checkpoints that --epochs selects */
    char *model;              /* configuration, for telling another run from the same one */
    int failures;             /* in a row, of opening it */
};

/* What a look has found. */
enum source_news { SOURCE_SAME, SOURCE_CHANGED, SOURCE_ANOTHER };

void source_init(struct source *source, struct ind_tool *tool);
void source_release(struct source *source);

/* Looks whether there is something new, if it is time to. SOURCE_ANOTHER is a run of another model,
 * or none after there was one. A run that cannot be opened is an error, unless it could be before:
 * then it may be about to change, and has a few looks more. */
IND_CHECKED int source_look(struct source *source, enum source_news *news, struct ind_error *err);

/* Is nothing more to come: has the run all the checkpoints that it is to have, or has nobody been
 * seen to train it? */
bool source_is_whole(const struct source *source);

/* The epoch of a checkpoint wanted. */
long source_epoch(const struct source *source, int place);

#endif
