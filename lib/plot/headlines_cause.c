/* What interventions show. Whether something is gained or lost is for its interval to say. */
#include "plot/headlines.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plot/periods.h"

/* ---- Ablations ------------------------------------------------------------------------------- */

/* At the last epoch, where the interval of the change lies below nothing (or has no ends). */
struct loss {
    const char *epoch, *heads, *not_period; /* NULL: any */
};

static bool is_loss(const struct ind_sheet *sheet, size_t row, const void *context)
{
    const struct loss *loss = context;
    const long at = (long)row;
    return strcmp(ind_cell(sheet, at, "epoch"), loss->epoch) == 0 &&
           strcmp(ind_cell(sheet, at, "mode"), "zero") == 0 &&
           (!loss->heads || strcmp(ind_cell(sheet, at, "heads"), loss->heads) == 0) &&
           (!loss->not_period || strcmp(ind_cell(sheet, at, "period"), loss->not_period) != 0) &&
           ind_number(sheet, at, "accuracy_delta") < 0.0 &&
           !(ind_number(sheet, at, "delta_hi") >= 0.0);
}

static int say_loss(struct ind_headline *h, const struct ind_sheet *sheet, long row,
                    struct ind_error *err)
{
    if (ind_headline_cell(h, "ablate", sheet, row, "accuracy_delta", IND_CHANGE, err) != IND_OK)
        return IND_FAILED;
    ind_headline_say(h, " at period %s", ind_cell(sheet, row, "period"));
    return IND_OK;
}

int ind_say_ablate(struct ind_headline *h, struct ind_plot_run *run, struct ind_error *err)
{
    const struct ind_sheet *sheet;
    if (ind_plot_sheet(run, "ablate", &sheet, err) != IND_OK)
        return IND_FAILED;
    struct loss loss = {.epoch = ind_last_epoch(sheet)};
    const long worst = ind_pick_if(sheet, -1, "accuracy_delta", is_loss, &loss);
    if (worst < 0) {
        ind_headline_say(h, "No head is missed");
        return IND_OK;
    }
    loss.heads = ind_cell(sheet, worst, "heads");
    loss.not_period = ind_cell(sheet, worst, "period");
    const long other = ind_pick_if(sheet, -1, "accuracy_delta", is_loss, &loss);
    ind_headline_say(h, "Without %s accuracy changes by ", loss.heads);
    if (say_loss(h, sheet, worst, err) != IND_OK || other < 0)
        return worst >= 0 && other < 0 ? IND_OK : IND_FAILED;
    ind_headline_say(h, ", ");
    return say_loss(h, sheet, other, err);
}

int ind_say_shapley(struct ind_headline *h, struct ind_plot_run *run, struct ind_error *err)
{
    const struct ind_sheet *sheet;
    if (ind_plot_sheet(run, "shapley", &sheet, err) != IND_OK)
        return IND_FAILED;
    const char *last = ind_last_epoch(sheet);
    const long all = ind_pick(sheet, 1, "accuracy", "epoch", last, "kind", "all", NULL);
    const long most = ind_pick(sheet, 1, "accuracy", "epoch", last, "kind", "value", NULL);
    if (all < 0 || most < 0)
        return IND_OK;
    ind_headline_say(h, "%s gives ", ind_cell(sheet, most, "heads"));
    if (ind_headline_cell(h, "shapley", sheet, most, "accuracy", IND_SHARE, err) != IND_OK)
        return IND_FAILED;
    ind_headline_say(h, " of the accuracy of ");
    if (ind_headline_cell(h, "shapley", sheet, all, "accuracy", IND_SHARE, err) != IND_OK)
        return IND_FAILED;
    ind_headline_say(h, " at period %s", ind_cell(sheet, all, "period"));
    return IND_OK;
}

/* A path through heads, at the last epoch. */
static bool through_heads(const struct ind_sheet *sheet, size_t row, const void *context)
{
    const char *kind = ind_cell(sheet, (long)row, "kind");
    return strcmp(ind_cell(sheet, (long)row, "epoch"), context) == 0 &&
           (strcmp(kind, "head") == 0 || strcmp(kind, "virtual") == 0);
}

