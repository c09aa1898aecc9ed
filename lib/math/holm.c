/* Multiple tests: Holm's step-down adjustment. */
#include <induct/math/stats.h>

#include <math.h>
#include <stdlib.h>

#include <induct/base/system.h>

/* Ascending, NaN last; equal ones by index, so that the order is the same everywhere. */
static int compare_p(const void *left, const void *right, void *context)
{
    const double *p = context;
    const size_t a = *(const size_t *)left, b = *(const size_t *)right;
    if (isnan(p[a]) != isnan(p[b]))
        return isnan(p[a]) ? 1 : -1;
    if (p[a] != p[b] && !isnan(p[a]))
        return p[a] < p[b] ? -1 : 1;
    return a < b ? -1 : a > b;
}

void ind_holm_adjust(const double *p, size_t count, size_t *order, double *adjusted)
{
    size_t tests = 0;
    for (size_t i = 0; i < count; i++) {
        order[i] = i;
        tests += !isnan(p[i]);
    }
    ind_system_sort(order, count, sizeof *order, compare_p, (void *)p);
    double running = 0.0;
    for (size_t rank = 0; rank < tests; rank++) {
        const size_t i = order[rank];
        running = fmax(running, fmin(1.0, (double)(tests - rank) * p[i]));
        adjusted[i] = running;
    }
    for (size_t rank = tests; rank < count; rank++)
        adjusted[order[rank]] = (double)NAN;
}
