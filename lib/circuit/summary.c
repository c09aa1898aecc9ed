/*
 * One number for a circuit of thousands by thousands entries, without keeping them.
 */
#include <induct/circuit/circuit.h>

#include <assert.h>
#include <math.h>
#include <string.h>

#include <induct/math/product.h>

#include "circuit/dot.h"
#include "circuit/work.h"

int ind_circuit_eigen(struct ind_circuit *circuit, double *value, struct ind_error *err)
{
    struct ind_circuit_work *work = circuit->work;
    const int k = circuit->rank;
    assert(circuit->rows == circuit->cols);
    ind_product_double(true, false, k, k, circuit->rows, circuit->right, k, circuit->left, k, NULL,
                       work->square, k);
    if (ind_decomp_eigenvalues(&work->decomp, k, work->square, work->re, work->im, err))
        return IND_FAILED;
    double sum = 0.0, size = 0.0;
    for (int i = 0; i < k; i++) {
        sum += work->re[i];
        size += hypot(work->re[i], work->im[i]);
    }
    *value = size > 0.0 ? sum / size : (double)NAN;
    return IND_OK;
}

/* ---- The diagonal beside its rows ------------------------------------------------------------ */

/* Mean of right's rows into mean [k], their second moment into second [k,k]. */
static void column_moments(struct ind_circuit *circuit)
{
    struct ind_circuit_work *work = circuit->work;
    const int k = circuit->rank, n = circuit->cols;
    memset(work->mean, 0, (size_t)k * sizeof *work->mean);
    for (int row = 0; row < n; row++) {
        for (int j = 0; j < k; j++)
            work->mean[j] += circuit->right[(size_t)row * k + j];
    }
    for (int j = 0; j < k; j++)
        work->mean[j] /= n;
    ind_product_double(true, false, k, k, n, circuit->right, k, circuit->right, k, NULL,
                       work->second, k);
    for (int i = 0; i < k * k; i++)
        work->second[i] /= n;
}

/* (entry - mean) / standard deviation of the row that `left` makes; the row itself is not needed:
 * its mean is left . mean, its second moment left second left^T. `turned` = left second. NaN for a
 * constant row, which rounding makes almost constant. */
static double standardised(const struct ind_circuit *circuit, const double *left,
                           const double *turned, double entry)
{
    const int k = circuit->rank;
    const double mean = ind_dot((size_t)k, left, circuit->work->mean),
                 moment = ind_dot((size_t)k, left, turned);
    const double variance = moment - mean * mean;
    return variance > 1e-12 * moment ? (entry - mean) / sqrt(variance) : (double)NAN;
}

/* Largest of n values, eight running maxima at a time. */
static double largest(int n, const double *values)
{
    double lanes[8];
    int i = 0;
    for (int l = 0; l < 8; l++)
        lanes[l] = -(double)INFINITY;
    for (; i + 8 <= n; i += 8) {
        for (int l = 0; l < 8; l++)
            lanes[l] = values[i + l] > lanes[l] ? values[i + l] : lanes[l];
    }
    for (; i < n; i++)
        lanes[0] = values[i] > lanes[0] ? values[i] : lanes[0];
    for (int l = 1; l < 8; l++)
        lanes[0] = lanes[l] > lanes[0] ? lanes[l] : lanes[0];
    return lanes[0];
}

/* A group of rows: first, first + step, ...; row i's own column is i - shift. */
struct group {
    int first, step, count, shift;
    double own[IND_TILE_ROWS]; /* the entry asked for */
    bool top[IND_TILE_ROWS];   /* is it larger than every other of its row? */
};

/* The rows of a group that may yet be top: beaten ones are looked at no further, and in most
 * circuits almost all are beaten within a few columns. */
struct contest {
    int count;
    int rows[IND_TILE_ROWS];     /* numbers in the group, ascending */
    double own[IND_TILE_ROWS];   /* of those rows, from the products that the others come from: */
    double other[IND_TILE_ROWS]; /* equal columns give equal entries. other: the largest so far */
    double
        doubt[IND_TILE_ROWS]; /* what rounding may make of an entry's difference from group.own */
};

