/*
 * One-sided Jacobi, and Gram and Schmidt, on eight matrices at a time, for one instruction set
 * (simd.h).
 */
#ifndef INDUCT_LIB_MATH_SIMD_JACOBI_H
#define INDUCT_LIB_MATH_SIMD_JACOBI_H

#include "math/simd/lanes.h"

/* Columns at right angles to within this are left alone; so are columns below rounding of the
   largest. */
static const double right_angle = 1e-15, nothing = 1e-16;

enum { SWEEPS = 40 };

/* Pairs of columns turned at once, of each group of lanes. */
enum { TURNS = TURN_PAIRS * TURN_GROUPS };

/* How x and y of one group become the columns that they are turned to, the longer first. */
struct turning {
    vec_double x_from_x, x_from_y, y_from_x, y_from_y, xx, yy;
};

/* xx, yy, xy: products of the columns. t = tan of the angle is the smaller root of t^2 + t (yy -
 * xx) / xy - 1; no angle where they are not oblique. */
INLINE struct turning find_turning(vec_double xx, vec_double yy, vec_double xy, mask_double oblique)
{
    const vec_double apart = yy - xx, twice = 2.0 * xy;
    const vec_double all = size_of(apart) + root(apart * apart + twice * twice);
    const vec_double size = twice / choose(oblique, all, splat(1.0));
    const vec_double t = choose(oblique, choose(apart < 0.0, -size, size), splat(0.0));
    const vec_double c = 1.0 / root(t * t + 1.0), s = c * t;
    const vec_double new_xx = xx - t * xy, new_yy = yy + t * xy;
    const mask_double swap = new_yy > new_xx;
    return (struct turning){.x_from_x = choose(swap, s, c),
                            .x_from_y = choose(swap, c, -s),
                            .y_from_x = choose(swap, c, s),
                            .y_from_y = choose(swap, -s, c),
                            .xx = choose(swap, new_yy, new_xx),
                            .yy = choose(swap, new_xx, new_yy)};
}

/* What is turned at once: two columns in one group of lanes. */
struct turned {
    double *x, *y, *norm_x, *norm_y; /* norms are the squares of the lengths */
    vec_double floor;
};

INLINE void turn_columns(int m, const struct turned *at, int count, const struct turning *turning)
{
    for (int i = 0; i < m; i++) {
        for (int t = 0; t < count; t++) {
            const vec_double old_x = get(at[t].x, i), old_y = get(at[t].y, i);
            set(at[t].x, i, turning[t].x_from_x * old_x + turning[t].x_from_y * old_y);
            set(at[t].y, i, turning[t].y_from_x * old_x + turning[t].y_from_y * old_y);
        }
    }
}

/* Turns columns to right angles, `count` (a constant once inlined) pairs at once: an angle's square
 * roots and quotients wait for each other, those of several overlap. False if nothing was to be
 * done. */
INLINE bool turn(int m, const struct turned *at, int count)
{
    vec_double xx[TURNS], yy[TURNS], xy[TURNS];
    mask_double oblique[TURNS], needed = {0};
    for (int t = 0; t < count; t++) {
        xx[t] = get(at[t].norm_x, 0);
        yy[t] = get(at[t].norm_y, 0);
        xy[t] = dot(at[t].x, at[t].y, 0, m);
        oblique[t] = (xy[t] * xy[t] > right_angle * right_angle * xx[t] * yy[t]) &
                     (xx[t] > at[t].floor) & (yy[t] > at[t].floor);
        needed |= oblique[t] | (yy[t] > xx[t]);
    }
    if (!any(needed))
        return false;
    struct turning turning[TURNS];
    for (int t = 0; t < count; t++) {
        turning[t] = find_turning(xx[t], yy[t], xy[t], oblique[t]);
        set(at[t].norm_x, 0, turning[t].xx);
        set(at[t].norm_y, 0, turning[t].yy);
    }
    turn_columns(m, at, count, turning);
    return true;
}

/* Columns (p, q), (p + 1, q - 1), .. in TURN_GROUPS groups of lanes each. */
INLINE bool turn_pairs(int m, double *w, double *norms, const vec_double floor[TURN_GROUPS], int p,
                       int q, int pairs)
{
    struct turned at[TURNS];
    for (int i = 0; i < pairs; i++) {
        for (int g = 0; g < TURN_GROUPS; g++) {
            const int x = p + i, y = q - i, lane = g * DOUBLES;
            at[i * TURN_GROUPS + g] =
                (struct turned){column(w, m, x) + lane, column(w, m, y) + lane,
                                norms + x * LANES + lane, norms + y * LANES + lane, floor[g]};
        }
    }
    return turn(m, at, pairs * TURN_GROUPS);
}

/* Every pair once, as row by row, in which order the fewest sweeps are needed; but along the
 * diagonals, p + q = sum: a pair waits for (p, q - 1) and (p - 1, q), both of the diagonal before,
 * and those of one diagonal share no column. The bits are the same. */
INLINE bool sweep(int m, int n, double *w, double *norms, const vec_double floor[TURN_GROUPS])
{
    bool turned = false;
    for (int sum = 1; sum <= 2 * n - 3; sum++) {
        int p = sum < n ? 0 : sum - n + 1;
        for (; p + TURN_PAIRS - 1 < sum - p - TURN_PAIRS + 1; p += TURN_PAIRS)
            turned |= turn_pairs(m, w, norms, floor, p, sum - p, TURN_PAIRS);
        for (; p < sum - p; p++)
            turned |= turn_pairs(m, w, norms, floor, p, sum - p, 1);
    }
    return turned;
}

/* The squares of all columns' lengths, and what is nothing beside the largest. */
INLINE vec_double measure(int m, int n, const double *w, double *norms)
{
    vec_double largest = splat(0.0);
    for (int j = 0; j < n; j++) {
        const vec_double square = dot(column_of(w, m, j), column_of(w, m, j), 0, m);
        set(norms, j, square);
        largest = choose(square > largest, square, largest);
    }
    return largest * (nothing * nothing);
}

INLINE bool orthogonalise_groups(int m, int n, double *w, double *norms)
{
    for (int i = 0; i < SWEEPS; i++) {
        vec_double floor[TURN_GROUPS];
        for (int g = 0; g < TURN_GROUPS; g++)
            floor[g] = measure(m, n, w + g * DOUBLES, norms + g * DOUBLES);
        if (!sweep(m, n, w, norms, floor))
            return true;
    }
    return false;
}

static bool lanes_orthogonalise(int m, int n, double *w, double *norms)
{
    bool converged = true;
    for (int g = 0; g < LANES; g += TURN_GROUPS * DOUBLES) {
        if (!orthogonalise_groups(m, n, w + g, norms + g))
            converged = false;
    }
    for (int i = 0; i < n * LANES; i++)
        norms[i] = sqrt(norms[i]);
    return converged;
}

static void lanes_orthonormalise(int m, int n, double *x)
{
    for (int g = 0; g < LANES; g += DOUBLES) {
        for (int j = 0; j < n; j++) {
            double *own = column(x, m, j) + g;
            for (int l = 0; l < j; l++) {
                const double *other = column(x, m, l) + g;
                const vec_double along = dot(own, other, 0, m);
                for (int i = 0; i < m; i++)
                    set(own, i, get(own, i) - along * get(other, i));
            }
            const vec_double norm = root(dot(own, own, 0, m));
            const vec_double scale = 1.0 / choose(norm > 0.0, norm, splat(1.0));
            for (int i = 0; i < m; i++)
                set(own, i, get(own, i) * scale);
        }
    }
}

#endif