int ind_say_paths(struct ind_headline *h, struct ind_plot_run *run, struct ind_error *err)
{
    const struct ind_sheet *sheet;
    if (ind_plot_sheet(run, "paths", &sheet, err) != IND_OK)
        return IND_FAILED;
    const char *last = ind_last_epoch(sheet);
    const long most = ind_pick_if(sheet, 1, "centred", through_heads, last);
    const long model = ind_pick(sheet, 1, "centred", "epoch", last, "kind", "model", NULL);
    if (most < 0 || model < 0)
        return IND_OK;
    ind_headline_say(h, "The path through %s gives ", ind_cell(sheet, most, "path"));
    if (ind_headline_cell(h, "paths", sheet, most, "centred", IND_CHANGE, err) != IND_OK)
        return IND_FAILED;
    ind_headline_say(h, " of the right token's logit of ");
    return ind_headline_cell(h, "paths", sheet, model, "centred", IND_CHANGE, err);
}

/* ---- Content and position -------------------------------------------------------------------- */

/* The row of the head whose positions alone favour trained offsets most, or avoid them most. */
static long largest_bump(const struct ind_sheet *bump)
{
    const char *last = ind_last_epoch(bump);
    const long high = ind_pick(bump, 1, "bump", "epoch", last, NULL);
    const long low = ind_pick(bump, -1, "bump", "epoch", last, NULL);
    if (high < 0 || ind_number(bump, high, "bump") >= -ind_number(bump, low, "bump"))
        return high;
    return low;
}

int ind_say_split(struct ind_headline *h, struct ind_plot_run *run, struct ind_error *err)
{
    const struct ind_sheet *sheet, *bump;
    if (ind_plot_sheet(run, "split", &sheet, err) != IND_OK)
        return IND_FAILED;
    const struct ind_plot_table *needed = ind_plot_table_find("bump");
    const bool has_bump = !ind_plot_lacks(run, needed->needs);
    if (has_bump && ind_plot_sheet(run, "bump", &bump, err) != IND_OK)
        return IND_FAILED;
    const long row = has_bump ? largest_bump(bump) : -1;
    ind_headline_fact(h, "split_head",
                      row >= 0 ? ind_cell(bump, row, "head")
                               : ind_cell(sheet, (long)sheet->row_count - 1, "head"));
    if (row < 0)
        return IND_OK;
    ind_headline_say(h, "In %s positions alone score trained offsets ",
                     ind_cell(bump, row, "head"));
    if (ind_headline_cell(h, "bump", bump, row, "bump", IND_CHANGE, err) != IND_OK)
        return IND_FAILED;
    ind_headline_say(h, " against longer ones");
    return IND_OK;
}

/* At the last epoch, where the interval of the change lies on one side of nothing, `sign`, and a
 * headline would show it. */
struct change {
    const char *epoch;
    int sign;
};

static bool changes(const struct ind_sheet *sheet, size_t row, const void *context)
{
    const struct change *change = context;
    const double near = ind_number(sheet, (long)row, change->sign > 0 ? "delta_lo" : "delta_hi");
    return strcmp(ind_cell(sheet, (long)row, "epoch"), change->epoch) == 0 &&
           change->sign * near > 0.0 &&
           fabs(ind_number(sheet, (long)row, "accuracy_delta")) >= 0.005;
}

static int say_from_to(struct ind_headline *h, const char *table, const struct ind_sheet *sheet,
                       long row, const char *from, const char *to, struct ind_error *err)
{
    if (ind_headline_cell(h, table, sheet, row, from, IND_SHARE, err) != IND_OK)
        return IND_FAILED;
    ind_headline_say(h, " to ");
    return ind_headline_cell(h, table, sheet, row, to, IND_SHARE, err);
}

int ind_say_bump(struct ind_headline *h, struct ind_plot_run *run, struct ind_error *err)
{
    const struct ind_sheet *drop;
    if (ind_plot_sheet(run, "drop", &drop, err) != IND_OK)
        return IND_FAILED;
    struct change change = {.epoch = ind_last_epoch(drop), .sign = 1};
    long row = ind_pick_if(drop, 1, "accuracy_delta", changes, &change);
    ind_headline_say(h, "Without the position term ");
    if (row < 0) {
        change.sign = -1;
        row = ind_pick_if(drop, -1, "accuracy_delta", changes, &change);
        if (row < 0) {
            ind_headline_say(h, "no period changes");
            return IND_OK;
        }
    }
    ind_headline_say(
        h, change.sign > 0 ? "period %s rises from " : "no period gains; period %s falls from ",
        ind_cell(drop, row, "period"));
    return say_from_to(h, "drop", drop, row, "accuracy", "accuracy_dropped", err);
}

