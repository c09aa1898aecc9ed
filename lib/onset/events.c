/* Events that are read off the curve as it is. */
#include <induct/onset/onset.h>

#include <math.h>
#include <string.h>

int ind_onset_crossing(const double *y, int count, double level)
{
    int above = 0;
    for (int i = 0; i < count; i++) {
        above = y[i] > level ? above + 1 : 0; /* a NaN is not above */
        if (above == IND_ONSET_ROW)
            return i - IND_ONSET_ROW + 1;
    }
    return -1;
}

double ind_onset_level(const char *column, double chance, bool falls)
{
    if (strstr(column, "accuracy") != NULL || strncmp(column, "ood_", 4) == 0)
        return falls ? 0.2 : 0.5;
    return falls ? (double)NAN : 3.0 * chance;
}

void ind_onset_fall(const double *y, int count, double *out)
{
    double highest = -(double)INFINITY;
    for (int i = 0; i < count; i++) {
        const double value = y[i];
        if (value > highest)
            highest = value;
        out[i] = isnan(value) ? value : highest - value;
    }
}

int ind_onset_half(const double *y, int count)
{
    double first = (double)NAN, highest = -(double)INFINITY;
    for (int i = 0; i < count; i++) {
        if (isnan(first))
            first = y[i];
        if (y[i] > highest)
            highest = y[i];
    }
    return highest > first ? ind_onset_crossing(y, count, 0.5 * (first + highest)) : -1;
}

/* Least-squares slope of points first..last. */
static double slope_of(const double *x, const double *y, int first, int last)
{
    const int count = last - first + 1;
    double mean_x = 0.0, mean_y = 0.0, xy = 0.0, xx = 0.0;
    for (int i = first; i <= last; i++) {
        mean_x += x[i] / count;
        mean_y += y[i] / count;
    }
    for (int i = first; i <= last; i++) {
        xy += (x[i] - mean_x) * (y[i] - mean_y);
        xx += (x[i] - mean_x) * (x[i] - mean_x);
    }
    return xy / xx;
}

int ind_onset_steepest(const double *x, const double *y, int count, double *slope)
{
    /* where checkpoints are dense on the axis, five of them are all noise */
    const double reach = 0.05 + 1e-12;
    int best = -1;
    for (int i = 2; i + 2 < count; i++) {
        int first = i - 2, last = i + 2;
        while (first > 0 && x[i] - x[first - 1] <= reach)
            first--;
        while (last + 1 < count && x[last + 1] - x[i] <= reach)
            last++;
        const double here = slope_of(x, y, first, last);
        if (best < 0 ? !isnan(here) : here > *slope) {
            best = i;
            *slope = here;
        }
    }
    return best;
}
