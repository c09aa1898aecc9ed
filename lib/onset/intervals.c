/* How far a break can be moved before the fit becomes implausible. */
#include <induct/onset/onset.h>

#include <math.h>
#include <stdlib.h>

#include <induct/base/memory.h>

#include "onset/least.h"

/* The residuals' correlation from one checkpoint to the next; what is below 0 is taken for 0. */
static double correlation(const struct ind_least *least, const struct ind_breaks *breaks)
{
    double c[IND_LEAST_MOST], before = 0.0, product = 0.0, square = 0.0;
    ind_least_rss(least, breaks->at, breaks->count, c);
    for (int i = 0; i < least->count; i++) {
        double residual = least->y[i] - c[0] - c[1] * least->x[i];
        for (int k = 0; k < breaks->count; k++)
            residual -= c[2 + k] * fmax(0.0, least->x[i] - breaks->at[k]);
        product += i > 0 ? before * residual : 0.0;
        square += residual * residual;
        before = residual;
    }
    return square > 0.0 ? fmin(fmax(product / square, 0.0), 0.95) : 0.0;
}

/* The residual sum of squares with break k at this place and the others where they fit best. */
static double profile(const struct ind_least *least, const struct ind_breaks *breaks, int k,
                      double place)
{
    double at[IND_BREAKS_MOST];
    const double *x = least->x;
    const int last = least->count - 1;
    for (int b = 0; b < breaks->count; b++)
        at[b] = breaks->at[b];
    at[k] = place;
    const double low = k > 0 ? at[k - 1] : x[0], high = k + 1 < breaks->count ? at[k + 1] : x[last];
    if (place <= low || place >= high)
        return (double)INFINITY;
    const double reach = (x[last] - x[0]) / 16.0;
    return ind_least_refine(least, reach, 1e-3 * reach, k, at, breaks->count);
}

/* From the break towards `end`: the first place that is implausible, found by doubling steps and
 * halving the last one. */
static double limit(const struct ind_least *least, const struct ind_breaks *breaks, int k,
                    double end, double threshold)
{
    double inside = breaks->at[k], step = (end - inside) / 64.0;
    for (;; step *= 2.0) {
        const double next = inside + step;
        if ((end - next) * step <= 0.0) {
            if (profile(least, breaks, k, end) <= threshold)
                return end;
            step = end - inside;
            break;
        }
        if (profile(least, breaks, k, next) > threshold)
            break;
        inside = next;
    }
    for (int i = 0; i < 12; i++) {
        step *= 0.5;
        if (profile(least, breaks, k, inside + step) <= threshold)
            inside += step;
    }
    return inside;
}

static void intervals(const struct ind_least *least, const struct ind_breaks *breaks, double *lo,
                      double *hi)
{
    const int count = least->count;
    const double chi_squared = 3.841458820694124, r = correlation(least, breaks);
    const double freedom = fmax(1.0, count - 2 - 2 * breaks->count);
    const double threshold = breaks->rss * (1.0 + (1.0 + r) / (1.0 - r) * chi_squared / freedom);
    for (int k = 0; k < breaks->count; k++) {
        lo[k] = limit(least, breaks, k, least->x[IND_ONSET_ROW - 1], threshold);
        hi[k] = limit(least, breaks, k, least->x[count - IND_ONSET_ROW], threshold);
    }
}

int ind_breaks_intervals(const double *x, const double *y, int count,
                         const struct ind_breaks *breaks, double *lo, double *hi,
                         struct ind_error *err)
{
    struct ind_least least;
    if (breaks->count == 0)
        return IND_OK;
    if (ind_least_make(x, y, count, &least, err))
        return IND_FAILED;
    intervals(&least, breaks, lo, hi);
    ind_least_free(&least);
    return IND_OK;
}
