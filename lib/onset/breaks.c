/*
 * The search over places. The Gram matrix of all hinges of the grid is made once; a set of places
 * then costs one small Cholesky decomposition, and all sets of three of 48 take a few milliseconds.
 */
#include <induct/onset/onset.h>

#include <math.h>
#include <stdlib.h>

#include <induct/base/memory.h>

#include "onset/least.h"

enum { GRID = 48, COLUMNS = GRID + 2, FEWEST = 8, ROUNDS = 3 };

struct grid {
    int places;
    double at[GRID], spacing;
    double gram[COLUMNS * COLUMNS], moment[COLUMNS], squares;
};

/* Places between the second point and the last but one, evenly over the axis. */
static void lay_grid(struct grid *grid, const double *x, int count)
{
    const double low = x[1], high = x[count - 2];
    grid->places = count - 4 < GRID ? count - 4 : GRID;
    grid->spacing = (high - low) / (grid->places > 1 ? grid->places - 1 : 1);
    for (int k = 0; k < grid->places; k++)
        grid->at[k] = low + k * grid->spacing;
}

static void accumulate(struct grid *grid, const double *x, const double *y, int count)
{
    const int n = grid->places + 2;
    for (int i = 0; i < count; i++) {
        double column[COLUMNS] = {1.0, x[i]};
        for (int k = 0; k < grid->places; k++)
            column[2 + k] = x[i] > grid->at[k] ? x[i] - grid->at[k] : 0.0;
        for (int a = 0; a < n; a++) {
            grid->moment[a] += column[a] * y[i];
            for (int b = 0; b <= a; b++)
                grid->gram[a * COLUMNS + b] += column[a] * column[b];
        }
        grid->squares += y[i] * y[i];
    }
}

/* Residual sum of squares with hinges at these places of the grid, ascending. */
static double rss_of(const struct grid *grid, const int *chosen, int breaks)
{
    double gram[IND_LEAST_MOST * IND_LEAST_MOST], moment[IND_LEAST_MOST];
    int columns[IND_LEAST_MOST] = {0, 1};
    const int n = breaks + 2;
    for (int k = 0; k < breaks; k++)
        columns[2 + k] = 2 + chosen[k];
    for (int a = 0; a < n; a++) {
        moment[a] = grid->moment[columns[a]];
        for (int b = 0; b <= a; b++)
            gram[a * n + b] = grid->gram[columns[a] * COLUMNS + columns[b]];
    }
    const double explained = ind_least_solve(n, gram, moment);
    return explained < 0.0 ? (double)INFINITY : fmax(grid->squares - explained, 0.0);
}

/* All ascending choices of `breaks` places, the best one into best. */
static double search(const struct grid *grid, int breaks, int *best)
{
    int chosen[IND_BREAKS_MOST] = {0, 1, 2};
    double least = (double)INFINITY;
    for (;;) {
        const double rss = rss_of(grid, chosen, breaks);
        if (rss < least) {
            least = rss;
            for (int k = 0; k < breaks; k++)
                best[k] = chosen[k];
        }
        int k = breaks - 1;
        while (k >= 0 && chosen[k] == grid->places - breaks + k)
            k--;
        if (k < 0)
            return least;
        chosen[k]++;
        for (int later = k + 1; later < breaks; later++)
            chosen[later] = chosen[later - 1] + 1;
    }
}

static double bic(double rss, double variation, int count, int breaks)
{
    /* a perfect fit must not be infinitely good, or rounding would choose */
    const double floor = 1e-12 * variation;
    return count * log(fmax(rss, floor) / count) + (2 + 2 * breaks) * log(count);
}

static void describe(const double *x, const double *y, int count, struct ind_breaks *out)
{
    double coefficients[IND_LEAST_MOST];
    out->rss = ind_least_rss(x, y, count, out->at, out->count, coefficients);
    out->slope[0] = coefficients[1];
    for (int k = 0; k < out->count; k++)
        out->slope[k + 1] = out->slope[k] + coefficients[2 + k];
}

static void choose(struct grid *grid, const double *x, const double *y, int count, double variation,
                   struct ind_breaks *out)
{
    const int most = grid->places < IND_BREAKS_MOST ? grid->places : IND_BREAKS_MOST;
    double least = bic(ind_least_rss(x, y, count, NULL, 0, NULL), variation, count, 0);
    for (int breaks = 1; breaks <= most; breaks++) {
        int best[IND_BREAKS_MOST] = {0};
        double at[IND_BREAKS_MOST];
        search(grid, breaks, best);
        for (int k = 0; k < breaks; k++)
            at[k] = grid->at[best[k]];
        const double rss = ind_least_refine(x, y, count, grid->spacing, ROUNDS, -1, at, breaks);
        const double value = bic(rss, variation, count, breaks);
        if (value < least) {
            least = value;
            out->count = breaks;
            for (int k = 0; k < breaks; k++)
                out->at[k] = at[k];
        }
    }
}

static double variation_of(const double *y, int count, double *mean)
{
    double sum = 0.0;
    *mean = 0.0;
    for (int i = 0; i < count; i++)
        *mean += y[i] / count;
    for (int i = 0; i < count; i++)
        sum += (y[i] - *mean) * (y[i] - *mean);
    return sum;
}

int ind_breaks_fit(const double *x, const double *y, int count, struct ind_breaks *out,
                   struct ind_error *err)
{
    double mean, *centred;
    *out = (struct ind_breaks){0};
    const double variation = variation_of(y, count, &mean);
    if (count < FEWEST || !(variation > 0.0))
        return IND_OK;
    struct grid *grid;
    if (ind_alloc_into(&grid, 1, sizeof *grid, err))
        return IND_FAILED;
    if (ind_alloc_into(&centred, (size_t)count, sizeof *centred, err)) {
        free(grid);
        return IND_FAILED;
    }
    for (int i = 0; i < count; i++)
        centred[i] = y[i] - mean; /* sums of squares then keep their digits */
    lay_grid(grid, x, count);
    accumulate(grid, x, centred, count);
    choose(grid, x, centred, count, variation, out);
    describe(x, centred, count, out);
    free(centred);
    free(grid);
    return IND_OK;
}

int ind_breaks_onset(const struct ind_breaks *breaks)
{
    int onset = -1;
    double largest = 0.0;
    for (int k = 0; k < breaks->count; k++) {
        const double change = breaks->slope[k + 1] - breaks->slope[k];
        if (breaks->slope[k + 1] > 0.0 && change > largest) {
            largest = change;
            onset = k;
        }
    }
    return onset;
}
