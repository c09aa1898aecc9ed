/* The assignment problem, by shortest augmenting paths with potentials (Kuhn 1955, Munkres 1957; in
 * the form of Jonker and Volgenant 1987): O(n^3). */
#include <induct/math/assign.h>

#include <math.h>
#include <stdlib.h>

#include <induct/base/memory.h>

/* Rows and columns are counted from 1; 0 is a row that is being placed. Costs are -gain. */
struct solving {
    const double *gain;
    int n;
    double *row_potential, *column_potential, *least; /* [n + 1] */
    int *row_of, *way;                                /* [n + 1] by column */
    bool *done;                                       /* [n + 1] */
};

static double cost(const struct solving *s, int row, int column)
{
    return -s->gain[(size_t)(row - 1) * s->n + column - 1];
}

/* Extends the tree of shortest paths by the nearest column; returns it. */
static int nearest_column(struct solving *s, int from)
{
    const int row = s->row_of[from];
    double delta = (double)INFINITY;
    int next = 0;
    for (int j = 1; j <= s->n; j++) {
        if (s->done[j])
            continue;
        const double reduced = cost(s, row, j) - s->row_potential[row] - s->column_potential[j];
        if (reduced < s->least[j]) {
            s->least[j] = reduced;
            s->way[j] = from;
        }
        if (next == 0 || s->least[j] < delta) {
            delta = s->least[j];
            next = j;
        }
    }
    for (int j = 0; j <= s->n; j++) {
        if (s->done[j]) {
            s->row_potential[s->row_of[j]] += delta;
            s->column_potential[j] -= delta;
        } else {
            s->least[j] -= delta;
        }
    }
    return next;
}

static void place_row(struct solving *s, int row)
{
    int column = 0;
    s->row_of[0] = row;
    for (int j = 0; j <= s->n; j++) {
        s->least[j] = (double)INFINITY;
        s->done[j] = false;
    }
    do {
        s->done[column] = true;
        column = nearest_column(s, column);
    } while (s->row_of[column] != 0);
    while (column != 0) {
        const int before = s->way[column];
        s->row_of[column] = s->row_of[before];
        column = before;
    }
}

int ind_assign(const double *gain, int n, int *match, double *total, struct ind_error *err)
{
    const size_t room = (size_t)n + 1;
    struct solving s = {.gain = gain, .n = n};
    int status = ind_alloc_into(&s.row_potential, 3 * room, sizeof(double), err);
    if (status == IND_OK)
        status = ind_alloc_into(&s.row_of, 2 * room, sizeof(int), err);
    if (status == IND_OK)
        status = ind_alloc_into(&s.done, room, sizeof(bool), err);
    if (status == IND_OK) {
        s.column_potential = s.row_potential + room;
        s.least = s.column_potential + room;
        s.way = s.row_of + room;
        for (int row = 1; row <= n; row++)
            place_row(&s, row);
        *total = 0.0;
        for (int j = 1; j <= n; j++) {
            match[s.row_of[j] - 1] = j - 1;
            *total += gain[(size_t)(s.row_of[j] - 1) * n + j - 1];
        }
    }
    free(s.row_potential);
    free(s.row_of);
    free(s.done);
    return status;
}

int ind_assign_margins(const double *gain, int n, const int *match, double total, double *margins,
                       struct ind_error *err)
{
    double *without;
    int *other = NULL;
    int status = ind_alloc_into(&without, (size_t)n * (size_t)n, sizeof *without, err);
    if (status == IND_OK)
        status = ind_alloc_into(&other, (size_t)n, sizeof *other, err);
    /* far enough down that no assignment takes it, near enough that sums stay exact */
    double span = 1.0;
    for (int i = 0; i < n * n && status == IND_OK; i++) {
        without[i] = gain[i];
        span += fabs(gain[i]);
    }
    for (int i = 0; i < n && status == IND_OK; i++) {
        double second = 0.0, *pair = &without[(size_t)i * n + match[i]];
        const double kept = *pair;
        *pair = -2.0 * span;
        status = ind_assign(without, n, other, &second, err);
        *pair = kept;
        margins[i] = n > 1 ? total - second : (double)NAN;
    }
    free(without);
    free(other);
    return status;
}
