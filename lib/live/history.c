/* Points and events of a run that is watched. */
#include <induct/live/history.h>

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/model/heads.h>
#include <induct/onset/onset.h>

enum { EPOCHS, VALUES, EVENTS };

static int head_count(const struct ind_live_history *history)
{
    return history->layers * history->heads;
}

void ind_live_history_init(struct ind_live_history *history, const struct ind_recipe *recipe)
{
    const int middle = ind_recipe_middle_period(recipe);
    *history = (struct ind_live_history){.layers = recipe->model.layers,
                                         .heads = recipe->model.heads,
                                         .chance = {(double)NAN, (double)NAN},
                                         .accuracy_chance = 1.0 / (recipe->model.vocab - 1)};
    const bool repeats = recipe->model.vocab >= 2 && recipe->model.context >= 3;
    if (repeats)
        history->periods[history->period_count++] = middle;
    for (int i = 0; i < recipe->ood_count && repeats; i++)
        if (recipe->ood[i] != middle && recipe->ood[i] <= recipe->model.context - 2)
            history->periods[history->period_count++] = recipe->ood[i];
    history->width = IND_LIVE_SCORES * head_count(history) + history->period_count;
}

void ind_live_history_release(struct ind_live_history *history)
{
    free(history->epochs);
    free(history->values);
    free(history->events);
    *history = (struct ind_live_history){0};
}

/* ---- Curves ---------------------------------------------------------------------------------- */

const double *ind_live_score(const struct ind_live_history *history, int head, int score)
{
    return history->values + IND_LIVE_SCORES * head + score;
}

const double *ind_live_accuracy(const struct ind_live_history *history, int period)
{
    return history->values + IND_LIVE_SCORES * head_count(history) + period;
}

/* ---- Events ---------------------------------------------------------------------------------- */

static const double *curve_of(const struct ind_live_history *history, enum ind_live_what what,
                              int of)
{
    if (what == IND_LIVE_HEAD_PREVIOUS)
        return ind_live_score(history, of, IND_LIVE_PREVIOUS);
    if (what == IND_LIVE_HEAD_INDUCTION)
        return ind_live_score(history, of, IND_LIVE_INDUCTION);
    return ind_live_accuracy(history, of);
}

static double level_of(const struct ind_live_history *history, enum ind_live_what what)
{
    if (what == IND_LIVE_HEAD_PREVIOUS)
        return ind_onset_level("prev_token", history->chance[IND_LIVE_PREVIOUS], false);
    if (what == IND_LIVE_HEAD_INDUCTION)
        return ind_onset_level("induction", history->chance[IND_LIVE_INDUCTION], false);
    return ind_onset_level("accuracy", (double)NAN, what == IND_LIVE_PERIOD_FALLS);
}

static bool is_known(const struct ind_live_history *history, enum ind_live_what what, int of)
{
    for (int e = 0; e < history->event_count; e++)
        if (history->events[e].what == what && history->events[e].of == of)
            return true;
    return false;
}

/* Three in a row end at the last point, or have been found before: no others need be looked at. A
 * fall is from the highest of all. */
static int crossing(const struct ind_live_history *history, enum ind_live_what what, int of)
{
    const double *curve = curve_of(history, what, of), level = level_of(history, what);
    const int first = history->count - IND_ONSET_ROW;
    double highest = -(double)INFINITY, last[IND_ONSET_ROW];
    if (first < 0 || isnan(level))
        return -1;
    const int from = what == IND_LIVE_PERIOD_FALLS ? 0 : first;
    for (int i = from; i < history->count; i++) {
        const double value = curve[(size_t)i * (size_t)history->width];
        highest = value > highest ? value : highest;
        if (i >= first)
            last[i - first] = what == IND_LIVE_PERIOD_FALLS ? highest - value : value;
    }
    return ind_onset_crossing(last, IND_ONSET_ROW, level) == 0 ? first : -1;
}

