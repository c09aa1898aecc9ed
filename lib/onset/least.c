#include "onset/least.h"

#include <math.h>
#include <stddef.h>

/* Cholesky, with the right side carried along. */
double ind_least_solve(int n, double *gram, double *moment)
{
    double moments[IND_LEAST_MOST];
    for (int i = 0; i < n; i++)
        moments[i] = moment[i];
    for (int j = 0; j < n; j++) {
        const double whole = gram[j * n + j];
        for (int k = 0; k < j; k++)
            gram[j * n + j] -= gram[j * n + k] * gram[j * n + k];
        if (!(gram[j * n + j] > 1e-12 * whole))
            return -1.0;
        gram[j * n + j] = sqrt(gram[j * n + j]);
        for (int i = j + 1; i < n; i++) {
            for (int k = 0; k < j; k++)
                gram[i * n + j] -= gram[i * n + k] * gram[j * n + k];
            gram[i * n + j] /= gram[j * n + j];
        }
    }
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < i; k++)
            moment[i] -= gram[i * n + k] * moment[k];
        moment[i] /= gram[i * n + i];
    }
    double explained = 0.0;
    for (int i = n - 1; i >= 0; i--) {
        for (int k = i + 1; k < n; k++)
            moment[i] -= gram[k * n + i] * moment[k];
        moment[i] /= gram[i * n + i];
        explained += moments[i] * moment[i];
    }
    return explained;
}

static double hinge(double x, double at)
{
    return x > at ? x - at : 0.0;
}

double ind_least_rss(const double *x, const double *y, int count, const double *at, int breaks,
                     double *coefficients)
{
    double gram[IND_LEAST_MOST * IND_LEAST_MOST] = {0}, moment[IND_LEAST_MOST] = {0}, rss = 0.0;
    const int n = breaks + 2;
    for (int i = 0; i < count; i++) {
        double column[IND_LEAST_MOST] = {1.0, x[i]};
        for (int k = 0; k < breaks; k++)
            column[2 + k] = hinge(x[i], at[k]);
        for (int a = 0; a < n; a++) {
            moment[a] += column[a] * y[i];
            for (int b = 0; b <= a; b++)
                gram[a * n + b] += column[a] * column[b];
        }
    }
    if (ind_least_solve(n, gram, moment) < 0.0)
        return (double)INFINITY;
    for (int i = 0; i < count; i++) {
        double fitted = moment[0] + moment[1] * x[i];
        for (int k = 0; k < breaks; k++)
            fitted += moment[2 + k] * hinge(x[i], at[k]);
        rss += (y[i] - fitted) * (y[i] - fitted);
    }
    for (int a = 0; coefficients != NULL && a < n; a++)
        coefficients[a] = moment[a];
    return rss;
}

/* The rss with one place elsewhere; infinite where it would pass a neighbour or leave the curve. */
static double moved(const double *x, const double *y, int count, const double *at, int breaks,
                    int k, double place)
{
    double places[IND_BREAKS_MOST];
    const double low = k > 0 ? at[k - 1] : x[1], high = k + 1 < breaks ? at[k + 1] : x[count - 2];
    if (place < low || place > high)
        return (double)INFINITY;
    for (int b = 0; b < breaks; b++)
        places[b] = b == k ? place : at[b];
    return ind_least_rss(x, y, count, places, breaks, NULL);
}

double ind_least_refine(const double *x, const double *y, int count, double reach, int rounds,
                        int fixed, double *at, int breaks)
{
    const double golden = 0.6180339887498949;
    double rss = ind_least_rss(x, y, count, at, breaks, NULL);
    for (int round = 0; round < rounds; round++) {
        for (int k = 0; k < breaks; k++) {
            if (k == fixed)
                continue;
            double low = at[k] - reach, high = at[k] + reach;
            for (int i = 0; i < 14; i++) {
                const double left = high - golden * (high - low),
                             right = low + golden * (high - low);
                if (moved(x, y, count, at, breaks, k, left) <
                    moved(x, y, count, at, breaks, k, right))
                    high = right;
                else
                    low = left;
            }
            const double place = 0.5 * (low + high),
                         there = moved(x, y, count, at, breaks, k, place);
            if (there < rss) {
                rss = there;
                at[k] = place;
            }
        }
    }
    return rss;
}