static const double *row_of(const struct ind_circuit *circuit, const struct group *group, int i)
{
    return circuit->left + (size_t)(group->first + i * group->step) * (size_t)circuit->rank;
}

static void begin_contest(const struct ind_circuit *circuit, double longest, struct group *group,
                          struct contest *contest)
{
    const int k = circuit->rank;
    contest->count = group->count;
    for (int i = 0; i < group->count; i++) {
        const double *row = row_of(circuit, group, i);
        const int own = group->first + i * group->step - group->shift;
        group->own[i] = ind_dot((size_t)k, row, circuit->right + (size_t)own * (size_t)k);
        group->top[i] = false;
        contest->rows[i] = i;
        contest->other[i] = -(double)INFINITY;
        contest->doubt[i] = 1e-12 * sqrt(ind_dot((size_t)k, row, row)) * longest;
    }
}

/* Columns from..from+count-1 of the rows in contest lie in work->entries. */
static void scan_tile(const double *entries, int from, int count, const struct group *group,
                      struct contest *contest)
{
    for (int i = 0; i < contest->count; i++) {
        const double *row = entries + (size_t)i * (size_t)count;
        const int own = group->first + contest->rows[i] * group->step - group->shift - from;
        double other = contest->other[i];
        if (own < 0 || own >= count) {
            other = fmax(other, largest(count, row));
        } else {
            contest->own[i] = row[own];
            other = fmax(other, largest(own, row));
            other = fmax(other, largest(count - own - 1, row + own + 1));
        }
        contest->other[i] = other;
    }
}

static void drop_beaten(const struct group *group, struct contest *contest)
{
    int kept = 0;
    for (int i = 0; i < contest->count; i++) {
        if (contest->other[i] > group->own[contest->rows[i]] + contest->doubt[i])
            continue;
        contest->rows[kept] = contest->rows[i];
        contest->own[kept] = contest->own[i];
        contest->other[kept] = contest->other[i];
        contest->doubt[kept++] = contest->doubt[i];
    }
    contest->count = kept;
}

/* Their entries in `count` columns. */
static void make_tile(struct ind_circuit *circuit, const struct group *group,
                      const struct contest *contest, int from, int count)
{
    struct ind_circuit_work *work = circuit->work;
    const int k = circuit->rank;
    for (int i = 0; i < contest->count; i++)
        memcpy(work->rotated + (size_t)i * k, row_of(circuit, group, contest->rows[i]),
               (size_t)k * sizeof *work->rotated);
    ind_product_double(false, true, contest->count, count, k, work->rotated, k,
                       circuit->right + (size_t)from * (size_t)k, k, NULL, work->entries, count);
}

static void scan_group(struct ind_circuit *circuit, double longest, struct group *group)
{
    struct contest contest;
    begin_contest(circuit, longest, group, &contest);
    int width = IND_TILE_COLS / 8;
    for (int from = 0; from < circuit->cols && contest.count > 0; from += width) {
        if (from > 0)
            width = IND_TILE_COLS;
        const int left = circuit->cols - from, count = left < width ? left : width;
        make_tile(circuit, group, &contest, from, count);
        scan_tile(circuit->work->entries, from, count, group, &contest);
        drop_beaten(group, &contest);
    }
    for (int i = 0; i < contest.count; i++)
        group->top[contest.rows[i]] = contest.own[i] > contest.other[i];
}

/* Largest length of a row of right. */
static double longest_column(const struct ind_circuit *circuit)
{
    const int k = circuit->rank;
    double longest = 0.0;
    for (int i = 0; i < circuit->cols; i++) {
        const double *row = circuit->right + (size_t)i * (size_t)k;
        longest = fmax(longest, ind_dot((size_t)k, row, row));
    }
    return sqrt(longest);
}

