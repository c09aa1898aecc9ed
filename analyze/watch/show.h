/* The two ways in which a run is shown: as a picture on a terminal, and as lines to anything else. */
#ifndef INDUCT_ANALYZE_WATCH_SHOW_H
#define INDUCT_ANALYZE_WATCH_SHOW_H

#include "player.h"

struct show_settings {
    bool replay;  /* from the first checkpoint on, though it is still being trained */
    double speed; /* checkpoints a second */
};

/* Until the run is whole, or a signal asks to stop. */
IND_CHECKED int show_lines(struct player *player, struct ind_error *err);

/* Until q is pressed or a signal asks to stop; without a keyboard, until the run is whole. False in
 * *shown, and nothing is done, if standard output is no terminal. */
IND_CHECKED int show_picture(struct player *player, const struct show_settings *settings,
                             bool *shown, struct ind_error *err);

#endif
