/* What predictions show: which rule they follow, and after which layer they are right; and what
 * the losses around the weights do. */
#include "plot/headlines.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "plot/family.h"
#include "plot/periods.h"

/* ---- The race of content and position -------------------------------------------------------- */

/* At the last epoch, with a margin. */
struct place {
    const char *epoch;
    int lo, hi; /* the trained periods, passed over; 0, 0: none is */
};

static bool has_margin(const struct ind_sheet *sheet, size_t row, const void *context)
{
    const struct place *place = context;
    const double period = ind_number(sheet, (long)row, "period");
    return ind_at_epoch(sheet, row, place->epoch) &&
           isfinite(ind_number(sheet, (long)row, "margin")) &&
           !(period >= place->lo && period <= place->hi);
}

/* The last row of the longest period outside the trained ones; inside, if nothing else has a
 * margin; of any, if nothing has. */
static long raced_row(const struct ind_sheet *sheet, const struct ind_recipe *recipe)
{
    struct place place = {ind_last_epoch(sheet), recipe->period_lo, recipe->period_hi};
    long row = ind_pick_if(sheet, 1, "period", has_margin, &place);
    if (row >= 0)
        return row;
    place.lo = place.hi = 0;
    row = ind_pick_if(sheet, 1, "period", has_margin, &place);
    return row >= 0 ? row : ind_pick(sheet, 1, "period", "epoch", place.epoch, NULL);
}

/* 1: content wins, -1: a trained offset does, 0: the interval holds both. */
static int winner(const struct ind_sheet *sheet, long row)
{
    const double margin = ind_number(sheet, row, "margin");
    const double lo = ind_number(sheet, row, "margin_lo"), hi = ind_number(sheet, row, "margin_hi");
    if ((isnan(lo) ? margin : lo) > 0.0)
        return 1;
    return (isnan(hi) ? margin : hi) < 0.0 ? -1 : 0;
}

/* The rows at which content first wins, a trained offset first wins after that, and whoever wins at
 * the end began to; -1: never. Before content first wins there is no race: of predictions that know
 * nothing, the best of many offsets' answers is ahead. Rows at which nobody wins change nothing. */
struct race {
    long content, position, since;
    int now;
};

static struct race race_of(const struct ind_sheet *sheet, const char *period)
{
    struct race race = {-1, -1, -1, 0};
    for (size_t row = 0; row < sheet->row_count; row++) {
        if (strcmp(ind_cell(sheet, (long)row, "period"), period) != 0)
            continue;
        const int now = winner(sheet, (long)row);
        if (now == 0 || now == race.now || (now < 0 && race.content < 0))
            continue;
        race.now = now;
        race.since = (long)row;
        if (race.content < 0)
            race.content = (long)row;
        else if (race.position < 0)
            race.position = (long)row;
    }
    return race;
}

static int say_race(struct ind_headline *h, const struct ind_sheet *sheet, const struct race *race,
                    struct ind_error *err)
{
    if (race->content < 0) {
        ind_headline_say(h, "content never wins");
        return IND_OK;
    }
    if (race->position < 0 &&
        strcmp(ind_cell(sheet, race->content, "epoch"), ind_cell(sheet, 0, "epoch")) == 0) {
        ind_headline_say(h, "content wins throughout");
        return IND_OK;
    }
    ind_headline_say(h, "content wins from epoch ");
    if (ind_headline_cell(h, "strategy", sheet, race->content, "epoch", IND_WHOLE, err) != IND_OK)
        return IND_FAILED;
    if (race->position < 0)
        return IND_OK;
    ind_headline_say(h, ", position from ");
    if (ind_headline_cell(h, "strategy", sheet, race->position, "epoch", IND_WHOLE, err) != IND_OK)
        return IND_FAILED;
    if (race->since == race->position)
        return IND_OK;
    ind_headline_say(h, ", at last %s from ", race->now > 0 ? "content" : "position");
    return ind_headline_cell(h, "strategy", sheet, race->since, "epoch", IND_WHOLE, err);
}

int ind_say_strategy(struct ind_headline *h, struct ind_plot_run *run, struct ind_error *err)
{
    const struct ind_sheet *sheet;
    if (ind_plot_sheet(run, "strategy", &sheet, err) != IND_OK)
        return IND_FAILED;
    const long end = raced_row(sheet, &run->series->recipe);
    const char *period = ind_cell(sheet, end, "period");
    ind_headline_fact(h, "raced_period", period);
    if (end < 0 || !isfinite(ind_number(sheet, end, "margin")))
        return IND_OK;
    /* Who guesses follows neither rule; but who answers by position may be right as rarely. */
    if (!(ind_number(sheet, end, "pseudo_offset") >=
          2.0 * ind_number(sheet, end, "pseudo_offset_chance")) &&
        ind_say_guesses(h, run, period, err) != IND_OK)
        return IND_FAILED;
    if (h->text[0])
        return IND_OK;
    const struct race race = race_of(sheet, period);
    ind_headline_say(h, "Period %s: ", period);
    if (say_race(h, sheet, &race, err) != IND_OK)
        return IND_FAILED;
    ind_headline_say(h, "; margin ends at ");
    if (ind_headline_cell(h, "strategy", sheet, end, "margin", IND_CHANGE, err) != IND_OK)
        return IND_FAILED;
    if (race.now > 0)
        return IND_OK;
    ind_headline_say(h, ", pseudo-offsets at ");
    return ind_headline_cell(h, "strategy", sheet, end, "pseudo_offset", IND_SHARE, err);
}

