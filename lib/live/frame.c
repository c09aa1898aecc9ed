/*
 * Lines are put together in a buffer of cells of a known width, so that nothing is ever wider than
 * the terminal, whatever bytes a character takes.
 */
#include <induct/live/frame.h>

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/base/printable.h>
#include <induct/model/heads.h>

#include "live/choose.h"
#include "live/plan.h"

/* Orange, blue, green: told apart with every kind of colour blindness. */
static const char *const COLOURS[] = {"\033[38;5;208m", "\033[38;5;33m", "\033[38;5;36m"};
static const char DIM[] = "\033[2m", OFF[] = "\033[0m";

/* What is being drawn. */
struct drawing {
    const struct ind_live_history *history;
    const struct ind_live_frame *frame;
    struct plan plan;
    FILE *out;
    int used; /* characters of the present line */
};

/* ---- Text ------------------------------------------------------------------------------------ */

/* What does not fit is cut, after whole characters. */
static void put(struct drawing *drawing, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void put(struct drawing *drawing, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    for (const char *c = text; *c; c++) {
        const bool begins = ((unsigned char)*c & 0xC0) != 0x80, plain = (unsigned char)*c < 0x80;
        if (begins && drawing->used >= drawing->plan.width)
            return;
        if (plain || drawing->frame->utf8)
            fputc(*c, drawing->out);
        else if (begins)
            fputc('?', drawing->out);
        drawing->used += begins;
    }
}

static void end_line(struct drawing *drawing)
{
    fputc('\n', drawing->out);
    drawing->used = 0;
}

static void pad_to(struct drawing *drawing, int column)
{
    while (drawing->used < column && drawing->used < drawing->plan.width)
        put(drawing, " ");
}

/* ---- Sparklines ------------------------------------------------------------------------------ */

/* A curve of the history with what it is drawn as. */
struct curve {
    const double *values; /* [points], history->width apart */
    double chance;
    const char *colour;
};

/* The last value at or before the end of column `column` of `width`: 0 = nothing there yet. */
static int point_at(const struct drawing *drawing, int column, int width)
{
    const long *epochs = drawing->history->epochs;
    const int shown = drawing->frame->shown;
    const double span = (double)(epochs[shown - 1] - epochs[0]);
    const double end = (double)epochs[0] + span * (column + 1) / width;
    int lo = 0, hi = shown;
    while (lo < hi) {
        const int middle = lo + (hi - lo) / 2;
        if ((double)epochs[middle] <= end)
            lo = middle + 1;
        else
            hi = middle;
    }
    return span > 0 || column == 0 ? lo : 0;
}

/* ' ' no value, '.' chance or less, else a block of eight. */
static int level_of(const struct curve *curve, double value)
{
    if (isnan(value))
        return -2;
    const double chance = isnan(curve->chance) ? 0 : curve->chance;
    if (value <= chance)
        return -1;
    const int level = (int)(8 * (value - chance) / (1 - chance));
    return level > 7 ? 7 : level;
}

/* A colour lasts until another one is put. */
static void put_colour(const struct drawing *drawing, const char **present, const char *colour)
{
    if (!drawing->frame->colour || *present == colour)
        return;
    if (*present != OFF)
        fputs(OFF, drawing->out);
    if (colour != OFF)
        fputs(colour, drawing->out);
    *present = colour;
}

static void put_level(const struct drawing *drawing, int level)
{
    static const char ascii[] = ":-=+*#%@";
    const struct ind_live_frame *frame = drawing->frame;
    if (level == -2)
        fputc(' ', drawing->out);
    else if (level == -1)
        fputs(frame->utf8 ? "\xC2\xB7" : ".", drawing->out);
    else if (frame->utf8)
        fprintf(drawing->out, "\xE2\x96%c", 0x81 + level);
    else
        fputc(ascii[level], drawing->out);
}

/* The sparkline, if the plan has room for one, and the present value. */
static void put_curve(struct drawing *drawing, const struct curve *curve, int width)
{
    const size_t stride = (size_t)drawing->history->width;
    const char *colour = OFF;
    for (int column = 0; column < width && drawing->used < drawing->plan.width; column++) {
        const int point = point_at(drawing, column, width);
        const double value = point > 0 ? curve->values[(size_t)(point - 1) * stride] : (double)NAN;
        const int level = level_of(curve, value);
        put_colour(drawing, &colour, level == -2 ? OFF : level == -1 ? DIM : curve->colour);
        put_level(drawing, level);
        drawing->used++;
    }
    put_colour(drawing, &colour, OFF);
    const double now = curve->values[(size_t)(drawing->frame->shown - 1) * stride];
    if (width > 0)
        put(drawing, " ");
    if (isnan(now))
        put(drawing, "   -");
    else
        put(drawing, "%4.2f", now);
}

/* ---- Lines ----------------------------------------------------------------------------------- */

/* The longest of some wordings that fits; the last one is cut. */
static const char *fitting(const char *const *words, int count, int width)
{
    for (int i = 0; i < count - 1; i++)
        if ((int)strlen(words[i]) <= width)
            return words[i];
    return words[count - 1];
}

static void put_title(struct drawing *drawing)
{
    const struct ind_live_frame *frame = drawing->frame;
    const struct plan *plan = &drawing->plan;
    char number[32], last[32] = "", epoch[80], name[61], most[288], more[192], heads[64] = "";
    const long now = frame->shown > 0 ? drawing->history->epochs[frame->shown - 1] : 0;
    if (frame->last >= 0)
        ind_with_commas(frame->last, last);
    snprintf(epoch, sizeof epoch, "epoch %s",
             frame->shown > 0 ? ind_with_commas(now, number) : "-");
    if (plan->heads < plan->all_heads)
        snprintf(heads, sizeof heads, "  %d of %d heads", plan->heads, plan->all_heads);
    snprintf(more, sizeof more, "%s%s%s%s", epoch, *last ? " of " : "", last, heads);
    snprintf(name, sizeof name, "%s", frame->name);
    snprintf(most, sizeof most, "%s  %s", ind_make_printable(name), more);
    const char *const words[] = {most, more, epoch};
    const int state = frame->state ? (int)strlen(frame->state) : 0;
    put(drawing, "%s", fitting(words, 3, plan->width - (state ? state + 2 : 0)));
    if (state && drawing->used + 2 + state <= plan->width) {
        pad_to(drawing, plan->width - state);
        put(drawing, "%s", frame->state);
    }
    end_line(drawing);
}

static void put_heading(struct drawing *drawing)
{
    const struct ind_live_history *history = drawing->history;
    const struct plan *plan = &drawing->plan;
    const int period = history->periods[0], width = plan->cell;
    char previous[3][64], induction[4][80];
    snprintf(previous[0], sizeof previous[0], "previous token (chance %.2f)", history->chance[0]);
    snprintf(previous[1], sizeof previous[1], "prev-token (%.2f)", history->chance[0]);
    snprintf(previous[2], sizeof previous[2], "prev");
    snprintf(induction[0], sizeof induction[0], "induction at period %d (chance %.2f)", period,
             history->chance[1]);
    snprintf(induction[1], sizeof induction[1], "induction (%.2f)", history->chance[1]);
    snprintf(induction[2], sizeof induction[2], "induction");
    snprintf(induction[3], sizeof induction[3], "ind");
    const char *const left[] = {previous[0], previous[1], previous[2]};
    const char *const right[] = {induction[0], induction[1], induction[2], induction[3]};
    pad_to(drawing, plan->name + 2);
    put(drawing, "%s", fitting(left, 3, width));
    pad_to(drawing, plan->name + 2 + width + 2);
    put(drawing, "%s", fitting(right, 4, width));
    end_line(drawing);
}

static void put_head(struct drawing *drawing, int index)
{
    const struct ind_live_history *history = drawing->history;
    const struct plan *plan = &drawing->plan;
    char name[16];
    ind_head_name((struct ind_head){index / history->heads, index % history->heads}, name);
    put(drawing, " %-*s ", plan->name, name);
    for (int s = 0; s < IND_LIVE_SCORES; s++) {
        const struct curve curve = {ind_live_score(history, index, s), history->chance[s],
                                    COLOURS[s]};
        put_curve(drawing, &curve, plan->spark);
        put(drawing, "%s", s == 0 ? "  " : "");
    }
    end_line(drawing);
}

/* Two in a line, under the scores as far as their names are as long. */
static void put_accuracies(struct drawing *drawing)
{
    const struct ind_live_history *history = drawing->history;
    const struct plan *plan = &drawing->plan;
    pad_to(drawing, plan->name + 2);
    put(drawing, "accuracy by period (chance %.3f)", history->accuracy_chance);
    end_line(drawing);
    for (int p = 0; p < history->period_count; p++) {
        const struct curve curve = {ind_live_accuracy(history, p), history->accuracy_chance,
                                    COLOURS[2]};
        put(drawing, " %-*d ", plan->name, history->periods[p]);
        put_curve(drawing, &curve, plan->spark_accuracy);
        if (p % 2 == 1 || p == history->period_count - 1)
            end_line(drawing);
        else
            put(drawing, "  ");
    }
}

/* The latest, in their order. */
static void put_events(struct drawing *drawing)
{
    const int lines = drawing->plan.events, all = drawing->plan.all_events;
    const int known = drawing->plan.known_events;
    char text[400];
    for (int first = 0, line = 0; first < known; line++) {
        first = ind_live_event_text(drawing->history, first, known, text, sizeof text);
        if (line < all - lines)
            continue;
        put(drawing, " %s", text);
        end_line(drawing);
    }
}

/* ---- The whole ------------------------------------------------------------------------------- */

static int put_heads(struct drawing *drawing, struct ind_error *err)
{
    const struct plan *plan = &drawing->plan;
    int *heads;
    if (ind_alloc_into(&heads, (size_t)plan->all_heads, sizeof *heads, err))
        return IND_FAILED;
    const int status =
        live_choose(drawing->history, drawing->frame->shown, plan->heads, heads, err);
    for (int i = 0; status == IND_OK && i < plan->heads; i++)
        put_head(drawing, heads[i]);
    free(heads);
    return status;
}

int ind_live_draw(const struct ind_live_history *history, const struct ind_live_frame *frame,
                  FILE *out, struct ind_error *err)
{
    struct drawing drawing = {.history = history, .frame = frame, .out = out};
    drawing.plan = live_plan(history, frame);
    put_title(&drawing);
    if (frame->shown > 0) {
        if (drawing.plan.heading)
            put_heading(&drawing);
        if (put_heads(&drawing, err))
            return IND_FAILED;
        if (drawing.plan.accuracies)
            put_accuracies(&drawing);
        put_events(&drawing);
    }
    if (frame->foot && frame->rows > 1) {
        put(&drawing, "%s", frame->foot);
        end_line(&drawing);
    }
    return IND_OK;
}

char *ind_live_picture(const struct ind_live_history *history, struct ind_live_frame frame,
                       const struct ind_terminal *terminal, struct ind_error *err)
{
    char *text = NULL;
    size_t size;
    frame.rows = terminal->rows;
    frame.columns = terminal->columns;
    frame.colour = terminal->colour;
    frame.utf8 = terminal->utf8;
    FILE *out = ind_text_open(&text, &size);
    int status = out ? ind_live_draw(history, &frame, out, err) : ind_fail(err, "out of memory");
    if (!ind_text_close(out, &text) && status == IND_OK)
        status = ind_fail(err, IND_NO_MEMORY);
    if (status == IND_OK)
        return text;
    free(text);
    return NULL;
}

/* ---- One line -------------------------------------------------------------------------------- */

static int strongest(const struct ind_live_history *history, int point, int score)
{
    const size_t at = (size_t)point * (size_t)history->width;
    int best = -1;
    for (int h = 0; h < history->layers * history->heads; h++) {
        const double value = ind_live_score(history, h, score)[at];
        if (!isnan(value) && (best < 0 || value > ind_live_score(history, best, score)[at]))
            best = h;
    }
    return best;
}

void ind_live_line(const struct ind_live_history *history, int point, FILE *out)
{
    static const char *const words[] = {"previous token", "induction"};
    const size_t at = (size_t)point * (size_t)history->width;
    char text[32];
    fprintf(out, "epoch %s", ind_with_commas(history->epochs[point], text));
    for (int s = 0; s < IND_LIVE_SCORES; s++) {
        const int head = strongest(history, point, s);
        if (head < 0)
            continue;
        ind_head_name((struct ind_head){head / history->heads, head % history->heads}, text);
        fprintf(out, "  %s %s %.2f", words[s], text, ind_live_score(history, head, s)[at]);
    }
    fputs("  accuracy", out);
    for (int p = 0; p < history->period_count; p++)
        fprintf(out, " %d:%.2f", history->periods[p], ind_live_accuracy(history, p)[at]);
    fputc('\n', out);
}
