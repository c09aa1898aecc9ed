/*
 * Counts to estimates: every quantity is a ratio of two columns of sums over sequences.
 */
#include <induct/eval/summary.h>

#include <assert.h>
#include <math.h>
#include <stddef.h>

enum column { PREDICTIONS, CORRECT, LOSS, REPEATED, REPEATED_CORRECT, UNIQUE, UNIQUE_CORRECT };

static void columns_of(const struct ind_eval_count *count, double *columns)
{
    columns[PREDICTIONS] = count->predictions;
    columns[CORRECT] = count->correct;
    columns[LOSS] = count->loss;
    columns[REPEATED] = count->repeated;
    columns[REPEATED_CORRECT] = count->repeated_correct;
    columns[UNIQUE] = count->predictions - count->repeated;
    columns[UNIQUE_CORRECT] = count->correct - count->repeated_correct;
}

/* One ratio, with an interval if there are resamples. */
static struct ind_estimate ratio(const struct ind_resampled *resampled, const double *totals,
                                 enum column numerator, enum column denominator)
{
    if (resampled != NULL)
        return ind_resampled_ratio(resampled, (int)numerator, (int)denominator);
    return (struct ind_estimate){
        .value = totals[numerator] / totals[denominator], /* 0 / 0 is NaN */
        .lo = (double)NAN,
        .hi = (double)NAN,
    };
}

/* A share of predictions: at 0 and 1 the bootstrap has no width. */
static struct ind_estimate share(const struct ind_eval_count *counts, int sequences,
                                 const struct ind_resampled *resampled, const double *totals,
                                 enum column numerator, enum column denominator)
{
    int units = 0; /* sequences that have such predictions at all */
    for (int s = 0; s < sequences; s++) {
        double columns[IND_SUMMARY_COLUMNS];
        columns_of(&counts[s], columns);
        units += columns[denominator] > 0.0;
    }
    return ind_estimate_at_edge(ratio(resampled, totals, numerator, denominator), units);
}

static void check(const struct ind_resampled *resampled, int sequences)
{
    assert(resampled->bootstrap->units == sequences);
    assert(resampled->columns == IND_SUMMARY_COLUMNS);
    (void)resampled;
    (void)sequences;
}

void ind_accuracy_summarise(const struct ind_eval_count *counts, int sequences,
                            struct ind_resampled *resampled, struct ind_accuracy *out)
{
    double totals[IND_SUMMARY_COLUMNS] = {0};
    for (int s = 0; s < sequences; s++) {
        double columns[IND_SUMMARY_COLUMNS];
        columns_of(&counts[s], columns);
        for (int c = 0; c < IND_SUMMARY_COLUMNS; c++)
            totals[c] += columns[c];
    }
    if (resampled != NULL) {
        check(resampled, sequences);
        for (int s = 0; s < sequences; s++)
            columns_of(&counts[s], resampled->values + (size_t)s * IND_SUMMARY_COLUMNS);
        ind_resampled_run(resampled);
    }
    out->predictions = (long)totals[PREDICTIONS];
    out->accuracy = share(counts, sequences, resampled, totals, CORRECT, PREDICTIONS);
    out->loss = ratio(resampled, totals, LOSS, PREDICTIONS);
    out->repeated = share(counts, sequences, resampled, totals, REPEATED_CORRECT, REPEATED);
    out->unique = share(counts, sequences, resampled, totals, UNIQUE_CORRECT, UNIQUE);
    out->repeated_share = ratio(resampled, totals, REPEATED, PREDICTIONS);
}

/* Columns of arm a as above, those of arm b after them. */
enum { SHARED = LOSS + 1 };

static struct ind_estimate difference(const struct ind_resampled *resampled, enum column numerator)
{
    const struct ind_ratio a = {(int)numerator, PREDICTIONS};
    const struct ind_ratio b = {SHARED + (int)numerator, SHARED + PREDICTIONS};
    return ind_resampled_difference(resampled, a, b);
}

void ind_accuracy_compare(const struct ind_eval_count *a, const struct ind_eval_count *b,
                          int sequences, struct ind_resampled *resampled,
                          struct ind_accuracy_difference *out)
{
    check(resampled, sequences);
    for (int s = 0; s < sequences; s++) {
        double *row = resampled->values + (size_t)s * IND_SUMMARY_COLUMNS;
        double columns[IND_SUMMARY_COLUMNS];
        columns_of(&b[s], columns);
        columns_of(&a[s], row);
        for (int c = 0; c < SHARED; c++)
            row[SHARED + c] = columns[c];
    }
    ind_resampled_run(resampled);
    out->accuracy = difference(resampled, CORRECT);
    out->loss = difference(resampled, LOSS);
}
