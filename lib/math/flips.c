/* Sign flips of many rows of differences at once: Westfall and Young's step-down. */
#include <induct/math/inference.h>

#include <math.h>
#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/base/system.h>

/* Rows in the order of their statistics, the largest first. */
struct flips {
    const double *differences; /* [tests, pairs] NaN: no such pair */
    int tests, pairs;
    int *order;       /* [tests] */
    double *observed; /* [tests] statistics of the rows as they are */
    double *scale;    /* [tests] 1 / sqrt(sum of squares) */
    long *reached;    /* [tests] in that order: flips by which the rest of the family gets as far */
};

/* |sum of signed differences| / sqrt(sum of squares): a monotone function of |t|, whose variance
 * no flip changes in the sum of squares. 0 of a row of zeros. */
static double statistic(const struct flips *flips, int test, unsigned signs)
{
    const double *row = flips->differences + (size_t)test * flips->pairs;
    double sum = 0.0;
    for (int i = 0; i < flips->pairs; i++) {
        if (!isnan(row[i]))
            sum += signs >> i & 1U ? -row[i] : row[i];
    }
    return fabs(sum) * flips->scale[test];
}

static int compare(const void *left, const void *right, void *context)
{
    const double *observed = context;
    const int a = *(const int *)left, b = *(const int *)right;
    if (observed[a] != observed[b])
        return observed[a] > observed[b] ? -1 : 1;
    return a - b;
}

static void observe(struct flips *flips)
{
    for (int t = 0; t < flips->tests; t++) {
        double squares = 0.0;
        for (int i = 0; i < flips->pairs; i++) {
            const double value = flips->differences[(size_t)t * flips->pairs + i];
            squares += isnan(value) ? 0.0 : value * value;
        }
        flips->scale[t] = squares > 0.0 ? 1.0 / sqrt(squares) : 0.0;
        flips->observed[t] = statistic(flips, t, 0);
        flips->order[t] = t;
    }
    ind_system_sort(flips->order, (size_t)flips->tests, sizeof *flips->order, compare,
                    flips->observed);
}

/* One choice of signs: the maximum over a row and all that come after it, against that row's. */
static void count_flip(struct flips *flips, unsigned signs)
{
    double most = 0.0;
    for (int rank = flips->tests - 1; rank >= 0; rank--) {
        const int test = flips->order[rank];
        most = fmax(most, statistic(flips, test, signs));
        flips->reached[rank] += most >= flips->observed[test] * (1.0 - 1e-12);
    }
}

int ind_sign_flip_family(const double *differences, int tests, int pairs, double *p,
                         struct ind_error *err)
{
    for (int t = 0; t < tests; t++)
        p[t] = (double)NAN;
    if (pairs < 1 || pairs > IND_SIGN_FLIP_FAMILY_MOST)
        return IND_OK;
    struct flips flips = {.differences = differences, .tests = tests, .pairs = pairs};
    const size_t count = (size_t)tests;
    int status = ind_alloc_into(&flips.order, count, sizeof *flips.order, err);
    if (status == IND_OK)
        status = ind_alloc_into(&flips.observed, 2 * count, sizeof *flips.observed, err);
    if (status == IND_OK)
        status = ind_alloc_into(&flips.reached, count, sizeof *flips.reached, err);
    if (status == IND_OK) {
        flips.scale = flips.observed + count;
        observe(&flips);
        /* all signs turned at once is the same in size: half of the choices are all of them */
        const unsigned choices = 1U << (pairs - 1);
        for (unsigned signs = 0; signs < choices; signs++)
            count_flip(&flips, signs);
        double least = 0.0;
        for (int rank = 0; rank < tests; rank++) {
            least = fmax(least, (double)flips.reached[rank] / choices);
            p[flips.order[rank]] = least;
        }
    }
    free(flips.order);
    free(flips.observed);
    free(flips.reached);
    return status;
}
