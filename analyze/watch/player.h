/* What has been looked at of a run, checkpoint after checkpoint. */
#ifndef INDUCT_ANALYZE_WATCH_PLAYER_H
#define INDUCT_ANALYZE_WATCH_PLAYER_H

#include <induct/live/live.h>

#include "source.h"

/* Owner. Not to be moved. */
struct player {
    struct source source;
    struct ind_live live; /* if `on` */
    bool on;
    long *seen; /* [seen_count] epochs of the checkpoints looked at, those passed over among them */
    int seen_count;
    size_t room;
    struct ind_error *broken; /* [broken_count] what was passed over and is to be told */
    int broken_count;
    size_t broken_room;
    bool tells_later; /* a picture stands where it would be told */
    long back;        /* the epoch to which the run went back at the last look; -2 = it did not */
};

void player_init(struct player *player, struct ind_tool *tool);
void player_release(struct player *player);

/* Takes in what is new of the run. True in *changed if what was shown is no more what there is. */
IND_CHECKED int player_refresh(struct player *player, bool *changed, struct ind_error *err);

/* Looks at the next checkpoint, if there is one (player_pending). One that cannot be used is named
 * and passed over. */
IND_CHECKED int player_step(struct player *player, struct ind_error *err);
int player_pending(const struct player *player);

/* Says what was passed over, if that was put off. */
void player_tell(struct player *player);

#endif
