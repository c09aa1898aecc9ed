/* What interventions show. Whether something is gained or lost is for its interval to say. */
#include "plot/headlines.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

#include "plot/family.h"
#include "plot/periods.h"

/* ---- Ablations ------------------------------------------------------------------------------- */

/* Rows of zeroed heads at the last epoch, at periods where there is something to lose; of those
 * whose loss is held, the ones asked for. */
struct losses {
    const char *epoch, *heads, *not_period; /* NULL: any */
    bool *guessed, *held;                   /* [rows] */
};

static bool may_lose(const struct ind_sheet *sheet, size_t row, const void *context)
{
    const struct losses *losses = context;
    return !losses->guessed[row] && ind_at_epoch(sheet, row, losses->epoch) &&
           strcmp(ind_cell(sheet, (long)row, "mode"), "zero") == 0;
}

static bool is_loss(const struct ind_sheet *sheet, size_t row, const void *context)
{
    const struct losses *losses = context;
    const long at = (long)row;
    return losses->held[row] &&
           (!losses->heads || strcmp(ind_cell(sheet, at, "heads"), losses->heads) == 0) &&
           (!losses->not_period || strcmp(ind_cell(sheet, at, "period"), losses->not_period) != 0);
}

static int losses_init(struct losses *losses, struct ind_plot_run *run,
                       const struct ind_sheet *sheet, struct ind_error *err)
{
    const struct ind_claims claims = {.value = "accuracy_delta",
                                      .bound = "delta_hi",
                                      .least = IND_SPOKEN,
                                      .sign = -1,
                                      .keep = may_lose,
                                      .context = losses};
    *losses = (struct losses){.epoch = ind_last_epoch(sheet)};
    if (ind_alloc_into(&losses->guessed, sheet->row_count, sizeof *losses->guessed, err) != IND_OK)
        return IND_FAILED;
    if (ind_guesses(run, sheet, losses->guessed, err) != IND_OK)
        return IND_FAILED;
    return ind_claims_held(sheet, &claims, &losses->held, err);
}

static void losses_release(struct losses *losses)
{
    free(losses->guessed);
    free(losses->held);
}

static int say_loss(struct ind_headline *h, const struct ind_sheet *sheet, long row,
                    struct ind_error *err)
{
    if (ind_headline_cell(h, "ablate", sheet, row, "accuracy_delta", IND_CHANGE, err) != IND_OK)
        return IND_FAILED;
    ind_headline_say(h, " at period %s", ind_cell(sheet, row, "period"));
    return IND_OK;
}

/* The worst loss, and what the same head costs at another period. */
static int say_losses(struct ind_headline *h, const struct ind_sheet *sheet, struct losses *losses,
                      struct ind_error *err)
{
    const long worst = ind_pick_if(sheet, -1, "accuracy_delta", is_loss, losses);
    if (worst < 0) {
        ind_headline_say(h, "No head is missed");
        return IND_OK;
    }
    losses->heads = ind_cell(sheet, worst, "heads");
    losses->not_period = ind_cell(sheet, worst, "period");
    const long other = ind_pick_if(sheet, -1, "accuracy_delta", is_loss, losses);
    ind_headline_say(h, "Without %s accuracy changes by ", losses->heads);
    if (say_loss(h, sheet, worst, err) != IND_OK)
        return IND_FAILED;
    if (other < 0)
        return IND_OK;
    ind_headline_say(h, ", ");
    return say_loss(h, sheet, other, err);
}

/* Is nothing above guessing at any period? */
static bool knows_nothing(const struct losses *losses, const struct ind_sheet *sheet)
{
    for (size_t row = 0; row < sheet->row_count; row++) {
        if (!losses->guessed[row])
            return false;
    }
    return true;
}

