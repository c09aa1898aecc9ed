#include "plot/family.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/math/stats.h>

static const double alpha = 0.05, normal_quantile = 1.959963984540054; /* of 97.5 % */

/* ---- Claims ---------------------------------------------------------------------------------- */

/* The two-sided p of a row, 1 on the wrong side. */
static double p_of(const struct ind_sheet *sheet, size_t row, const struct ind_claims *claims)
{
    const double value = ind_number(sheet, (long)row, claims->value);
    const double bound = ind_number(sheet, (long)row, claims->bound);
    const double beyond = claims->sign * (value - claims->from);
    if (!(beyond > 0.0))
        return 1.0;
    const double error = fabs(value - bound) / normal_quantile;
    return isnan(error) || error == 0.0 ? 0.0 : 2.0 * ind_normal_tail(beyond / error);
}

static void hold(const struct ind_sheet *sheet, const struct ind_claims *claims, double *p,
                 size_t *order, bool *held)
{
    const size_t count = sheet->row_count;
    for (size_t row = 0; row < count; row++)
        p[row] = claims->keep(sheet, row, claims->context) ? p_of(sheet, row, claims) : (double)NAN;
    ind_holm_adjust(p, count, order, p);
    for (size_t row = 0; row < count; row++)
        held[row] = p[row] < alpha && fabs(ind_number(sheet, (long)row, claims->value) -
                                           claims->from) >= claims->least;
}

int ind_claims_held(const struct ind_sheet *sheet, const struct ind_claims *claims, bool **held,
                    struct ind_error *err)
{
    double *p = NULL;
    size_t *order = NULL;
    *held = NULL;
    int status = IND_FAILED;
    if (ind_alloc_into(&p, sheet->row_count, sizeof *p, err) == IND_OK &&
        ind_alloc_into(&order, sheet->row_count, sizeof *order, err) == IND_OK &&
        ind_alloc_into(held, sheet->row_count, sizeof **held, err) == IND_OK) {
        hold(sheet, claims, p, order, *held);
        status = IND_OK;
    }
    free(p);
    free(order);
    return status;
}

static bool is_held(const struct ind_sheet *sheet, size_t row, const void *context)
{
    (void)sheet;
    return ((const bool *)context)[row];
}

int ind_claims_pick(const struct ind_sheet *sheet, const struct ind_claims *claims, long *row,
                    struct ind_error *err)
{
    bool *held;
    if (ind_claims_held(sheet, claims, &held, err) != IND_OK)
        return IND_FAILED;
    *row = ind_pick_if(sheet, claims->sign, claims->value, is_held, held);
    free(held);
    return IND_OK;
}

/* ---- Guessing -------------------------------------------------------------------------------- */

struct ind_claims ind_claims_of_knowing(const struct ind_plot_run *run,
                                        const struct ind_sheet *sheet)
{
    return (struct ind_claims){.value = "accuracy",
                               .bound = "accuracy_lo",
                               .from = 1.0 / (run->series->layout.config.vocab - 1),
                               .sign = 1,
                               .keep = ind_at_epoch,
                               .context = ind_last_epoch(sheet)};
}

static long clean_row(const struct ind_sheet *clean, const char *period)
{
    return ind_pick(clean, 1, "accuracy", "epoch", ind_last_epoch(clean), "period", period, NULL);
}

/* The table "clean", and which of its rows are above guessing: to be freed; NULL, and no table, where
 * the run has none. */
static int knowledge(struct ind_plot_run *run, const struct ind_sheet **clean, bool **knows,
                     struct ind_error *err)
{
    *clean = NULL;
    *knows = NULL;
    if (!ind_plot_has_table(run, ind_plot_table_find("clean")))
        return IND_OK;
    if (ind_plot_sheet(run, "clean", clean, err) != IND_OK)
        return IND_FAILED;
    const struct ind_claims claims = ind_claims_of_knowing(run, *clean);
    return ind_claims_held(*clean, &claims, knows, err);
}

int ind_guesses(struct ind_plot_run *run, const struct ind_sheet *sheet, bool *guesses,
                struct ind_error *err)
{
    const struct ind_sheet *clean;
    bool *knows;
    const int status = knowledge(run, &clean, &knows, err);
    for (size_t row = 0; row < sheet->row_count; row++) {
        const long of = knows ? clean_row(clean, ind_cell(sheet, (long)row, "period")) : -1;
        guesses[row] = of >= 0 && !knows[of];
    }
    free(knows);
    return status;
}

int ind_say_guesses(struct ind_headline *h, struct ind_plot_run *run, const char *period,
                    struct ind_error *err)
{
    const struct ind_sheet *clean;
    bool *knows;
    int status = knowledge(run, &clean, &knows, err);
    const long of = knows ? clean_row(clean, period) : -1;
    if (of >= 0 && !knows[of]) {
        ind_headline_say(h, "No better than guessing at period %s: accuracy ", period);
        status = ind_headline_cell(h, "clean", clean, of, "accuracy", IND_SHARE, err);
        ind_headline_say(h, " (chance %.2g)", 1.0 / (run->series->layout.config.vocab - 1));
    }
    free(knows);
    return status;
}
