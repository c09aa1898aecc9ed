#include "onset/least.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include <induct/base/memory.h>

static void centre(const double *y, int count, double *out)
{
    double mean = 0.0;
    for (int i = 0; i < count; i++)
        mean += y[i] / count;
    for (int i = 0; i < count; i++)
        out[i] = y[i] - mean;
}

static void add_up(struct ind_least *least)
{
    const double *x = least->x, *y = least->y;
    for (int i = least->count - 1; i >= 0; i--) {
        const struct ind_least_tail *next = &least->tails[i + 1];
        least->tails[i] =
            (struct ind_least_tail){next->n + 1.0, next->x + x[i], next->xx + x[i] * x[i],
                                    next->y + y[i], next->xy + x[i] * y[i]};
        least->squares += y[i] * y[i];
    }
}

int ind_least_make(const double *x, const double *y, int count, struct ind_least *out,
                   struct ind_error *err)
{
    *out = (struct ind_least){.count = count, .x = x};
    if (ind_alloc_into(&out->y, (size_t)count, sizeof *out->y, err))
        return IND_FAILED;
    if (ind_alloc_into(&out->tails, (size_t)count + 1, sizeof *out->tails, err)) {
        ind_least_free(out);
        return IND_FAILED;
    }
    centre(y, count, out->y);
    add_up(out);
    return IND_OK;
}

void ind_least_free(struct ind_least *least)
{
    free(least->y);
    free(least->tails);
    *least = (struct ind_least){0};
}

/* Of the points beyond this place. */
static const struct ind_least_tail *beyond(const struct ind_least *least, double place)
{
    int low = 0, high = least->count; /* the first point beyond is in low..high */
    while (low < high) {
        const int middle = low + (high - low) / 2;
        if (least->x[middle] > place)
            high = middle;
        else
            low = middle + 1;
    }
    return &least->tails[low];
}

/* The points beyond each place; false where a piece between them or at an end has too few. */
static bool cut(const struct ind_least *least, const double *at, int breaks,
                const struct ind_least_tail **tails)
{
    double left = least->count;
    for (int k = 0; k < breaks; k++) {
        tails[k] = beyond(least, at[k]);
        if (left - tails[k]->n < IND_ONSET_ROW)
            return false;
        left = tails[k]->n;
    }
    return breaks == 0 || left >= IND_ONSET_ROW;
}

/* The normal equations; gram [n, n], its lower triangle. */
static void equations(const struct ind_least *least, const struct ind_least_tail *const *tails,
                      const double *at, int breaks, double *gram, double *moment)
{
    const int n = breaks + 2;
    const struct ind_least_tail *all = &least->tails[0];
    gram[0] = all->n;
    gram[n] = all->x;
    gram[n + 1] = all->xx;
    moment[0] = all->y;
    moment[1] = all->xy;
    for (int k = 0; k < breaks; k++) {
        double *row = &gram[(2 + k) * n];
        row[0] = tails[k]->x - at[k] * tails[k]->n;
        row[1] = tails[k]->xx - at[k] * tails[k]->x;
        for (int b = 0; b <= k; b++)
            row[2 + b] = row[1] - at[b] * row[0];
        moment[2 + k] = tails[k]->xy - at[k] * tails[k]->y;
    }
}

/* Solves gram w = moment in place, gram positive definite, by Cholesky's decomposition with the
 * right side carried along: moment becomes w. False where columns are dependent. */
static bool solve(int n, double *gram, double *moment)
{
    for (int j = 0; j < n; j++) {
        const double whole = gram[j * n + j];
        for (int k = 0; k < j; k++)
            gram[j * n + j] -= gram[j * n + k] * gram[j * n + k];
        if (!(gram[j * n + j] > 1e-12 * whole))
            return false;
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
    for (int i = n - 1; i >= 0; i--) {
        for (int k = i + 1; k < n; k++)
            moment[i] -= gram[k * n + i] * moment[k];
        moment[i] /= gram[i * n + i];
    }
    return true;
}

double ind_least_rss(const struct ind_least *least, const double *at, int breaks,
                     double *coefficients)
{
    double gram[IND_LEAST_MOST * IND_LEAST_MOST], moment[IND_LEAST_MOST], w[IND_LEAST_MOST];
    const struct ind_least_tail *tails[IND_BREAKS_MOST];
    const int n = breaks + 2;
    if (!cut(least, at, breaks, tails))
        return (double)INFINITY;
    equations(least, tails, at, breaks, gram, moment);
    for (int a = 0; a < n; a++)
        w[a] = moment[a];
    if (!solve(n, gram, w))
        return (double)INFINITY;
    double rss = least->squares;
    for (int a = 0; a < n; a++) {
        rss -= moment[a] * w[a];
        if (coefficients != NULL)
            coefficients[a] = w[a];
    }
    return fmax(rss, 0.0);
}

/* To the next of the 3^breaks combinations of steps in which the fixed one stays. */
static bool next_step(int *step, int breaks, int fixed)
{
    for (int k = 0; k < breaks; k++) {
        if (k == fixed)
            continue;
        if (++step[k] <= 1)
            return true;
        step[k] = -1;
    }
    return false;
}

/* The best of the steps; false where to stay is. */
static bool descend(const struct ind_least *least, double reach, int fixed, double *at, int breaks,
                    double *rss)
{
    int step[IND_BREAKS_MOST] = {-1, -1, -1};
    double places[IND_BREAKS_MOST], best[IND_BREAKS_MOST];
    bool better = false;
    if (fixed >= 0)
        step[fixed] = 0;
    do {
        for (int k = 0; k < breaks; k++)
            places[k] = at[k] + step[k] * reach;
        const double there = ind_least_rss(least, places, breaks, NULL);
        if (there < *rss) {
            *rss = there;
            better = true;
            for (int k = 0; k < breaks; k++)
                best[k] = places[k];
        }
    } while (next_step(step, breaks, fixed));
    for (int k = 0; better && k < breaks; k++)
        at[k] = best[k];
    return better;
}

double ind_least_refine(const struct ind_least *least, double reach, double finest, int fixed,
                        double *at, int breaks)
{
    double rss = ind_least_rss(least, at, breaks, NULL);
    while (reach >= finest) {
        if (!descend(least, reach, fixed, at, breaks, &rss))
            reach *= 0.5;
    }
    return rss;
}