int ind_say_ablate(struct ind_headline *h, struct ind_plot_run *run, struct ind_error *err)
{
    const struct ind_sheet *sheet;
    if (ind_plot_sheet(run, "ablate", &sheet, err) != IND_OK)
        return IND_FAILED;
    struct losses losses;
    int status = losses_init(&losses, run, sheet, err);
    if (status == IND_OK)
        status = knows_nothing(&losses, sheet)
                     ? ind_say_guesses(h, run, ind_cell(sheet, 0, "period"), err)
                     : say_losses(h, sheet, &losses, err);
    losses_release(&losses);
    return status;
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
    if (ind_say_guesses(h, run, ind_cell(sheet, all, "period"), err) != IND_OK)
        return IND_FAILED;
    if (h->text[0])
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
    return ind_at_epoch(sheet, row, context) &&
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
    if (ind_say_guesses(h, run, ind_cell(sheet, model, "period"), err) != IND_OK)
        return IND_FAILED;
    if (h->text[0])
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
    const bool has_bump = ind_plot_has_table(run, needed);
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

/* The period that gains (sign 1) or loses most at the last epoch; -1: none does. */
static int changed_row(const struct ind_sheet *drop, int sign, long *row, struct ind_error *err)
{
    return ind_claims_pick(drop,
                           &(struct ind_claims){.value = "accuracy_delta",
                                                .bound = sign > 0 ? "delta_lo" : "delta_hi",
                                                .least = IND_SPOKEN,
                                                .sign = sign,
                                                .keep = ind_at_epoch,
                                                .context = ind_last_epoch(drop)},
                           row, err);
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
    long row, lost;
    if (changed_row(drop, 1, &row, err) != IND_OK || changed_row(drop, -1, &lost, err) != IND_OK)
        return IND_FAILED;
    ind_headline_say(h, "Without the position term ");
    if (row < 0 && lost < 0) {
        ind_headline_say(h, "no period changes");
        return IND_OK;
    }
    ind_headline_say(h,
                     row >= 0 ? "period %s rises from " : "no period gains; period %s falls from ",
                     ind_cell(drop, row >= 0 ? row : lost, "period"));
    row = row >= 0 ? row : lost;
    return say_from_to(h, "drop", drop, row, "accuracy", "accuracy_dropped", err);
}

/* ---- Grafts ---------------------------------------------------------------------------------- */

static bool is_graft(const struct ind_sheet *sheet, size_t row, const void *context)
{
    (void)context;
    return strcmp(ind_cell(sheet, (long)row, "kind"), "graft") == 0;
}

int ind_say_graft(struct ind_headline *h, struct ind_plot_run *run, struct ind_error *err)
{
    const struct ind_sheet *sheet;
    if (ind_plot_sheet(run, "graft", &sheet, err) != IND_OK)
        return IND_FAILED;
    const struct ind_claims rescues = {
        .value = "rescue", .bound = "rescue_lo", .least = IND_SPOKEN, .sign = 1, .keep = is_graft};
    long best;
    if (ind_claims_pick(sheet, &rescues, &best, err) != IND_OK)
        return IND_FAILED;
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

/* What an earlier epoch's head brings back, if there is one. */
static int say_rescue(struct ind_headline *h, const struct ind_sheet *rescue, long back,
                      struct ind_error *err)
{
    if (!(ind_number(rescue, back, "epoch_from") < ind_number(rescue, back, "epoch_into")))
        return IND_OK;
    ind_headline_say(h, "; with an earlier %s ", ind_cell(rescue, back, "what"));
    return ind_headline_cell(h, "rescue", rescue, back, "accuracy", IND_SHARE, err);
}

static int say_dropped(struct ind_headline *h, struct ind_plot_run *run, const char *period,
                       struct ind_error *err)
{
    const struct ind_sheet *drop;
    if (!ind_plot_has_table(run, ind_plot_table_find("drop")))
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

/* The period that fell most, as the roles say, then what is measured of it at the end. */
int ind_say_study(struct ind_headline *h, struct ind_plot_run *run, struct ind_error *err)
{
    const struct ind_sheet *roles, *rescue;
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
    if (!fell && ind_say_guesses(h, run, period, err) != IND_OK)
        return IND_FAILED;
    if (h->text[0])
        return IND_OK;
    ind_headline_say(h, "Period %s %s ", period, fell ? "falls from" : "ends at");
    if (fell && (ind_headline_cell(h, "roles", roles, first, "peak", IND_SHARE, err) != IND_OK))
        return IND_FAILED;
    ind_headline_say(h, fell ? " to " : "");
    if (ind_headline_cell(h, "rescue", rescue, back, "accuracy_into", IND_SHARE, err) != IND_OK ||
        say_rescue(h, rescue, back, err) != IND_OK)
        return IND_FAILED;
    return say_dropped(h, run, period, err);
}
