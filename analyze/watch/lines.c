#include <stdio.h>
#include <unistd.h>

#include <induct/base/file.h>
#include <induct/live/frame.h>
#include <induct/tool/progress.h>
#include <induct/tool/stop.h>

#include "show.h"

/* Seconds between two looks at the folder. */
static const double PAUSE = 0.1;

static void put_events(const struct player *player, int *told, FILE *out)
{
    const struct ind_live_history *history = &player->live.history;
    char text[1024];
    while (*told < history->event_count) {
        *told = ind_live_event_text(history, *told, history->event_count, text, sizeof text);
        fprintf(out, "%s\n", text);
    }
}

/* All that there is to be shown now. */
static int put_pending(struct player *player, int *told, struct ind_error *err)
{
    FILE *out = player->source.tool->stream;
    while (player_pending(player) > 0 && !ind_stop_signal()) {
        const int before = player->live.history.count;
        const bool gone = player->source.looked;
        if (player_step(player, err))
            return IND_FAILED;
        if (player->live.history.count > before) {
            ind_live_line(&player->live.history, before, out);
            put_events(player, told, out);
        }
        if (fflush(out) != 0)
            return ind_fail_errno(err, "cannot write");
        if (gone && !player->source.looked)
            return IND_OK;
    }
    return IND_OK;
}

static void say_back(const struct player *player, int *told)
{
    char number[32];
    FILE *out = player->source.tool->stream;
    if (player->back < -1)
        return;
    if (player->back < 0)
        fputs("the run begins again\n", out);
    else
        fprintf(out, "the run goes on from epoch %s again\n",
                ind_with_commas(player->back, number));
    *told = player->on ? player->live.history.event_count : 0;
}

static void rest(void)
{
    usleep((useconds_t)(PAUSE * 1e6));
}

int show_lines(struct player *player, struct ind_error *err)
{
    struct ind_tool *tool = player->source.tool;
    bool changed, waiting = false;
    int told = 0;
    while (!ind_stop_signal()) {
        if (player_refresh(player, &changed, err))
            return IND_FAILED;
        say_back(player, &told);
        if (fflush(tool->stream) != 0)
            return ind_fail_errno(err, "cannot write");
        if (player->source.there && put_pending(player, &told, err))
            return IND_FAILED;
        if (source_is_whole(&player->source) && player_pending(player) == 0)
            return IND_OK;
        if (!player->source.there && !waiting)
            ind_tool_warn(tool, "%s has no checkpoint yet: waiting", tool->run);
        waiting |= !player->source.there;
        rest();
    }
    return IND_OK;
}
