/*
 * Who plays which part in a run: decided once, here, for programs, figures and comparisons of runs.
 * A head's index means nothing from one seed to the next; its role does.
 *
 *   previous    heads by their highest prev-token score: attention to the token before
 *   induction   heads by their highest induction score: attention to the token after the same
 *               token's last occurrence
 *   period      periods by how far induction accuracy has fallen from its highest to its last value
 *
 * Heads of all layers are ranked. Decided on tables (induct/table/reader.h), whoever made them:
 *
 *   scores      of induct-score: epoch head prev_token induction, and of either the columns _lo, _hi
 *               (--intervals) and _uniform (--baseline), where they are there
 *   accuracy    metrics.tsv: epoch ood_P ..., a column a period; or of induct-eval: epoch period
 *               accuracy accuracy_lo accuracy_hi
 *
 * INTERVALS. Scores and evaluated accuracies have those of their tables (NaN where the table has
 * none). A value of metrics.tsv rests on few sequences and has none: it is replaced by the mean of
 * five logged values in a row (all, where there are fewer), at the middle one's epoch, with
 * Student's 95 % interval of those five, mean +- t_4 s / sqrt(5), cut at 0 and 1, which no accuracy
 * leaves; what they drift apart widens it, as it should.
 *
 * WHAT HOLDS. A head is called one of its role where the interval of its highest score lies wholly
 * above twice that of uniform attention and above a tenth of all attention; a period has fallen
 * where the interval of its highest accuracy lies wholly above that of its last. Without intervals
 * the values themselves are compared. The highest of many values is a little high by luck: the
 * interval does not know of that.
 */
#ifndef INDUCT_ROLE_ROLE_H
#define INDUCT_ROLE_ROLE_H

#include <stdbool.h>
#include <stddef.h>

#include <induct/base/error.h>
#include <induct/table/reader.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ind_role_kind { IND_ROLE_PREVIOUS, IND_ROLE_INDUCTION, IND_ROLE_PERIOD };
enum { IND_ROLE_KINDS = 3 };

/* "previous", "induction", "period" */
const char *ind_role_name(enum ind_role_kind kind);

/* A value at an epoch, with its 95 % interval, NaN where there is none. */
struct ind_role_value {
    long epoch;
    double value, lo, hi;
};

struct ind_standing {
    enum ind_role_kind kind;
    int rank;      /* in its kind, from 1 */
    char name[24]; /* "L1H0", or the period: "40" */
    int layer;     /* of a head, else -1 */
    int period;    /* else -1 */
    double
        chance; /* the score of uniform attention; NaN if the table does not say, and of periods */
    struct ind_role_value peak, last; /* highest (the first of equals) and last value */
    long half_epoch; /* the first epoch at half the way up from chance (or 0) to the peak; -1 if the
                        peak is below chance */
    bool holds;
};

/* Owner; zero-initialise. Kind by kind in the order of the enumeration, in each by rank. */
struct ind_roles {
    struct ind_standing *items;
    int count;
    int layers; /* one more than the highest layer seen; 0 without scores */
};

/* Adds the roles that a table decides. Rows of values that are NaN at every epoch (a run whose
 * context is too short for the score) leave no role. Fails on columns that are missing or are no
 * numbers. */
IND_CHECKED int ind_roles_add_scores(struct ind_roles *roles, const struct ind_sheet *scores,
                                     struct ind_error *err);
IND_CHECKED int ind_roles_add_accuracy(struct ind_roles *roles, const struct ind_sheet *accuracy,
                                       struct ind_error *err);

/* The same of one head or period, by values that were read elsewhere (count >= 0, ascending epochs,
 * none NaN); `table` is what messages call their source. The chance is not known. */
IND_CHECKED int ind_roles_add_curve(struct ind_roles *roles, enum ind_role_kind kind,
                                    const char *name, const struct ind_role_value *values,
                                    size_t count, const char *table, struct ind_error *err);

/* The same of scores that are in no table: heads' curves of one kind, PREVIOUS or INDUCTION, all
 * over the same ascending epochs. Value i of a curve is y[i * stride]. */
struct ind_role_curve {
    char name[16];   /* "L1H0" */
    const double *y; /* borrowed */
};
IND_CHECKED int ind_roles_add_curves(struct ind_roles *roles, enum ind_role_kind kind,
                                     const struct ind_role_curve *curves, int curve_count,
                                     const long *epochs, int count, size_t stride, double chance,
                                     struct ind_error *err);
void ind_roles_release(struct ind_roles *roles);

/* The standing of a head or period in its kind, or NULL. */
const struct ind_standing *ind_roles_find(const struct ind_roles *roles, enum ind_role_kind kind,
                                          const char *name);

/* The first in its kind, or NULL. */
const struct ind_standing *ind_roles_first(const struct ind_roles *roles, enum ind_role_kind kind);

/* The first previous-token head that has a later layer to write to (in a model of one layer: the
 * first), or NULL. */
const struct ind_standing *ind_roles_writer(const struct ind_roles *roles);

#ifdef __cplusplus
}
#endif
#endif
