#include "panel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <induct/live/frame.h>
#include <induct/tool/progress.h>

/* Measuring takes a fraction of a step: four times a second it is not felt. What was seen stays in
 * memory, of long trainings a part. */
enum { POINTS_MOST = 8192 };
static const double DRAW_EVERY = 0.25; /* seconds */

int panel_init(struct panel *panel, const struct ind_recipe *recipe, const char *run, bool wanted,
               const struct ind_tool *tool, struct ind_error *err)
{
    const char *slash = strrchr(run, '/');
    *panel = (struct panel){.tool = tool, .last = recipe->epochs};
    if (!wanted)
        return IND_OK;
    panel->name = strdup(slash && slash[1] ? slash + 1 : run);
    if (!panel->name)
        return ind_fail(err, "out of memory");
    if (ind_live_init(&panel->live, recipe, err))
        return IND_FAILED;
    panel->on = true;
    return IND_OK;
}

void panel_release(struct panel *panel)
{
    panel_end(panel);
    ind_live_release(&panel->live);
    free(panel->name);
    *panel = (struct panel){0};
}

static char *picture(const struct panel *panel, bool at_end, struct ind_error *err)
{
    const struct ind_terminal terminal = ind_terminal_of(STDERR_FILENO);
    const struct ind_live_frame frame = {.name = panel->name,
                                         .last = panel->last,
                                         .shown = panel->live.history.count,
                                         .foot = at_end ? NULL : ""};
    return ind_live_picture(&panel->live.history, frame, &terminal, err);
}

static int look(struct panel *panel, const struct ind_params *params, long epoch,
                struct ind_error *err)
{
    struct ind_live_history *history = &panel->live.history;
    if (history->count > 0 && history->epochs[history->count - 1] >= epoch)
        return IND_OK;
    ind_live_history_thin(history, POINTS_MOST);
    return ind_live_look(&panel->live, params, epoch, err);
}

void panel_update(struct panel *panel, const struct ind_params *params, long epoch, bool now)
{
    struct ind_error err;
    const double time = ind_seconds();
    if (!panel->on || (!now && time - panel->drawn < DRAW_EVERY))
        return;
    if (!panel->screen.on && !ind_screen_open(&panel->screen, STDERR_FILENO, false)) {
        panel->on = false;
        return;
    }
    char *text = look(panel, params, epoch, &err) ? NULL : picture(panel, false, &err);
    if (text) {
        ind_screen_draw(&panel->screen, text);
        panel->drawn = time;
    } else {
        panel_end(panel);
        ind_tool_warn(panel->tool, "the live view ends: %s", err.text);
    }
    free(text);
}

void panel_end(struct panel *panel)
{
    struct ind_error ignored;
    if (!panel->on)
        return;
    char *text = panel->live.history.count > 0 ? picture(panel, true, &ignored) : NULL;
    ind_screen_close(&panel->screen, text);
    panel->on = false;
    free(text);
}