struct ind_circuit_diagonal ind_circuit_diagonal(struct ind_circuit *circuit, int shift, int step)
{
    struct ind_circuit_work *work = circuit->work;
    const int k = circuit->rank;
    assert(shift >= 0 && step >= 1 && circuit->rows - shift <= circuit->cols);
    column_moments(circuit);
    const double longest = longest_column(circuit);
    double top = 0.0, z = 0.0, rows = 0.0, spread = 0.0;
    struct group group = {.first = shift, .step = step, .shift = shift};
    for (; group.first < circuit->rows; group.first += step * IND_TILE_ROWS) {
        const int left = (circuit->rows - group.first + step - 1) / step;
        group.count = left < IND_TILE_ROWS ? left : IND_TILE_ROWS;
        const double *first = circuit->left + (size_t)group.first * (size_t)k;
        scan_group(circuit, longest, &group);
        ind_product_double(false, false, group.count, k, k, first, k * step, work->second, k, NULL,
                           work->rotated, k);
        for (int i = 0; i < group.count; i++) {
            const double row_z = standardised(circuit, first + (size_t)i * (size_t)(k * step),
                                              work->rotated + (size_t)i * k, group.own[i]);
            top += group.top[i];
            rows += 1.0;
            z += isnan(row_z) ? 0.0 : row_z;
            spread += !isnan(row_z);
        }
    }
    return (struct ind_circuit_diagonal){rows > 0.0 ? top / rows : (double)NAN,
                                         spread > 0.0 ? z / spread : (double)NAN};
}

/* ---- Positions alone ------------------------------------------------------------------------- */

/* (entry - mean) / standard deviation of n values, NaN if they are equal. */
static double standardised_among(int n, const double *values, double entry)
{
    double mean = 0.0, variance = 0.0;
    for (int i = 0; i < n; i++)
        mean += values[i] / n;
    for (int i = 0; i < n; i++)
        variance += (values[i] - mean) * (values[i] - mean) / n;
    return variance > 1e-24 * mean * mean ? (entry - mean) / sqrt(variance) : (double)NAN;
}

/* Softmax's value at i of n values / scale, the largest of which is `most`. */
static double attention_at(int n, const double *values, double most, double scale, int i)
{
    double all = 0.0;
    for (int j = 0; j < n; j++)
        all += exp((values[j] - most) / scale);
    return exp((values[i] - most) / scale) / all;
}

/* Row t >= 1 as far as its diagonal; asked for in order, a tile of rows is made at a time. */
static const double *causal_row(struct ind_circuit *circuit, int t)
{
    const int within = (t - 1) % IND_TILE_ROWS, left = circuit->rows - t;
    if (within == 0)
        ind_circuit_rows(circuit, t, left < IND_TILE_ROWS ? left : IND_TILE_ROWS,
                         circuit->work->entries);
    return circuit->work->entries + (size_t)within * (size_t)circuit->cols;
}

struct ind_circuit_previous ind_circuit_previous(struct ind_circuit *circuit, double scale,
                                                 int length)
{
    double z = 0.0, spread = 0.0;
    struct ind_circuit_previous sum = {0.0, 0.0, 0.0};
    const int rows = circuit->rows;
    assert(length <= rows && rows == circuit->cols);
    for (int t = 1; t < rows; t++) {
        const double *row = causal_row(circuit, t);
        const double others = fmax(largest(t - 1, row), row[t]);
        const double row_z = standardised_among(t + 1, row, row[t - 1]);
        sum.top1 += row[t - 1] > others;
        z += isnan(row_z) ? 0.0 : row_z;
        spread += !isnan(row_z);
        if (t < length)
            sum.attention += attention_at(t + 1, row, fmax(others, row[t - 1]), scale, t - 1);
    }
    return (struct ind_circuit_previous){.top1 = rows > 1 ? sum.top1 / (rows - 1) : (double)NAN,
                                         .z = spread > 0.0 ? z / spread : (double)NAN,
                                         .attention = length > 1 ? sum.attention / (length - 1)
                                                                 : (double)NAN};
}
