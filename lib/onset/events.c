/* Events that are read off the curve as it is. */
#include <induct/onset/onset.h>

#include <math.h>

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

enum { WINDOW = 5 };

static double slope_of(const double *x, const double *y)
{
    double mean_x = 0.0, mean_y = 0.0, xy = 0.0, xx = 0.0;
    for (int i = 0; i < WINDOW; i++) {
        mean_x += x[i] / WINDOW;
        mean_y += y[i] / WINDOW;
    }
    for (int i = 0; i < WINDOW; i++) {
        xy += (x[i] - mean_x) * (y[i] - mean_y);
        xx += (x[i] - mean_x) * (x[i] - mean_x);
    }
    return xy / xx;
}

int ind_onset_steepest(const double *x, const double *y, int count, double *slope)
{
    int best = -1;
    for (int i = 0; i + WINDOW <= count; i++) {
        const double here = slope_of(x + i, y + i);
        if (best < 0 ? !isnan(here) : here > *slope) {
            best = i + WINDOW / 2;
            *slope = here;
        }
    }
    return best;
}
