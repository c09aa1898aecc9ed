/*
 * Quantiles by selection, the normal tail, and the incomplete gamma function by its series below
 * the mean and its continued fraction above it (Abramowitz and Stegun 6.5.29 and 6.5.31).
 */
#ifndef _REENTRANT
#define _REENTRANT 1 /* without it Apple's <math.h> has no lgamma_r() */
#endif
#include <induct/math/stats.h>

#include <assert.h>
#include <math.h>

double ind_mean(const double *values, size_t count)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return count == 0 ? (double)NAN : sum / (double)count;
}

static void swap(double *a, double *b)
{
    const double kept = *a;
    *a = *b;
    *b = kept;
}

/* Median of three to the middle: sorted and constant inputs, which are common, stay linear. */
static double pivot_of(double *values, size_t low, size_t high)
{
    const size_t middle = low + (high - low) / 2;
    if (values[middle] < values[low])
        swap(&values[middle], &values[low]);
    if (values[high] < values[low])
        swap(&values[high], &values[low]);
    if (values[high] < values[middle])
        swap(&values[high], &values[middle]);
    return values[middle];
}

/* Hoare's selection: afterwards values[k] is the k-th smallest, what is before it is no larger and
 * what is behind it no smaller. */
static void select_kth(double *values, size_t count, size_t k)
{
    size_t low = 0, high = count - 1;
    while (low < high) {
        const double pivot = pivot_of(values, low, high);
        size_t i = low, j = high;
        while (i <= j) {
            while (values[i] < pivot)
                i++;
            while (pivot < values[j])
                j--;
            if (i > j)
                break;
            swap(&values[i++], &values[j]);
            if (j == 0)
                break;
            j--;
        }
        if (k <= j)
            high = j;
        else if (k >= i)
            low = i;
        else
            return;
    }
}

double ind_quantile(double *values, size_t count, double p)
{
    assert(p >= 0.0 && p <= 1.0);
    if (count == 0)
        return (double)NAN;
    const double place = p * (double)(count - 1);
    const size_t k = (size_t)place;
    const double share = place - (double)k;
    select_kth(values, count, k);
    if (share == 0.0)
        return values[k];
    double next = values[k + 1];
    for (size_t i = k + 2; i < count; i++)
        next = fmin(next, values[i]);
    return values[k] + share * (next - values[k]);
}

double ind_normal_tail(double z)
{
    return 0.5 * erfc(z * M_SQRT1_2);
}

/* Not lgamma(): that writes the sign to a variable which all threads share. */
double ind_log_gamma(double x)
{
    int sign;
    return lgamma_r(x, &sign);
}

/* x^shape e^-x / Gamma(shape), in logarithms: either factor alone may leave the range of a
 * double. */
static double gamma_density(double shape, double x)
{
    return exp(shape * log(x) - x - ind_log_gamma(shape));
}

static double gamma_series(double shape, double x)
{
    double term = 1.0 / shape, sum = term;
    for (double n = 1.0; term > sum * 1e-16; n += 1.0) {
        term *= x / (shape + n);
        sum += term;
    }
    return sum * gamma_density(shape, x);
}

/* 1/(x+1-a- 1(1-a)/(x+3-a- 2(2-a)/(x+5-a- ...))), evaluated forwards (Lentz). */
static double gamma_fraction(double shape, double x)
{
    const double tiny = 1e-300;
    double b = x + 1.0 - shape, c = 1.0 / tiny, d = 1.0 / b, value = d, change = 0.0;
    for (double n = 1.0; fabs(change - 1.0) > 1e-15 && n < 1e6; n += 1.0) {
        const double a = -n * (n - shape);
        b += 2.0;
        d = a * d + b;
        d = 1.0 / (fabs(d) < tiny ? tiny : d);
        c = b + a / c;
        c = fabs(c) < tiny ? tiny : c;
        change = c * d;
        value *= change;
    }
    return value * gamma_density(shape, x);
}

struct ind_tails ind_gamma_tails(double shape, double x)
{
    assert(shape > 0.0);
    if (isnan(x))
        return (struct ind_tails){x, x};
    if (x <= 0.0)
        return (struct ind_tails){0.0, 1.0};
    if (isinf(x))
        return (struct ind_tails){1.0, 0.0};
    if (x < shape + 1.0) {
        const double lower = gamma_series(shape, x);
        return (struct ind_tails){lower, 1.0 - lower};
    }
    const double upper = gamma_fraction(shape, x);
    return (struct ind_tails){1.0 - upper, upper};
}
