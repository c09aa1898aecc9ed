/*
 * The search over places. The sum of squares has many minima, and two that are far apart can be
 * nearly as deep: so every choice from a grid is tried, each minimum of that table is followed
 * downhill, and the deepest one is polished.
 */
#include <induct/onset/onset.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include <induct/base/memory.h>

#include "onset/least.h"

enum { GRID = 48, AROUND = 13, FEWEST = 2 * IND_ONSET_ROW + 2 };

static const double FINEST = 1e-9; /* decades */

/* The best choice in which break k is at place g of the grid, for every k and g. */
struct choice {
    double rss;
    int chosen[IND_BREAKS_MOST];
};

/* Every choice of points with each break at one of those around it, and what each leaves. */
struct comb {
    int first[IND_BREAKS_MOST];
    double rss[AROUND * AROUND * AROUND];
};

struct search {
    int places;
    double at[GRID], spacing;
    struct choice best[IND_BREAKS_MOST][GRID];
    struct comb comb;
};

/* Places that leave pieces at both ends: half of them evenly over the axis, half evenly over the
 * points, which on this axis are dense late. */
static void lay_grid(const struct ind_least *least, struct search *search)
{
    const int first = IND_ONSET_ROW - 1, points = least->count - 2 * IND_ONSET_ROW + 1;
    const int each = points < GRID / 2 ? points : GRID / 2;
    const double low = least->x[first], high = least->x[first + points - 1];
    search->spacing = (high - low) / (each - 1);
    search->places = 0;
    for (int even = 0, point = 0; even < each || point < each;) {
        const double there = even < each ? low + even * search->spacing : (double)INFINITY;
        const double next =
            point < each ? least->x[first + point * (points - 1) / (each - 1)] : (double)INFINITY;
        even += there <= next;
        point += next <= there;
        search->at[search->places++] = there < next ? there : next;
    }
}

static double rss_of(const struct ind_least *least, const struct search *search, const int *chosen,
                     int breaks)
{
    double at[IND_BREAKS_MOST];
    for (int k = 0; k < breaks; k++)
        at[k] = search->at[chosen[k]];
    return ind_least_rss(least, at, breaks, NULL);
}

/* The next ascending choice of `breaks` places; false after the last. */
static bool next_choice(int *chosen, int breaks, int places)
{
    int k = breaks - 1;
    while (k >= 0 && chosen[k] == places - breaks + k)
        k--;
    if (k < 0)
        return false;
    chosen[k]++;
    for (int later = k + 1; later < breaks; later++)
        chosen[later] = chosen[later - 1] + 1;
    return true;
}

static void try_all(const struct ind_least *least, struct search *search, int breaks)
{
    struct choice now = {.chosen = {0, 1, 2}};
    for (int k = 0; k < breaks; k++) {
        for (int g = 0; g < search->places; g++)
            search->best[k][g].rss = (double)INFINITY;
    }
    do {
        now.rss = rss_of(least, search, now.chosen, breaks);
        for (int k = 0; k < breaks; k++) {
            if (now.rss < search->best[k][now.chosen[k]].rss)
                search->best[k][now.chosen[k]] = now;
        }
    } while (next_choice(now.chosen, breaks, search->places));
}

/* Less than with this break one place before or after. */
static bool is_minimum(const struct choice *of_break, int g, int places)
{
    return isfinite(of_break[g].rss) && (g == 0 || of_break[g].rss < of_break[g - 1].rss) &&
           (g + 1 == places || of_break[g].rss <= of_break[g + 1].rss);
}

static void copy(const double *from, int breaks, double *to)
{
    for (int k = 0; k < breaks; k++)
        to[k] = from[k];
}

/* From every minimum of the table downhill; the lowest sum of squares, and where it is. */
static double follow(const struct ind_least *least, const struct search *search, int breaks,
                     double *at)
{
    double lowest = (double)INFINITY;
    for (int k = 0; k < breaks; k++) {
        for (int g = 0; g < search->places; g++) {
            if (!is_minimum(search->best[k], g, search->places))
                continue;
            double places[IND_BREAKS_MOST];
            for (int b = 0; b < breaks; b++)
                places[b] = search->at[search->best[k][g].chosen[b]];
            const double rss = ind_least_refine(least, 0.5 * search->spacing,
                                                0.01 * search->spacing, -1, places, breaks);
            if (rss < lowest) {
                lowest = rss;
                copy(places, breaks, at);
            }
        }
    }
    return lowest;
}

/* The places of choice number c; its digits to the base AROUND are the breaks' points. (Of a curve
 * of fewer points the last stands for those that it has not; no piece begins there.) */