/* ---- Grafts ---------------------------------------------------------------------------------- */

static bool rescues(const struct ind_sheet *sheet, size_t row, const void *context)
{
    (void)context;
    return strcmp(ind_cell(sheet, (long)row, "kind"), "graft") == 0 &&
           ind_number(sheet, (long)row, "rescue_lo") > 0.0;
}

int ind_say_graft(struct ind_headline *h, struct ind_plot_run *run, struct ind_error *err)
{
    const struct ind_sheet *sheet;
    if (ind_plot_sheet(run, "graft", &sheet, err) != IND_OK)
        return IND_FAILED;
    const long best = ind_pick_if(sheet, 1, "rescue", rescues, NULL);
    ind_headline_say(h, "%s of ", ind_cell(sheet, best < 0 ? 0 : best, "what"));
    if (best < 0) {
        ind_headline_say(h, "no epoch rescues another");
        return IND_OK;
    }
    ind_headline_say(h, "epoch ");
    if (ind_headline_cell(h, "graft", sheet, best, "epoch_from", IND_WHOLE, err) != IND_OK)
        return IND_FAILED;
    ind_headline_say(h, " in epoch ");
    if (ind_headline_cell(h, "graft", sheet, best, "epoch_into", IND_WHOLE, err) != IND_OK)
        return IND_FAILED;
    ind_headline_say(h, ": ");
    if (ind_headline_cell(h, "graft", sheet, best, "rescue", IND_CHANGE, err) != IND_OK)
        return IND_FAILED;
    ind_headline_say(h, " at period %s", ind_cell(sheet, best, "period"));
    return IND_OK;
}

/* ---- The study ------------------------------------------------------------------------------- */

/* The period that fell most, as the roles say, then what is measured of it at the end. */
int ind_say_study(struct ind_headline *h, struct ind_plot_run *run, struct ind_error *err)
{
    const struct ind_sheet *roles, *rescue, *drop;
    if (ind_plot_sheet(run, "roles", &roles, err) != IND_OK ||
        ind_plot_sheet(run, "rescue", &rescue, err) != IND_OK)
        return IND_FAILED;
    const long first = ind_pick(roles, -1, "rank", "role", "period", NULL);
    const char *period = ind_cell(roles, first, "name");
    char last[32];
    snprintf(last, sizeof last, "%s", ind_cell(rescue, (long)rescue->row_count - 1, "epoch_into"));
    const long back = ind_pick(rescue, 1, "accuracy", "epoch_into", last, "kind", "graft", "period",
                               period, NULL);
    if (first < 0 || back < 0)
        return IND_OK;
    const bool fell = strcmp(ind_cell(roles, first, "holds"), "1") == 0;
    ind_headline_say(h, "Period %s %s ", period, fell ? "falls from" : "ends at");
    if (fell && (ind_headline_cell(h, "roles", roles, first, "peak", IND_SHARE, err) != IND_OK))
        return IND_FAILED;
    ind_headline_say(h, fell ? " to " : "");
    if (ind_headline_cell(h, "rescue", rescue, back, "accuracy_into", IND_SHARE, err) != IND_OK)
        return IND_FAILED;
    ind_headline_say(h, "; with an earlier %s ", ind_cell(rescue, back, "what"));
    if (ind_headline_cell(h, "rescue", rescue, back, "accuracy", IND_SHARE, err) != IND_OK)
        return IND_FAILED;
    if (ind_plot_lacks(run, ind_plot_table_find("drop")->needs))
        return IND_OK;
    if (ind_plot_sheet(run, "drop", &drop, err) != IND_OK)
        return IND_FAILED;
    const long dropped = ind_pick(drop, 1, "accuracy_dropped", "epoch", ind_last_epoch(drop),
                                  "period", period, NULL);
    if (dropped < 0)
        return IND_OK;
    ind_headline_say(h, ", without positions ");
    return ind_headline_cell(h, "drop", drop, dropped, "accuracy_dropped", IND_SHARE, err);
}
