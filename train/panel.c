#include "panel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <induct/base/memory.h>
#include <induct/data/task.h>
#include <induct/tool/progress.h>

enum { SEQUENCES = 8, EVALUATION_SEED = 0, TEXT_ROOM = 1 << 16, BAR_MIN = 6, BAR_MAX = 40 };

static const double DRAW_EVERY = 0.25; /* seconds */

/* Orange and blue: told apart with every kind of colour blindness. */
static const char *const COLOURS[2] = {"\033[38;5;208m", "\033[38;5;33m"};

/* ---- Ownership ------------------------------------------------------------------------------- */

static int init_scorer(struct panel *panel, const struct ind_config *config, struct ind_error *err)
{
    const size_t tokens = (size_t)SEQUENCES * (size_t)config->context;
    const size_t scores = (size_t)config->layers * (size_t)config->heads * 2;
    if (ind_alloc_into(&panel->tokens, tokens, sizeof *panel->tokens, err) ||
        ind_alloc_into(&panel->scores, scores, sizeof *panel->scores, err) ||
        ind_alloc_into(&panel->text, TEXT_ROOM, 1, err) ||
        ind_score_choices_init(&panel->choices, "prev_token,induction", err))
        return IND_FAILED;
    ind_task_eval(config->vocab, config->context, EVALUATION_SEED, panel->period, 0, SEQUENCES,
                  panel->tokens);
    if (ind_scorer_init(&panel->scorer, config, panel->tokens, SEQUENCES, panel->period,
                        IND_COMPAT_NONE, err))
        return IND_FAILED;
    panel->on = true;
    return IND_OK;
}

int panel_init(struct panel *panel, const struct ind_recipe *recipe, bool wanted,
               struct ind_error *err)
{
    *panel = (struct panel){.layers = recipe->model.layers,
                            .heads = recipe->model.heads,
                            .period = (recipe->period_lo + recipe->period_hi + 1) / 2};
    return wanted ? init_scorer(panel, &recipe->model, err) : IND_OK;
}

void panel_release(struct panel *panel)
{
    if (panel->on)
        ind_scorer_release(&panel->scorer);
    ind_score_choices_release(&panel->choices);
    free(panel->tokens);
    free(panel->scores);
    free(panel->text);
    *panel = (struct panel){0};
}

/* ---- Drawing --------------------------------------------------------------------------------- */

static struct winsize terminal_size(void)
{
    struct winsize size = {0};
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
        size = (struct winsize){.ws_row = 24, .ws_col = isatty(STDERR_FILENO) ? 80 : 200};
    return size;
}

int panel_columns(void)
{
    return terminal_size().ws_col;
}

static int bar_width(void)
{
    const int width = (panel_columns() - 22) / 2; /* what the names and numbers leave */
    return width < BAR_MIN ? BAR_MIN : width > BAR_MAX ? BAR_MAX : width;
}

/* `value` of 0..1 in eighths of a character: full blocks, then one of U+258F (1/8) .. U+2589 (7/8),
 * then spaces up to `width` characters. */
static void put_bar(FILE *out, double value, int width, const char *colour)
{
    const double inside = value < 0 ? 0 : value > 1 ? 1 : value;
    const int eighths = (int)(inside * width * 8 + 0.5);
    const char *off = *colour ? "\033[0m" : "";
    fputs(colour, out);
    for (int i = 0; i < eighths / 8; i++)
        fputs("\xE2\x96\x88", out);
    if (eighths % 8)
        fprintf(out, "\xE2\x96%c", 0x90 - eighths % 8);
    fputs(off, out);
    fprintf(out, "%*s", width - (eighths + 7) / 8, "");
}

static void put_head(FILE *out, const struct panel *panel, int index, int width)
{
    const bool plain = getenv("NO_COLOR") != NULL;
    char name[16];
    ind_head_name((struct ind_head){index / panel->heads, index % panel->heads}, name);
    fprintf(out, " %-6s", name);
    for (int s = 0; s < 2; s++) {
        const double value = panel->scores[2 * index + s];
        put_bar(out, value, width, plain ? "" : COLOURS[s]);
        fprintf(out, " %4.2f  ", value);
    }
    fputs("\033[K\n", out);
}

static void put_heading(FILE *out, const struct panel *panel, int width, long epoch)
{
    char right[64];
    snprintf(right, sizeof right, "induction (period %d)", panel->period);
    fprintf(out, " %-6ld%-*.*s       %.*s\033[K\n", epoch, width, width, "prev-token", width + 6,
            right);
}

/* As many heads as the terminal has lines for, beside the heading, a note and the progress line. */
static int heads_shown(const struct panel *panel)
{
    const int all = panel->layers * panel->heads;
    const int room = terminal_size().ws_row - 3;
    return all <= room ? all : room < 1 ? 1 : room;
}

/* One write, so that the eye never sees half a panel. */
static void draw(struct panel *panel, long epoch)
{
    FILE *out = fmemopen(panel->text, TEXT_ROOM, "w");
    if (!out)
        return;
    const int all = panel->layers * panel->heads;
    const int width = bar_width();
    if (panel->lines > 0)
        fprintf(out, "\r\033[%dA", panel->lines);
    else
        panel->shown = heads_shown(panel);
    put_heading(out, panel, width, epoch);
    for (int i = 0; i < panel->shown; i++)
        put_head(out, panel, i, width);
    if (panel->shown < all)
        fprintf(out, " (%d more heads: the terminal is too low)\033[K\n", all - panel->shown);
    panel->lines = 1 + panel->shown + (panel->shown < all);
    const long size = ftell(out);
    fclose(out);
    if (size > 0)
        fwrite(panel->text, 1, (size_t)size, stderr);
}

void panel_update(struct panel *panel, const struct ind_params *params, long epoch, bool now)
{
    if (!panel->on)
        return;
    const double time = ind_seconds();
    if (!now && time - panel->drawn < DRAW_EVERY)
        return;
    ind_scorer_run(&panel->scorer, params, &panel->choices, panel->scores);
    draw(panel, epoch);
    panel->drawn = time;
}
