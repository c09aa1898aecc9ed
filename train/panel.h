/*
 * The live panel of --live: every head's prev-token and induction score as bars, redrawn a few
 * times a second above the progress line. Heads are seen forming while they form.
 *
 * Scores are those of induct-score (DEFINITIONS, section 5) on a few evaluation sequences of the
 * middle trained period. The cursor is never hidden and no mode of the terminal is changed: there
 * is nothing to restore, however the program ends.
 */
#ifndef INDUCT_TRAIN_PANEL_H
#define INDUCT_TRAIN_PANEL_H

#include <stdbool.h>

#include <induct/recipe/recipe.h>
#include <induct/score/score.h>

/* Owner. */
struct panel {
    bool on;
    int heads, layers, period;
    int lines, shown; /* drawn above the cursor's line, and how many of them are heads */
    double drawn;     /* when, monotonic seconds */
    int32_t *tokens;  /* [sequences, context] */
    double *scores;   /* [layers * heads, 2] */
    char *text;       /* one frame */
    struct ind_score_choices choices;
    struct ind_scorer scorer;
};

/* Nothing is shown, and nothing allocated, unless `wanted`. */
IND_CHECKED int panel_init(struct panel *panel, const struct ind_recipe *recipe, bool wanted,
                           struct ind_error *err);
void panel_release(struct panel *panel);

/* Width of the terminal on stderr; that of a wide one if there is none. */
int panel_columns(void);

/* Draws if it is time to, or `now`. The cursor is left at the start of the line below. */
void panel_update(struct panel *panel, const struct ind_params *params, long epoch, bool now);

#endif
