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

INLINE void turn_columns(int m, double *x, double *y, const struct turning turning[TURN_GROUPS])
{
    for (int i = 0; i < m; i++) {
        for (int g = 0; g < TURN_GROUPS; g++) {
            const vec_double old_x = get(x + g * DOUBLES, i), old_y = get(y + g * DOUBLES, i);
            set(x + g * DOUBLES, i, turning[g].x_from_x * old_x + turning[g].x_from_y * old_y);
            set(y + g * DOUBLES, i, turning[g].y_from_x * old_x + turning[g].y_from_y * old_y);
        }
    }
}

/* Turns columns x and y to a right angle, in TURN_GROUPS groups of lanes: an angle's square roots
 * and quotients wait for each other, those of two groups overlap. norms are the squares of the
 * lengths. False if nothing was to be done. */
INLINE bool turn(int m, double *x, double *y, double *norm_x, double *norm_y,
                 const vec_double floor[TURN_GROUPS])
{
    vec_double xx[TURN_GROUPS], yy[TURN_GROUPS], xy[TURN_GROUPS];
    mask_double oblique[TURN_GROUPS], needed = {0};
    for (int g = 0; g < TURN_GROUPS; g++) {
        xx[g] = get(norm_x + g * DOUBLES, 0);
        yy[g] = get(norm_y + g * DOUBLES, 0);
        xy[g] = dot(x + g * DOUBLES, y + g * DOUBLES, 0, m);
        oblique[g] = (xy[g] * xy[g] > right_angle * right_angle * xx[g] * yy[g]) &
                     (xx[g] > floor[g]) & (yy[g] > floor[g]);
        needed |= oblique[g] | (yy[g] > xx[g]);
    }
    if (!any(needed))
        return false;
    struct turning turning[TURN_GROUPS];
    for (int g = 0; g < TURN_GROUPS; g++) {
        turning[g] = find_turning(xx[g], yy[g], xy[g], oblique[g]);
        set(norm_x + g * DOUBLES, 0, turning[g].xx);
        set(norm_y + g * DOUBLES, 0, turning[g].yy);
    }
    turn_columns(m, x, y, turning);
    return true;
}

/* Every pair once, row by row: in this order the fewest sweeps are needed. */
INLINE bool sweep(int m, int n, double *w, double *norms, const vec_double floor[TURN_GROUPS])
{
    bool turned = false;
    for (int p = 0; p < n - 1; p++) {
        for (int q = p + 1; q < n; q++) {
            if (turn(m, column(w, m, p), column(w, m, q), norms + p * LANES, norms + q * LANES,
                     floor))
                turned = true;
        }
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
