/*
 * Sums over resamples as a matrix product, and percentiles of their ratios.
 */
#include <induct/data/bootstrap.h>

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/math/product.h>
#include <induct/math/stats.h>

static const double tail = 0.025;

int ind_resampled_init(struct ind_resampled *resampled, const struct ind_bootstrap *bootstrap,
                       int columns, struct ind_error *err)
{
    assert(columns >= 1);
    *resampled = (struct ind_resampled){.bootstrap = bootstrap, .columns = columns};
    const size_t width = (size_t)columns, resamples = (size_t)bootstrap->resamples;
    const size_t units = (size_t)bootstrap->units;
    if (ind_alloc_into(&resampled->values, units * width, sizeof(double), err) == IND_OK &&
        ind_alloc_into(&resampled->totals, width, sizeof(double), err) == IND_OK &&
        ind_alloc_into(&resampled->sums, resamples * width, sizeof(double), err) == IND_OK &&
        ind_alloc_into(&resampled->scratch, resamples, sizeof(double), err) == IND_OK)
        return IND_OK;
    ind_resampled_release(resampled);
    return IND_FAILED;
}

void ind_resampled_release(struct ind_resampled *resampled)
{
    free(resampled->values);
    free(resampled->totals);
    free(resampled->sums);
    free(resampled->scratch);
    *resampled = (struct ind_resampled){0};
}

void ind_resampled_run(struct ind_resampled *resampled)
{
    const struct ind_bootstrap *bootstrap = resampled->bootstrap;
    const int columns = resampled->columns;
    for (int c = 0; c < columns; c++) {
        double total = 0.0;
        for (int unit = 0; unit < bootstrap->units; unit++)
            total += resampled->values[(size_t)unit * columns + c];
        resampled->totals[c] = total;
    }
    ind_product_double(false, false, bootstrap->resamples, columns, bootstrap->units,
                       bootstrap->weights, bootstrap->units, resampled->values, columns, NULL,
                       resampled->sums, columns);
}

static double ratio(const double *sums, struct ind_ratio columns)
{
    const double denominator = sums[columns.denominator];
    return denominator == 0.0 ? (double)NAN : sums[columns.numerator] / denominator;
}

static double difference(const double *sums, struct ind_ratio a, const struct ind_ratio *b)
{
    return b == NULL ? ratio(sums, a) : ratio(sums, a) - ratio(sums, *b);
}

static struct ind_estimate estimate(const struct ind_resampled *resampled, struct ind_ratio a,
                                    const struct ind_ratio *b)
{
    assert(a.numerator < resampled->columns && a.denominator < resampled->columns);
    size_t defined = 0;
    for (int r = 0; r < resampled->bootstrap->resamples; r++) {
        const double value = difference(resampled->sums + (size_t)r * resampled->columns, a, b);
        if (!isnan(value))
            resampled->scratch[defined++] = value;
    }
    struct ind_estimate out = {difference(resampled->totals, a, b), (double)NAN, (double)NAN};
    if (resampled->bootstrap->units < 2)
        return out; /* one unit says nothing of how units differ */
    out.lo = ind_quantile(resampled->scratch, defined, tail);
    out.hi = ind_quantile(resampled->scratch, defined, 1.0 - tail);
    return out;
}

struct ind_estimate ind_resampled_ratio(const struct ind_resampled *resampled, int numerator,
                                        int denominator)
{
    return estimate(resampled, (struct ind_ratio){numerator, denominator}, NULL);
}

struct ind_estimate ind_resampled_difference(const struct ind_resampled *resampled,
                                             struct ind_ratio a, struct ind_ratio b)
{
    return estimate(resampled, a, &b);
}

struct ind_estimate ind_estimate_at_edge(struct ind_estimate estimate, int units)
{
    const double edge = pow(tail, 1.0 / units);
    if (units < 2 || isnan(estimate.lo) || (estimate.value != 0.0 && estimate.value != 1.0))
        return estimate;
    if (estimate.value == 0.0)
        return (struct ind_estimate){0.0, 0.0, 1.0 - edge};
    return (struct ind_estimate){1.0, edge, 1.0};
}
