/* Sign flips by halves, and the tails of the binomial and of Student's t as finite sums. */
#include <induct/math/inference.h>

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/math/stats.h>

static int ascending(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* All 2^count signed sums, ascending. */
static int signed_sums(const double *values, int count, double **sums, struct ind_error *err)
{
    const size_t all = (size_t)1 << count;
    if (ind_alloc_into(sums, all, sizeof **sums, err) != IND_OK)
        return IND_FAILED;
    size_t made = 1;
    for (int i = 0; i < count; i++) {
        for (size_t s = 0; s < made; s++) {
            (*sums)[made + s] = (*sums)[s] + values[i];
            (*sums)[s] -= values[i];
        }
        made *= 2;
    }
    qsort(*sums, all, sizeof **sums, ascending);
    return IND_OK;
}

/* How many pairs, one of each, sum to at least `level`: as a rises, so does the part of b that
 * reaches it. */
static double pairs_above(const double *a, size_t a_count, const double *b, size_t b_count,
                          double level)
{
    double pairs = 0.0;
    size_t below = b_count;
    for (size_t i = 0; i < a_count; i++) {
        while (below > 0 && a[i] + b[below - 1] >= level)
            below--;
        pairs += (double)(b_count - below);
    }
    return pairs;
}

int ind_sign_flip(const double *differences, int count, double *p, struct ind_error *err)
{
    double *low = NULL, *high = NULL, observed = 0.0, size = 0.0;
    *p = (double)NAN;
    if (count > IND_SIGN_FLIP_MOST)
        return ind_fail(err, "%d pairs: exact sign flips take at most %d", count,
                        IND_SIGN_FLIP_MOST);
    for (int i = 0; i < count; i++) {
        observed += differences[i];
        size += fabs(differences[i]);
    }
    if (count == 0 || isnan(observed))
        return IND_OK;
    const int half = count / 2;
    int status = signed_sums(differences, half, &low, err);
    if (status == IND_OK)
        status = signed_sums(differences + half, count - half, &high, err);
    if (status == IND_OK) {
        const size_t lows = (size_t)1 << half, highs = (size_t)1 << (count - half);
        const double level = fabs(observed) - 1e-12 * size;
        /* Signed sums are symmetric about 0: what lies below -level is as much as what lies above
         * it. */
        const double above = pairs_above(low, lows, high, highs, level);
        *p = fmin(1.0, 2.0 * above / ((double)lows * (double)highs));
    }
    free(low);
    free(high);
    return status;
}

/* ---- Shares ---------------------------------------------------------------------------------- */

/* P(X >= k) of a binomial X */
static double binomial_tail(long k, long n, double share)
{
    double tail = 0.0;
    if (share <= 0.0 || share >= 1.0)
        return k <= 0 || share >= 1.0 ? 1.0 : 0.0;
    for (long j = k; j <= n; j++)
        tail += exp(ind_log_gamma((double)n + 1) - ind_log_gamma((double)j + 1) -
                    ind_log_gamma((double)(n - j) + 1) + (double)j * log(share) +
                    (double)(n - j) * log1p(-share));
    return tail;
}

/* The share at which P(X >= k) is `level`: it rises with the share. */
static double share_at(long k, long n, double level)
{
    double low = 0.0, high = 1.0;
    for (int i = 0; i < 60; i++) {
        const double middle = (low + high) / 2;
        if (binomial_tail(k, n, middle) < level)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

struct ind_share ind_clopper_pearson(long k, long n)
{
    assert(n >= 1 && k >= 0 && k <= n);
    return (struct ind_share){.value = (double)k / (double)n,
                              .lo = k == 0 ? 0.0 : share_at(k, n, 0.025),
                              .hi = k == n ? 1.0 : share_at(k + 1, n, 0.975)};
}

/* ---- Student's t ----------------------------------------------------------------------------- */

/* P(|T| < t): Abramowitz and Stegun 26.7.3 and 26.7.4. */
static double student_within(int freedom, double t)
{
    const double angle = atan(t / sqrt(freedom)), cosine = cos(angle), squared = cosine * cosine;
    const int odd = freedom % 2;
    double term = odd ? cosine : 1.0, sum = freedom == 1 ? 0.0 : term;
    for (int j = odd ? 3 : 2; j < freedom; j += 2) {
        term *= squared * (double)(j - 1) / (double)j;
        sum += term;
    }
    return odd ? (angle + sin(angle) * sum) * M_2_PI : sin(angle) * sum;
}

double ind_student_quantile(int freedom, double p)
{
    assert(freedom >= 1 && p > 0.0 && p < 1.0);
    const double within = fabs(2 * p - 1);
    double low = 0.0, high = 1.0;
    while (student_within(freedom, high) < within && high < 1e12)
        high *= 2;
    for (int i = 0; i < 200; i++) {
        const double middle = (low + high) / 2;
        if (student_within(freedom, middle) < within)
            low = middle;
        else
            high = middle;
    }
    return p < 0.5 ? -(low + high) / 2 : (low + high) / 2;
}
