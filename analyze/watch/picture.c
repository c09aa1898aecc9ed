#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <induct/live/frame.h>
#include <induct/tool/progress.h>
#include <induct/tool/screen.h>
#include <induct/tool/stop.h>

#include "show.h"

/* Seconds: between two pictures at least, between two looks at keys and folder at most. */
static const double DRAW_EVERY = 0.04, PAUSE = 0.1, QUIET_AFTER = 10;
static const double SPEED_MIN = 0.0625, SPEED_MAX = 4096;

static const char KEYS[] = " space: pause  arrows: step  + -: speed  home end  q: quit";

struct show {
    struct player *player;
    struct ind_screen screen;
    char *name;
    int shown; /* points of the history in the picture */
    bool paused, following, quit;
    bool stale;         /* what is drawn is not what is to be shown */
    double speed;       /* checkpoints a second */
    double next;        /* when the next one is due */
    double drawn, news; /* when it was drawn, and the run had a new checkpoint: monotonic seconds */
};

/* ---- The picture ----------------------------------------------------------------------------- */

static bool is_at_end(const struct show *show)
{
    return player_pending(show->player) == 0 && show->shown == show->player->live.history.count;
}

static const char *state_of(const struct show *show, char text[64])
{
    const struct player *player = show->player;
    const double quiet = ind_seconds() - show->news;
    if (!player->source.there)
        return "waiting for a checkpoint";
    if (show->paused)
        return "paused";
    if (is_at_end(show) && source_is_whole(&player->source))
        return "end of the run";
    if (!show->following)
        snprintf(text, 64, "%.4g a second", show->speed);
    else if (quiet > QUIET_AFTER)
        snprintf(text, 64, "following, %.0f s without a checkpoint", quiet);
    else
        return "following";
    return text;
}

static char *picture(const struct show *show, bool at_end, struct ind_error *err)
{
    static const struct ind_live_history nothing;
    const struct player *player = show->player;
    const struct ind_terminal terminal = ind_terminal_of(STDOUT_FILENO);
    const struct ind_series *series = &player->source.series;
    const bool has_last = player->source.there && !series->imported;
    char state[64];
    const struct ind_live_frame frame = {
        .name = show->name,
        .last = has_last ? series->recipe.epochs : -1,
        .shown = show->shown,
        .state = at_end ? NULL : state_of(show, state),
        .foot = at_end || !show->screen.keys || terminal.rows < 8 ? NULL : KEYS};
    return ind_live_picture(player->on ? &player->live.history : &nothing, frame, &terminal, err);
}

static int draw(struct show *show, struct ind_error *err)
{
    char *text = picture(show, false, err);
    if (!text)
        return IND_FAILED;
    ind_screen_draw(&show->screen, text);
    free(text);
    show->drawn = ind_seconds();
    show->stale = false;
    return IND_OK;
}

/* ---- What is shown --------------------------------------------------------------------------- */

/* One checkpoint more, looked at now if it was not before. */
static int go_on(struct show *show, struct ind_error *err)
{
    struct player *player = show->player;
    if (show->shown == player->live.history.count && player_step(player, err))
        return IND_FAILED;
    if (show->shown < player->live.history.count) {
        show->shown++;
        show->stale = true;
    }
    return IND_OK;
}

static int refresh(struct show *show, struct ind_error *err)
{
    struct player *player = show->player;
    bool changed;
    if (player_refresh(player, &changed, err))
        return IND_FAILED;
    if (changed) {
        show->news = ind_seconds();
        show->stale = true;
    }
    const int count = player->on ? player->live.history.count : 0;
    show->shown = show->shown < count ? show->shown : count;
    return IND_OK;
}

/* Following shows all that there is; a replay a checkpoint whenever one is due, and has caught up
 * with a run that is still on its way when there is none left. */
static int advance(struct show *show, struct ind_error *err)
{
    const double now = ind_seconds();
    if (!show->player->source.there || show->paused)
        return IND_OK;
    if (is_at_end(show)) {
        show->following |= !source_is_whole(&show->player->source);
        return IND_OK;
    }
    if (!show->following && now < show->next)
        return IND_OK;
    show->next = show->next + 1 / show->speed > now ? show->next + 1 / show->speed : now;
    return go_on(show, err);
}

/* ---- Keys ------------------------------------------------------------------------------------ */

