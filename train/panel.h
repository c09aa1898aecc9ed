/*
 * The live view of --live: induct/live, of the weights as they are trained, over the progress line.
 */
#ifndef INDUCT_TRAIN_PANEL_H
#define INDUCT_TRAIN_PANEL_H

#include <stdbool.h>

#include <induct/live/live.h>
#include <induct/tool/screen.h>
#include <induct/tool/tool.h>

/* Owner. Not to be moved. */
struct panel {
    bool on; /* it is to be shown; the screen is taken when there is something to show */
    struct ind_live live;
    struct ind_screen screen;
    const struct ind_tool *tool;
    char *name;   /* of the run */
    long last;    /* epoch */
    double drawn; /* when, monotonic seconds */
};

/* Nothing is shown, and nothing allocated, unless `wanted`. `run` is its folder. */
IND_CHECKED int panel_init(struct panel *panel, const struct ind_recipe *recipe, const char *run,
                           bool wanted, const struct ind_tool *tool, struct ind_error *err);
void panel_release(struct panel *panel);

/* Draws if it is time to, or `now`, and leaves the last line to the progress. Without memory the
 * view ends with a warning: the training goes on. */
void panel_update(struct panel *panel, const struct ind_params *params, long epoch, bool now);

/* The terminal is as it was, with the last picture under what was there. */
void panel_end(struct panel *panel);

#endif