static int look_at_all(struct ind_live_history *history, struct ind_error *err)
{
    for (int w = 0; w <= IND_LIVE_PERIOD_FALLS; w++) {
        const enum ind_live_what what = (enum ind_live_what)w;
        const int count =
            what < IND_LIVE_PERIOD_ABOVE ? head_count(history) : history->period_count;
        for (int of = 0; of < count; of++) {
            const int at = is_known(history, what, of) ? -1 : crossing(history, what, of);
            if (at < 0)
                continue;
            if (ind_grow(&history->events, &history->room[EVENTS], (size_t)history->event_count + 1,
                         sizeof *history->events, err))
                return IND_FAILED;
            history->events[history->event_count++] = (struct ind_live_event){
                what, of, history->epochs[at], history->epochs[history->count - 1]};
        }
    }
    return IND_OK;
}

/* ---- Points ---------------------------------------------------------------------------------- */

double *ind_live_history_next(struct ind_live_history *history, struct ind_error *err)
{
    const size_t count = (size_t)history->count + 1, width = (size_t)history->width;
    if (ind_grow(&history->epochs, &history->room[EPOCHS], count, sizeof *history->epochs, err) ||
        ind_grow(&history->values, &history->room[VALUES], count * width, sizeof *history->values,
                 err))
        return NULL;
    return history->values + (count - 1) * width;
}

int ind_live_history_take(struct ind_live_history *history, long epoch, struct ind_error *err)
{
    assert(history->count == 0 || epoch > history->epochs[history->count - 1]);
    history->epochs[history->count++] = epoch;
    return look_at_all(history, err);
}

void ind_live_history_cut(struct ind_live_history *history, long epoch)
{
    int kept = 0;
    while (history->count > 0 && history->epochs[history->count - 1] > epoch)
        history->count--;
    for (int e = 0; e < history->event_count; e++)
        if (history->events[e].known <= epoch)
            history->events[kept++] = history->events[e];
    history->event_count = kept;
}

void ind_live_history_thin(struct ind_live_history *history, int most)
{
    const size_t width = (size_t)history->width;
    int kept = 0;
    if (history->count <= most)
        return;
    /* from the last on, so that it stays */
    for (int i = (history->count - 1) % 2; i < history->count; i += 2, kept++) {
        history->epochs[kept] = history->epochs[i];
        memmove(history->values + (size_t)kept * width, history->values + (size_t)i * width,
                width * sizeof *history->values);
    }
    history->count = kept;
}

/* ---- Words ----------------------------------------------------------------------------------- */

int ind_live_events_known(const struct ind_live_history *history, long epoch)
{
    int known = 0;
    while (known < history->event_count && history->events[known].known <= epoch)
        known++;
    return known;
}

static int put(char *text, size_t room, int used, const char *word)
{
    if (used >= 0 && (size_t)used < room)
        used += snprintf(text + used, room - (size_t)used, "%s", word);
    return used;
}

/* "L1H0, L1H2" */
static int put_names(const struct ind_live_history *history, int first, int end, char *text,
                     size_t room, int used)
{
    for (int e = first; e < end; e++) {
        const int of = history->events[e].of;
        char name[32];
        if (history->events[e].what < IND_LIVE_PERIOD_ABOVE)
            ind_head_name((struct ind_head){of / history->heads, of % history->heads}, name);
        else
            snprintf(name, sizeof name, "%d", history->periods[of]);
        used = put(text, room, used, e > first ? ", " : "");
        used = put(text, room, used, name);
    }
    return used;
}

int ind_live_event_text(const struct ind_live_history *history, int first, int count, char *text,
                        size_t room)
{
    static const char *const words[][4] = {
        {"previous token of ", " passes three times chance", "previous token of ",
         " passes three times chance"},
        {"induction of ", " passes three times chance", "induction of ",
         " passes three times chance"},
        {"period ", " passes one half", "periods ", " pass one half"},
        {"period ", " has fallen by .2", "periods ", " have fallen by .2"}};
    const struct ind_live_event *event = &history->events[first];
    char number[32];
    int end = first + 1;
    while (end < count && history->events[end].what == event->what &&
           history->events[end].epoch == event->epoch)
        end++;
    const int many = end > first + 1 ? 2 : 0;
    int used = snprintf(text, room, "epoch %s: ", ind_with_commas(event->epoch, number));
    used = put(text, room, used, words[event->what][many]);
    used = put_names(history, first, end, text, room, used);
    put(text, room, used, words[event->what][many + 1]);
    return end;
}