static int to_end(struct show *show, struct ind_error *err)
{
    while (!is_at_end(show) && !ind_stop_signal()) {
        if (go_on(show, err) || (ind_seconds() - show->drawn > PAUSE && draw(show, err)))
            return IND_FAILED;
        if (!show->player->source.looked && refresh(show, err))
            return IND_FAILED;
    }
    return IND_OK;
}

static void set_speed(struct show *show, double speed)
{
    show->speed = speed < SPEED_MIN ? SPEED_MIN : speed > SPEED_MAX ? SPEED_MAX : speed;
    show->following = false;
    show->next = 0;
}

/* At the end of a run that is whole there is nothing to go on to but its beginning. */
static void pause_or_go(struct show *show)
{
    if (!is_at_end(show) || !source_is_whole(&show->player->source)) {
        show->paused = !show->paused;
        return;
    }
    show->shown = show->shown > 0;
    show->paused = show->following = false;
}

static int obey(struct show *show, int key, struct ind_error *err)
{
    if (key == IND_KEY_NONE)
        return IND_OK;
    show->stale = true;
    if (key == 'q' || key == 'Q' || key == 4) /* or Ctrl-D */
        show->quit = true;
    if (!show->player->source.there)
        return IND_OK;
    if (key == ' ')
        pause_or_go(show);
    else if (key == '+' || key == '=' || key == IND_KEY_UP)
        set_speed(show, 2 * show->speed);
    else if (key == '-' || key == IND_KEY_DOWN)
        set_speed(show, show->speed / 2);
    if (key != IND_KEY_LEFT && key != IND_KEY_RIGHT && key != IND_KEY_HOME && key != IND_KEY_END)
        return IND_OK;
    show->paused = true;
    if (key == IND_KEY_RIGHT)
        return go_on(show, err);
    if (key == IND_KEY_END)
        return to_end(show, err);
    if (show->shown > 1)
        show->shown = key == IND_KEY_HOME ? 1 : show->shown - 1;
    return IND_OK;
}

/* ---- The loop -------------------------------------------------------------------------------- */

/* How long there is nothing to do. */
static double idle(const struct show *show)
{
    const double due = show->next - ind_seconds();
    const bool moves = show->player->source.there && !show->paused && !is_at_end(show);
    if (!moves)
        return PAUSE;
    if (show->following || due <= 0)
        return 0;
    return due < PAUSE ? due : PAUSE;
}

static int loop(struct show *show, struct ind_error *err)
{
    struct ind_terminal before = {0};
    while (!show->quit && !ind_stop_signal()) {
        if (refresh(show, err) || advance(show, err))
            return IND_FAILED;
        const struct ind_terminal now = ind_terminal_of(STDOUT_FILENO);
        const double since = ind_seconds() - show->drawn;
        show->stale |= now.rows != before.rows || now.columns != before.columns || since > 1;
        before = now;
        if (show->stale && since >= DRAW_EVERY && draw(show, err))
            return IND_FAILED;
        if (!show->screen.keys && is_at_end(show) && source_is_whole(&show->player->source))
            return show->stale ? draw(show, err) : IND_OK;
        if (obey(show, ind_screen_key(&show->screen, show->stale ? DRAW_EVERY / 4 : idle(show)),
                 err))
            return IND_FAILED;
    }
    return IND_OK;
}

int show_picture(struct player *player, const struct show_settings *settings, bool *shown,
                 struct ind_error *err)
{
    struct show show = {.player = player, .speed = settings->speed, .news = ind_seconds()};
    struct ind_error ignored;
    *shown = false;
    if (!ind_terminal_of(STDOUT_FILENO).is_terminal)
        return IND_OK;
    show.name = ind_tool_run_name(player->source.tool);
    if (!show.name)
        return ind_fail(err, "out of memory");
    int status = refresh(&show, err);
    show.following = !settings->replay && !source_is_whole(&player->source);
    player->tells_later = true;
    *shown = status != IND_OK || ind_screen_open(&show.screen, STDOUT_FILENO, true);
    if (*shown && status == IND_OK) {
        status = loop(&show, err);
        char *last = show.shown > 0 ? picture(&show, true, &ignored) : NULL;
        ind_screen_close(&show.screen, last);
        free(last);
        player_tell(player);
    }
    free(show.name);
    return status;
}