/* ---- The logit lens -------------------------------------------------------------------------- */

/* The row of a layer at the last epoch; -1 if there is none. */
static long lens_row(const struct ind_sheet *sheet, const char *period, int layer)
{
    char text[16];
    snprintf(text, sizeof text, "%d", layer);
    return ind_pick(sheet, 1, "accuracy", "epoch", ind_last_epoch(sheet), "period", period, "layer",
                    text, NULL);
}

/* What a layer adds to accuracy, if the intervals before and after it part; else 0. */
static double layer_gain(const struct ind_sheet *sheet, long before, long after)
{
    const double from = ind_number(sheet, before, "accuracy"),
                 to = ind_number(sheet, after, "accuracy");
    const double hi = ind_number(sheet, before, "accuracy_hi"),
                 lo = ind_number(sheet, after, "accuracy_lo");
    return (isnan(lo) ? to : lo) > (isnan(hi) ? from : hi) ? to - from : 0.0;
}

/* The layer that adds most, counted from 0; -1 if none adds anything. */
static int lifting_layer(const struct ind_sheet *sheet, const char *period, int layers)
{
    int best = -1;
    double most = 2 * IND_SPOKEN; /* what from .02 to .02 is lifted is not */
    for (int layer = 0; layer < layers; layer++) {
        const double gain =
            layer_gain(sheet, lens_row(sheet, period, layer), lens_row(sheet, period, layer + 1));
        if (gain > most) {
            most = gain;
            best = layer;
        }
    }
    return best;
}

int ind_say_lens(struct ind_headline *h, struct ind_plot_run *run, struct ind_error *err)
{
    const struct ind_sheet *sheet;
    if (ind_plot_sheet(run, "lens", &sheet, err) != IND_OK)
        return IND_FAILED;
    char period[16];
    snprintf(period, sizeof period, "%d", ind_plot_period(run));
    const int layers = run->series->layout.config.layers;
    const int layer = lifting_layer(sheet, period, layers);
    if (layer < 0) {
        const long end = lens_row(sheet, period, layers);
        if (end < 0)
            return IND_OK;
        ind_headline_say(h, "No layer lifts accuracy at period %s: it ends at ", period);
        return ind_headline_cell(h, "lens", sheet, end, "accuracy", IND_SHARE, err);
    }
    ind_headline_say(h, "At period %s layer %d lifts accuracy from ", period, layer);
    if (ind_headline_cell(h, "lens", sheet, lens_row(sheet, period, layer), "accuracy", IND_SHARE,
                          err) != IND_OK)
        return IND_FAILED;
    ind_headline_say(h, " to ");
    return ind_headline_cell(h, "lens", sheet, lens_row(sheet, period, layer + 1), "accuracy",
                             IND_SHARE, err);
}

/* ---- Degeneracy ------------------------------------------------------------------------------ */

static bool is_of_a_head(const struct ind_sheet *sheet, size_t row, const void *context)
{
    (void)context;
    return strcmp(ind_cell(sheet, (long)row, "head"), "all") != 0;
}

static int say_coefficient(struct ind_headline *h, const struct ind_sheet *sheet, long row,
                           struct ind_error *err)
{
    const bool small = fabs(ind_number(sheet, row, "llc")) < 9.995;
    return ind_headline_cell(h, "llc", sheet, row, "llc", small ? IND_SHARE : IND_TENTH, err);
}

int ind_say_llc(struct ind_headline *h, struct ind_plot_run *run, struct ind_error *err)
{
    const struct ind_sheet *sheet;
    if (ind_plot_sheet(run, "llc", &sheet, err) != IND_OK)
        return IND_FAILED;
    const long peak = ind_pick(sheet, 1, "llc", "head", "all", NULL);
    const long end = ind_pick(sheet, 1, "llc", "head", "all", "epoch", ind_last_epoch(sheet), NULL);
    const long head = ind_pick_if(sheet, 1, "llc", is_of_a_head, NULL);
    if (peak < 0)
        return IND_OK;
    const bool once = strcmp(ind_cell(sheet, 0, "epoch"), ind_last_epoch(sheet)) == 0;
    ind_headline_say(h, once ? "The coefficient is " : "The coefficient peaks at ");
    if (say_coefficient(h, sheet, peak, err) != IND_OK)
        return IND_FAILED;
    ind_headline_say(h, once ? " at epoch " : ", epoch ");
    if (ind_headline_cell(h, "llc", sheet, peak, "epoch", IND_WHOLE, err) != IND_OK)
        return IND_FAILED;
    if (end >= 0 && end != peak) {
        ind_headline_say(h, ", and ends at ");
        if (say_coefficient(h, sheet, end, err) != IND_OK)
            return IND_FAILED;
    }
    if (head < 0)
        return IND_OK;
    ind_headline_say(h, "; highest of a head: %s, ", ind_cell(sheet, head, "head"));
    return say_coefficient(h, sheet, head, err);
}
