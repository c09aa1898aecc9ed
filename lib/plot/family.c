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

int ind_guesses(struct ind_plot_run *run, const char *period, bool *guesses, struct ind_error *err)
{
    const struct ind_sheet *clean;
    bool *knows;
    *guesses = false;
    if (!ind_plot_has_table(run, ind_plot_table_find("clean")))
        return IND_OK;
    if (ind_plot_sheet(run, "clean", &clean, err) != IND_OK)
        return IND_FAILED;
    const struct ind_claims claims = ind_claims_of_knowing(run, clean);
    if (ind_claims_held(clean, &claims, &knows, err) != IND_OK)
        return IND_FAILED;
    const long row = clean_row(clean, period);
    *guesses = row >= 0 && !knows[row];
    free(knows);
    return IND_OK;
}

int ind_say_guesses(struct ind_headline *h, struct ind_plot_run *run, const char *period,
                    struct ind_error *err)
{
    const struct ind_sheet *clean;
    bool guesses;
    if (ind_guesses(run, period, &guesses, err) != IND_OK)
        return IND_FAILED;
    if (!guesses)
        return IND_OK;
    if (ind_plot_sheet(run, "clean", &clean, err) != IND_OK)
        return IND_FAILED;
    ind_headline_say(h, "No better than guessing at period %s: accuracy ", period);
    if (ind_headline_cell(h, "clean", clean, clean_row(clean, period), "accuracy", IND_SHARE,
                          err) != IND_OK)
        return IND_FAILED;
    ind_headline_say(h, " (chance %.2g)", 1.0 / (run->series->layout.config.vocab - 1));
    return IND_OK;
}
