/*
 * A picture of a run's history for a terminal, or any other stream, of a given size:
 *
 *     2L-varied-seed67  epoch 2,600 of 20,000                                            following
 *           prev-token (chance 0.05)             induction, period 24 (chance 0.03)
 *      L0H0 ·········▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁ 0.12   ······························ 0.02
 *      ...
 *      L1H1 ····························· 0.03   ·············▁▂▄▆▇▇▇▇▇▇▇▇▇▇▇▇▇ 0.83
 *           accuracy
 *      24   ················▁▃▅▆▇▇▇▇▇▇▇▇▇ 0.94   10 ·············▁▁▁▂▂▃▃▃▃▃▃▃▃▃ 0.35
 *     epoch 1,900: period 24 passes one half
 *
 * A sparkline is the whole history, from its first epoch at the left to the present one at the
 * right: blocks are what a value is above its chance, on the way from chance to 1; a dot is chance
 * or less. Where there are more heads than lines, those are shown that play a part (role/role.h):
 * the strongest induction head so far, the strongest previous-token head, the next of either.
 * Accuracies and events take lines from a picture as it has them to give: at 20 x 5 there is the
 * epoch and three heads.
 */
#ifndef INDUCT_LIVE_FRAME_H
#define INDUCT_LIVE_FRAME_H

#include <stdio.h>

#include <induct/live/history.h>
#include <induct/tool/screen.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ind_live_frame {
    int rows, columns; /* lines are at most rows, and at most columns - 1 characters long: what
                          stands in the last one makes some terminals begin a line */
    bool colour, utf8;
    const char *name;  /* of the run */
    long last;         /* the epoch that it is to reach; below 0 = not known */
    int shown;         /* points of the history, 1..history->count; 0 = none yet */
    const char *state; /* "paused", right in the first line; NULL = nothing */
    const char *foot;  /* the last line; NULL = none is kept free for it */
};

/* Writes the lines, each ended by '\n'; colours are the only control sequences in them. */
IND_CHECKED int ind_live_draw(const struct ind_live_history *history,
                              const struct ind_live_frame *frame, FILE *out, struct ind_error *err);

/* The same as a string (free) for a terminal, of whose kind and size the frame then is; NULL without
 * memory, which err says. */
char *ind_live_picture(const struct ind_live_history *history, struct ind_live_frame frame,
                       const struct ind_terminal *terminal, struct ind_error *err);

/* One line for what cannot be redrawn: the epoch, the strongest heads now, the accuracies. */
void ind_live_line(const struct ind_live_history *history, int point, FILE *out);

#ifdef __cplusplus
}
#endif
#endif
