#include "events.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/onset/onset.h>

static int add(struct found *found, struct row row, struct ind_error *err)
{
    if (found->count == found->room) {
        const int room = found->room > 0 ? 2 * found->room : 64;
        struct row *rows = realloc(found->rows, (size_t)room * sizeof *rows);
        if (rows == NULL)
            return ind_fail(err, "out of memory");
        found->rows = rows;
        found->room = room;
    }
    found->rows[found->count++] = row;
    return IND_OK;
}

static double level_of(const struct settings *settings, const struct ind_curve *curve)
{
    return isnan(settings->level) ? ind_onset_level(curve->column, curve->chance, settings->falls)
                                  : settings->level;
}

static double epoch_at(const struct ind_curve *curve, int index)
{
    return index >= 0 ? curve->epoch[index] : (double)NAN;
}

static struct row crossing(const struct ind_curve *curve, double level, bool falls)
{
    const int at = ind_onset_crossing(curve->y, curve->count, level);
    struct row row = {.event = "crossing",
                      .epoch = epoch_at(curve, at),
                      .epoch_lo = (double)NAN,
                      .epoch_hi = (double)NAN,
                      .value = level,
                      .status = at >= 0 ? "seen" : "censored"};
    if (curve->lo != NULL && !falls) {
        row.epoch_lo = epoch_at(curve, ind_onset_crossing(curve->hi, curve->count, level));
        row.epoch_hi = epoch_at(curve, ind_onset_crossing(curve->lo, curve->count, level));
    }
    return row;
}

/* The points that have a place on a logarithmic axis; x [count], y [count]. */
static int logarithmic(const struct ind_curve *curve, double *x, double *y)
{
    int count = 0;
    for (int i = 0; i < curve->count; i++) {
        if (curve->epoch[i] < 1.0 || isnan(curve->y[i]))
            continue;
        x[count] = log10(curve->epoch[i]);
        y[count++] = curve->y[i];
    }
    return count;
}

/* "seen" where the break is still there when half of what follows it (on the axis) is cut off. */
static int settle(const double *x, const double *y, int count, double at, double lo, double hi,
                  const char **status, struct ind_error *err)
{
    struct ind_breaks cut;
    const double end = at + 0.5 * (x[count - 1] - at);
    int left = 0;
    while (left < count && x[left] <= end)
        left++;
    *status = "unsettled";
    if (ind_breaks_fit(x, y, left, &cut, err))
        return IND_FAILED;
    for (int k = 0; k < cut.count; k++) {
        if (cut.at[k] >= lo && cut.at[k] <= hi && cut.slope[k + 1] > cut.slope[k])
            *status = "seen";
    }
    return IND_OK;
}

static int find_break(const double *x, const double *y, int count, struct row *row,
                      struct ind_error *err)
{
    struct ind_breaks breaks;
    double lo[IND_BREAKS_MOST], hi[IND_BREAKS_MOST];
    *row = (struct row){.event = "break",
                        .epoch = (double)NAN,
                        .epoch_lo = (double)NAN,
                        .epoch_hi = (double)NAN,
                        .value = (double)NAN,
                        .status = "censored",
                        .future = 1};
    if (ind_breaks_fit(x, y, count, &breaks, err))
        return IND_FAILED;
    const int onset = ind_breaks_onset(&breaks);
    if (onset < 0)
        return IND_OK;
    row->value = breaks.slope[onset + 1];
    if (count < 4 || breaks.at[onset] > x[count - 1 - IND_ONSET_ROW]) {
        row->status = "not_yet";
        return IND_OK;
    }
    if (ind_breaks_intervals(x, y, count, &breaks, lo, hi, err))
        return IND_FAILED;
    row->epoch = pow(10.0, breaks.at[onset]);
    row->epoch_lo = pow(10.0, lo[onset]);
    row->epoch_hi = pow(10.0, hi[onset]);
    return settle(x, y, count, breaks.at[onset], lo[onset], hi[onset], &row->status, err);
}

/* Of a curve without a rise the half-way mark is one of its noise. */
static struct row half_rise(const struct ind_curve *curve, bool rises)
{
    const int at = rises ? ind_onset_half(curve->y, curve->count) : -1;
    return (struct row){.event = "half_rise",
                        .epoch = epoch_at(curve, at),
                        .epoch_lo = (double)NAN,
                        .epoch_hi = (double)NAN,
                        .value = at >= 0 ? curve->y[at] : (double)NAN,
                        .status = at >= 0 ? "seen" : "censored",
                        .future = 1};
}

static struct row steepest(const double *x, const double *y, int count, bool rises)
{
    double slope = (double)NAN;
    const int at = rises ? ind_onset_steepest(x, y, count, &slope) : -1;
    return (struct row){.event = "steepest",
                        .epoch = at >= 0 ? pow(10.0, x[at]) : (double)NAN,
                        .epoch_lo = (double)NAN,
                        .epoch_hi = (double)NAN,
                        .value = slope,
                        .status = at >= 0 ? "seen" : "censored",
                        .future = 1};
}

int add_events(struct found *found, const struct settings *settings, const char *table,
               struct ind_curve *curve, struct ind_error *err)
{
    struct row rows[4];
    double *axis;
    int count = 0;
    if (settings->falls)
        ind_onset_fall(curve->y, curve->count, curve->y);
    if (ind_alloc_into(&axis, 2 * (size_t)curve->count, sizeof *axis, err))
        return IND_FAILED;
    double *y = axis + curve->count;
    const int points = logarithmic(curve, axis, y);
    const double level = level_of(settings, curve);
    if (!isnan(level))
        rows[count++] = crossing(curve, level, settings->falls);
    int status = find_break(axis, y, points, &rows[count++], err);
    const bool rises = strcmp(rows[count - 1].status, "censored") != 0;
    rows[count++] = half_rise(curve, rises);
    rows[count++] = steepest(axis, y, points, rises);
    free(axis);
    for (int e = 0; e < count && status == IND_OK; e++) {
        rows[e].table = table;
        rows[e].of = curve->of;
        rows[e].column = curve->column;
        status = add(found, rows[e], err);
    }
    return status;
}
