/*
 * The kernels on eight matrices for one instruction set (see lanes.h). One vector holds the same
 * entry of W matrices; a kernel goes through the eight in 8 / W groups, so that what a group works
 * on stays in cache and its sums in registers. Columns are adjacent: entry (i, j) of [m, n] is
 * number j m + i.
 */
#include "math/simd/lanes.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>

enum { LANES = 8 };

/* W lanes a vector; P groups of lanes are turned at a time. */
#if defined(__AVX512F__)
enum { W = 8, P = 1 };
#elif defined(__AVX2__)
enum { W = 4, P = 2 };
#else
enum { W = 2, P = 2 };
#endif

typedef double vec __attribute__((vector_size(W * 8)));
typedef int64_t mask __attribute__((vector_size(W * 8)));

#define INLINE static inline __attribute__((always_inline))

INLINE vec get(const double *a, int index)
{
    return *(const vec *)(a + (size_t)index * LANES);
}

INLINE void set(double *a, int index, vec value)
{
    *(vec *)(a + (size_t)index * LANES) = value;
}

INLINE vec splat(double x)
{
    return x - (vec){0};
}

/* a where the mask's lane is all ones, b where it is zero. */
INLINE vec choose(mask which, vec a, vec b)
{
    return (vec)(((mask)a & which) | ((mask)b & ~which));
}

INLINE vec root(vec v)
{
    for (int i = 0; i < W; i++)
        v[i] = sqrt(v[i]);
    return v;
}

INLINE vec size_of(vec v)
{
    return (vec)((mask)v & INT64_MAX);
}

INLINE bool any(mask which)
{
    int64_t found = 0;
    for (int i = 0; i < W; i++)
        found |= which[i];
    return found != 0;
}

/* Column j of a matrix of m rows. */
INLINE double *column(double *a, int m, int j)
{
    return a + (size_t)j * (size_t)m * LANES;
}

INLINE const double *column_of(const double *a, int m, int j)
{
    return a + (size_t)j * (size_t)m * LANES;
}

