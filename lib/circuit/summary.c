/*
 * One number for a circuit of thousands by thousands entries, without keeping them.
 */
#include <induct/circuit/circuit.h>

#include <assert.h>
#include <math.h>
#include <string.h>

#include <induct/math/blas.h>

#include "circuit/work.h"

int ind_circuit_eigen(struct ind_circuit *circuit, double *value, struct ind_error *err)
{
    struct ind_circuit_work *work = circuit->work;
    const int k = circuit->rank;
    assert(circuit->rows == circuit->cols);
    ind_dgemm(true, false, k, k, circuit->rows, 1.0, circuit->right, k, circuit->left, k, 0.0,
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

/* ---- The diagonal beside its rows ------------------------------------------------------------------- */

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
    ind_dgemm(true, false, k, k, n, 1.0 / n, circuit->right, k, circuit->right, k, 0.0,
              work->second, k);
}

static double dot(int n, const double *a, const double *b)
{
    double sum = 0.0;
    for (int i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* (entry - mean) / standard deviation of the row that `left` makes; the row itself is not needed:
 * its mean is left . mean, its second moment left second left^T. `turned` = left second. NaN for a
 * constant row, which rounding makes almost constant. */
static double standardised(const struct ind_circuit *circuit, const double *left,
                           const double *turned, double entry)
{
    const int k = circuit->rank;
    const double mean = dot(k, left, circuit->work->mean), moment = dot(k, left, turned);
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
    double own[IND_TILE_ROWS];   /* the entry asked for */
    double other[IND_TILE_ROWS]; /* the largest of the others */
};

/* Columns from..from+count-1 of the group lie in work->entries. */
static void scan_tile(const double *entries, int from, int count, struct group *group)
{
    for (int i = 0; i < group->count; i++) {
        const double *row = entries + (size_t)i * (size_t)count;
        const int own = group->first + i * group->step - group->shift - from;
        double other = group->other[i];
        if (own < 0 || own >= count) {
            other = fmax(other, largest(count, row));
        } else {
            group->own[i] = row[own];
            other = fmax(other, largest(own, row));
            other = fmax(other, largest(count - own - 1, row + own + 1));
        }
        group->other[i] = other;
    }
}

static void scan_group(struct ind_circuit *circuit, struct group *group)
{
    double *entries = circuit->work->entries;
    const int k = circuit->rank;
    for (int i = 0; i < group->count; i++)
        group->other[i] = -(double)INFINITY;
    for (int from = 0; from < circuit->cols; from += IND_TILE_COLS) {
        const int left = circuit->cols - from, count = left < IND_TILE_COLS ? left : IND_TILE_COLS;
        ind_dgemm(false, true, group->count, count, k, 1.0,
                  circuit->left + (size_t)group->first * (size_t)k, k * group->step,
                  circuit->right + (size_t)from * (size_t)k, k, 0.0, entries, count);
        scan_tile(entries, from, count, group);
    }
}

struct ind_circuit_diagonal ind_circuit_diagonal(struct ind_circuit *circuit, int shift, int step)
{
    struct ind_circuit_work *work = circuit->work;
    const int k = circuit->rank;
    assert(shift >= 0 && step >= 1 && circuit->rows - shift <= circuit->cols);
    column_moments(circuit);
    double top = 0.0, z = 0.0, rows = 0.0, spread = 0.0;
    struct group group = {.first = shift, .step = step, .shift = shift};
    for (; group.first < circuit->rows; group.first += step * IND_TILE_ROWS) {
        const int left = (circuit->rows - group.first + step - 1) / step;
        group.count = left < IND_TILE_ROWS ? left : IND_TILE_ROWS;
        const double *first = circuit->left + (size_t)group.first * (size_t)k;
        scan_group(circuit, &group);
        ind_dgemm(false, false, group.count, k, k, 1.0, first, k * step, work->second, k, 0.0,
                  work->rotated, k);
        for (int i = 0; i < group.count; i++) {
            const double row_z = standardised(circuit, first + (size_t)i * (size_t)(k * step),
                                              work->rotated + (size_t)i * k, group.own[i]);
            top += group.own[i] > group.other[i];
            rows += 1.0;
            z += isnan(row_z) ? 0.0 : row_z;
            spread += !isnan(row_z);
        }
    }
    return (struct ind_circuit_diagonal){rows > 0.0 ? top / rows : (double)NAN,
                                         spread > 0.0 ? z / spread : (double)NAN};
}

/* ---- Positions alone -------------------------------------------------------------------------------- */

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

struct ind_circuit_previous ind_circuit_previous(struct ind_circuit *circuit, double scale,
                                                 int length)
{
    double *row = circuit->work->entries, z = 0.0, spread = 0.0;
    struct ind_circuit_previous sum = {0.0, 0.0, 0.0};
    const int k = circuit->rank, rows = circuit->rows;
    assert(length <= rows && rows == circuit->cols);
    for (int t = 1; t < rows; t++) {
        ind_dgemm(false, true, 1, t + 1, k, 1.0, circuit->left + (size_t)t * (size_t)k, k,
                  circuit->right, k, 0.0, row, t + 1);
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