static void places_of(const struct ind_least *least, const struct comb *comb, int breaks, int c,
                      double *places)
{
    for (int k = 0; k < breaks; k++, c /= AROUND) {
        const int point = comb->first[k] + c % AROUND;
        places[k] = least->x[point < least->count ? point : least->count - 1];
    }
}

static int lay_comb(const struct ind_least *least, const double *at, int breaks, struct comb *comb)
{
    int choices = 1;
    double places[IND_BREAKS_MOST];
    for (int k = 0; k < breaks; k++, choices *= AROUND) {
        comb->first[k] = 0;
        while (comb->first[k] + AROUND < least->count &&
               least->x[comb->first[k] + AROUND / 2] < at[k])
            comb->first[k]++;
    }
    for (int c = 0; c < choices; c++) {
        places_of(least, comb, breaks, c, places);
        comb->rss[c] = ind_least_rss(least, places, breaks, NULL);
    }
    return choices;
}

/* No break does better one point before or after. */
static bool is_tooth(const struct comb *comb, int breaks, int c)
{
    for (int k = 0, place = 1; k < breaks; k++, place *= AROUND) {
        const int digit = c / place % AROUND;
        if ((digit > 0 && comb->rss[c - place] < comb->rss[c]) ||
            (digit + 1 < AROUND && comb->rss[c + place] < comb->rss[c]))
            return false;
    }
    return isfinite(comb->rss[c]);
}

/* Looks around for a lower minimum, of which there may be one between any two points. */
static double settle(const struct ind_least *least, struct comb *comb, int breaks, double *at)
{
    const double reach = (least->x[least->count - 1] - least->x[0]) / GRID;
    const int choices = lay_comb(least, at, breaks, comb);
    double lowest = ind_least_refine(least, 0.01 * reach, FINEST, -1, at, breaks);
    for (int c = 0; c < choices; c++) {
        double places[IND_BREAKS_MOST];
        if (!is_tooth(comb, breaks, c))
            continue;
        places_of(least, comb, breaks, c, places);
        const double rss = ind_least_refine(least, 0.1 * reach, FINEST, -1, places, breaks);
        if (rss < lowest) {
            lowest = rss;
            copy(places, breaks, at);
        }
    }
    return lowest;
}

/* The least sum of squares with so many breaks, and where they are. */
static double fit(const struct ind_least *least, struct search *search, int breaks, double *at)
{
    try_all(least, search, breaks);
    double before = follow(least, search, breaks, at);
    for (;;) {
        const double lowest = settle(least, &search->comb, breaks, at);
        if (!(lowest < before * (1.0 - 1e-9)))
            return lowest;
        before = lowest;
    }
}

static double bic(double rss, double variation, int count, int breaks)
{
    /* a perfect fit must not be infinitely good, or rounding would choose */
    const double floor = 1e-12 * variation;
    return count * log(fmax(rss, floor) / count) + (2 + 2 * breaks) * log(count);
}

static void describe(const struct ind_least *least, struct ind_breaks *out)
{
    double coefficients[IND_LEAST_MOST];
    out->rss = ind_least_rss(least, out->at, out->count, coefficients);
    out->slope[0] = coefficients[1];
    for (int k = 0; k < out->count; k++)
        out->slope[k + 1] = out->slope[k] + coefficients[2 + k];
}

static void choose(const struct ind_least *least, struct search *search, struct ind_breaks *out)
{
    const int count = least->count;
    double lowest = bic(ind_least_rss(least, NULL, 0, NULL), least->squares, count, 0);
    for (int breaks = 1; breaks <= IND_BREAKS_MOST; breaks++) {
        double at[IND_BREAKS_MOST] = {0};
        const double rss = fit(least, search, breaks, at);
        const double value = bic(rss, least->squares, count, breaks);
        if (value < lowest) {
            lowest = value;
            out->count = breaks;
            for (int k = 0; k < breaks; k++)
                out->at[k] = at[k];
        }
    }
}

int ind_breaks_fit(const double *x, const double *y, int count, struct ind_breaks *out,
                   struct ind_error *err)
{
    struct search *search = NULL;
    struct ind_least least;
    *out = (struct ind_breaks){0};
    if (count < FEWEST)
        return IND_OK;
    if (ind_least_make(x, y, count, &least, err))
        return IND_FAILED;
    const int status = ind_alloc_into(&search, 1, sizeof *search, err);
    if (status == IND_OK && least.squares > 0.0) {
        lay_grid(&least, search);
        choose(&least, search, out);
        describe(&least, out);
    }
    free(search);
    ind_least_free(&least);
    return status;
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