/* sum of x_i y_i, first <= i < end; four sums, for one alone waits for each addition. */
INLINE vec dot(const double *x, const double *y, int first, int end)
{
    vec sum[4] = {splat(0), splat(0), splat(0), splat(0)};
    int i = first;
    for (; i + 4 <= end; i += 4) {
        for (int l = 0; l < 4; l++)
            sum[l] += get(x, i + l) * get(y, i + l);
    }
    for (; i < end; i++)
        sum[0] += get(x, i) * get(y, i);
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* ---- QR -------------------------------------------------------------------------------------- */

/* H = I - tau v v^T takes x to (.., r, 0, ..); v is x below its entry j, scaled, and 1 there. */
INLINE vec make_reflector(int m, int j, double *x)
{
    const vec first = get(x, j), below = dot(x, x, j + 1, m);
    const mask done = below == 0.0; /* nothing to remove: H = I */
    const vec norm = root(first * first + below);
    const vec r = choose(first > 0.0, -norm, norm), v = first - r;
    const vec scale = choose(done, splat(0), 1.0 / choose(done, splat(1), v));
    for (int i = j + 1; i < m; i++)
        set(x, i, get(x, i) * scale);
    set(x, j, choose(done, first, r));
    return choose(done, splat(0), -v / choose(done, splat(1), r));
}

enum { TOGETHER = 4 };

/* x := H x for `count` columns of m rows; their number is a constant once inlined. */
INLINE void reflect_some(int m, int j, const double *v, vec tau, int count, double *x)
{
    vec sum[TOGETHER];
    for (int c = 0; c < count; c++)
        sum[c] = get(column(x, m, c), j);
    for (int i = j + 1; i < m; i++) {
        for (int c = 0; c < count; c++)
            sum[c] += get(v, i) * get(column(x, m, c), i);
    }
    for (int c = 0; c < count; c++) {
        sum[c] *= tau;
        set(column(x, m, c), j, get(column(x, m, c), j) - sum[c]);
    }
    for (int i = j + 1; i < m; i++) {
        for (int c = 0; c < count; c++)
            set(column(x, m, c), i, get(column(x, m, c), i) - get(v, i) * sum[c]);
    }
}

INLINE void reflect(int m, int j, const double *v, vec tau, int count, double *x)
{
    int c = 0;
    for (; c + TOGETHER <= count; c += TOGETHER)
        reflect_some(m, j, v, tau, TOGETHER, column(x, m, c));
    for (; c < count; c++)
        reflect_some(m, j, v, tau, 1, column(x, m, c));
}

static void qr(int m, int k, double *a, double *tau)
{
    for (int g = 0; g < LANES; g += W) {
        for (int j = 0; j < k; j++) {
            const vec factor = make_reflector(m, j, column(a, m, j) + g);
            set(tau + g, j, factor);
            reflect(m, j, column(a, m, j) + g, factor, k - j - 1, column(a, m, j + 1) + g);
        }
    }
}

static void apply_q(int m, int k, const double *a, const double *tau, int r, double *x)
{
    for (int g = 0; g < LANES; g += W) {
        for (int j = k - 1; j >= 0; j--)
            reflect(m, j, column_of(a, m, j) + g, get(tau + g, j), r, x + g);
    }
}

/* ---- Products -------------------------------------------------------------------------------- */

static void cross(int m, int p, int q, const double *x, const double *y, double *out)
{
    for (int g = 0; g < LANES; g += W) {
        for (int j = 0; j < q; j++) {
            for (int i = 0; i < p; i++)
                set(out + g, j * p + i, dot(column_of(x, m, i) + g, column_of(y, m, j) + g, 0, m));
        }
    }
}

/* Row i of the one triangle times row j of the other, both from their diagonal on. */
static void triangles(int m, int k, const double *a, const double *b, double *out)
{
    for (int g = 0; g < LANES; g += W) {
        for (int j = 0; j < k; j++) {
            for (int i = 0; i < k; i++) {
                vec sum = splat(0);
                for (int l = i > j ? i : j; l < k; l++)
                    sum += get(a + g, l * m + i) * get(b + g, l * m + j);
                set(out + g, j * k + i, sum);
            }
        }
    }
}

/* ---- One-sided Jacobi ------------------------------------------------------------------------ */

/* Columns at right angles to within this are left alone; so are columns below rounding of the
   largest. */
static const double right_angle = 1e-15, nothing = 1e-16;

enum { SWEEPS = 40 };

/* How x and y of one group become the columns that they are turned to, the longer first. */
struct turning {
    vec x_from_x, x_from_y, y_from_x, y_from_y, xx, yy;
};

/* xx, yy, xy: products of the columns. t = tan of the angle is the smaller root of t^2 + t (yy -
 * xx) / xy - 1; no angle where they are not oblique. */
INLINE struct turning find_turning(vec xx, vec yy, vec xy, mask oblique)
{
    const vec apart = yy - xx, twice = 2.0 * xy;
    const vec all = size_of(apart) + root(apart * apart + twice * twice);
    const vec size = twice / choose(oblique, all, splat(1));
    const vec t = choose(oblique, choose(apart < 0.0, -size, size), splat(0));
    const vec c = 1.0 / root(t * t + 1.0), s = c * t;
    const vec new_xx = xx - t * xy, new_yy = yy + t * xy;
    const mask swap = new_yy > new_xx;
    return (struct turning){.x_from_x = choose(swap, s, c),
                            .x_from_y = choose(swap, c, -s),
                            .y_from_x = choose(swap, c, s),
                            .y_from_y = choose(swap, -s, c),
                            .xx = choose(swap, new_yy, new_xx),
                            .yy = choose(swap, new_xx, new_yy)};
}

INLINE void turn_columns(int m, double *x, double *y, const struct turning turning[P])
{
    for (int i = 0; i < m; i++) {
        for (int g = 0; g < P; g++) {
            const vec old_x = get(x + g * W, i), old_y = get(y + g * W, i);
            set(x + g * W, i, turning[g].x_from_x * old_x + turning[g].x_from_y * old_y);
            set(y + g * W, i, turning[g].y_from_x * old_x + turning[g].y_from_y * old_y);
        }
    }
}

/* Turns columns x and y to a right angle, in P groups of lanes: an angle's square roots and
 * quotients wait for each other, those of two groups overlap. norms are the squares of the lengths.
 * False if nothing was to be done. */
INLINE bool turn(int m, double *x, double *y, double *norm_x, double *norm_y, const vec floor[P])
{
    vec xx[P], yy[P], xy[P];
    mask oblique[P], needed = {0};
    for (int g = 0; g < P; g++) {
        xx[g] = get(norm_x + g * W, 0);
        yy[g] = get(norm_y + g * W, 0);
        xy[g] = dot(x + g * W, y + g * W, 0, m);
        oblique[g] = (xy[g] * xy[g] > right_angle * right_angle * xx[g] * yy[g]) &
                     (xx[g] > floor[g]) & (yy[g] > floor[g]);
        needed |= oblique[g] | (yy[g] > xx[g]);
    }
    if (!any(needed))
        return false;
    struct turning turning[P];
    for (int g = 0; g < P; g++) {
        turning[g] = find_turning(xx[g], yy[g], xy[g], oblique[g]);
        set(norm_x + g * W, 0, turning[g].xx);
        set(norm_y + g * W, 0, turning[g].yy);
    }
    turn_columns(m, x, y, turning);
    return true;
}

/* Every pair once, row by row: in this order the fewest sweeps are needed. */
INLINE bool sweep(int m, int n, double *w, double *norms, const vec floor[P])
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
INLINE vec measure(int m, int n, const double *w, double *norms)
{
    vec largest = splat(0);
    for (int j = 0; j < n; j++) {
        const vec square = dot(column_of(w, m, j), column_of(w, m, j), 0, m);
        set(norms, j, square);
        largest = choose(square > largest, square, largest);
    }
    return largest * (nothing * nothing);
}

INLINE bool orthogonalise_groups(int m, int n, double *w, double *norms)
{
    for (int i = 0; i < SWEEPS; i++) {
        vec floor[P];
        for (int g = 0; g < P; g++)
            floor[g] = measure(m, n, w + g * W, norms + g * W);
        if (!sweep(m, n, w, norms, floor))
            return true;
    }
    return false;
}

static bool orthogonalise(int m, int n, double *w, double *norms)
{
    bool converged = true;
    for (int g = 0; g < LANES; g += P * W) {
        if (!orthogonalise_groups(m, n, w + g, norms + g))
            converged = false;
    }
    for (int i = 0; i < n * LANES; i++)
        norms[i] = sqrt(norms[i]);
    return converged;
}

/* ---- Gram and Schmidt ------------------------------------------------------------------------ */

static void orthonormalise(int m, int n, double *x)
{
    for (int g = 0; g < LANES; g += W) {
        for (int j = 0; j < n; j++) {
            double *own = column(x, m, j) + g;
            for (int l = 0; l < j; l++) {
                const double *other = column(x, m, l) + g;
                const vec along = dot(own, other, 0, m);
                for (int i = 0; i < m; i++)
                    set(own, i, get(own, i) - along * get(other, i));
            }
            const vec norm = root(dot(own, own, 0, m));
            const vec scale = 1.0 / choose(norm > 0.0, norm, splat(1));
            for (int i = 0; i < m; i++)
                set(own, i, get(own, i) * scale);
        }
    }
}

/* ---- Cholesky -------------------------------------------------------------------------------- */

/* The lower triangle of g becomes L, G = L L^T. ratio: the smallest over the largest of its
   diagonal; NaN is not caught. */
INLINE vec factorise(int k, double *g)
{
    vec smallest = splat((double)INFINITY), largest = splat(0);
    for (int j = 0; j < k; j++) {
        const vec pivot = root(get(g, j * k + j)), scale = 1.0 / pivot;
        smallest = choose(pivot < smallest, pivot, smallest);
        largest = choose(pivot > largest, pivot, largest);
        /* a pivot that is no number makes the ratio none: comparisons with it are false */
        smallest = choose(pivot == pivot, smallest, splat(0));
        set(g, j * k + j, pivot);
        for (int i = j + 1; i < k; i++)
            set(g, j * k + i, get(g, j * k + i) * scale);
        for (int c = j + 1; c < k; c++) {
            const vec factor = get(g, j * k + c);
            for (int i = c; i < k; i++)
                set(g, c * k + i, get(g, c * k + i) - factor * get(g, j * k + i));
        }
    }
    return smallest / largest;
}

/* The lower triangle L becomes L^-1. */
INLINE void invert_triangle(int k, double *g)
{
    for (int j = 0; j < k; j++) {
        set(g, j * k + j, 1.0 / get(g, j * k + j));
        for (int i = j + 1; i < k; i++) {
            vec sum = splat(0);
            for (int l = j; l < i; l++)
                sum += get(g, l * k + i) * get(g, j * k + l);
            set(g, j * k + i, -sum / get(g, i * k + i));
        }
    }
}

/* G^-1 = L^-T L^-1, whole. */
INLINE void square_triangle(int k, double *g)
{
    for (int j = 0; j < k; j++) {
        for (int i = 0; i <= j; i++) {
            vec sum = splat(0);
            for (int l = j; l < k; l++)
                sum += get(g, i * k + l) * get(g, j * k + l);
            set(g, j * k + i, sum);
        }
    }
    for (int j = 0; j < k; j++) {
        for (int i = j + 1; i < k; i++)
            set(g, j * k + i, get(g, i * k + j));
    }
}

static void inverse(int k, double *g, double *ratio)
{
    for (int l = 0; l < LANES; l += W) {
        set(ratio + l, 0, factorise(k, g + l));
        invert_triangle(k, g + l);
        square_triangle(k, g + l);
    }
}

const struct ind_lane_kernels IND_LANES_SET = {
    .qr = qr,
    .apply_q = apply_q,
    .cross = cross,
    .triangles = triangles,
    .orthogonalise = orthogonalise,
    .orthonormalise = orthonormalise,
    .inverse = inverse,
};
