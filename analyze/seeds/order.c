/* Two events, or one event in two arms, seed by seed. */
#include "event_rows.h"

#include <math.h>
#include <string.h>

#include <induct/base/file.h>

/* The happening of a seed, or NULL. */
static const struct happening *of_seed(struct kind kind, long seed)
{
    for (int i = 0; i < kind.count; i++) {
        if (kind.items[i].seed == seed)
            return &kind.items[i];
    }
    return NULL;
}

/* Had it happened by the end of the shorter of the two runs? */
static bool has_happened(const struct happening *one, const struct happening *other)
{
    return isfinite(one->epoch) && !(one->known > other->until);
}

static void count_pair(struct row *row, const struct happening *one, const struct happening *other)
{
    const bool has = has_happened(one, other), other_has = has_happened(other, one);
    row->seeds++;
    row->both += has && other_has;
    row->only += has && !other_has;
    row->only_other += !has && other_has;
    row->neither += !has && !other_has;
    if (has && other_has) {
        row->earlier += one->epoch < other->epoch;
        row->later += one->epoch > other->epoch;
        row->same += one->epoch == other->epoch;
    }
}

/* Counts the pairs, and puts the differences of those in which both have happened, other - one, and
 * their errors at the maker's; their number is row->both. */
static void take_differences(struct maker *maker, struct kind one, struct kind other,
                             struct row *row)
{
    for (int i = 0; i < one.count; i++) {
        const struct happening *a = &one.items[i], *b = of_seed(other, a->seed);
        if (!b)
            continue;
        if (has_happened(a, b) && has_happened(b, a)) {
            maker->values[row->both] = b->epoch - a->epoch;
            maker->within[row->both] = hypot(a->error, b->error);
            maker->seeds[row->both] = a->seed;
        }
        count_pair(row, a, b);
    }
}

/* Mean of the differences; NaN of none. */
static int average_differences(struct maker *maker, struct row *row, struct ind_error *err)
{
    row->mean = (struct ind_estimate){(double)NAN, (double)NAN, (double)NAN};
    return row->both ? maker_mean(maker, row->both, maker->within, &row->mean, err) : IND_OK;
}

/* ---- Two events ------------------------------------------------------------------------------ */

/* "fall"; of an event of induct-onset "p40 crossing", or "induction/head=L1H0 break". */
static int name_event(struct found *found, const struct happening *one, const char **name,
                      struct ind_error *err)
{
    const bool grouped = strcmp(one->of, "-") != 0;
    char *text = strcmp(one->column, "-") == 0
                     ? strdup(one->event)
                     : ind_text("%s%s%s %s", one->column, grouped ? "/" : "",
                                grouped ? one->of : "", one->event);
    *name = text;
    return found_own(found, text, err);
}

int order_take(struct maker *maker, struct kind one, struct kind other, struct ind_error *err)
{
    struct row row = {.arm = one.items->arm};
    take_differences(maker, one, other, &row);
    return average_differences(maker, &row, err) || maker_flip(maker, row.both, &row.p, err) ||
                   name_event(maker->found, one.items, &row.event, err) ||
                   name_event(maker->found, other.items, &row.other, err) ||
                   found_put(maker->found, &row, err)
               ? IND_FAILED
               : IND_OK;
}

void order_judge(struct found *found)
{
    for (int i = 0; i < found->count; i++) {
        struct row *row = &found->rows[i];
        row->word = row->mean.lo > 0 && 4 * row->earlier >= 3 * row->both ? "leads"
                    : row->mean.hi < 0 && 4 * row->later >= 3 * row->both ? "follows"
                                                                          : "-";
    }
}

/* ---- Two arms -------------------------------------------------------------------------------- */

/* Puts 1 at the maker's values for a seed in which it has happened in `arm` alone, -1 in `against`
 * alone, 0 elsewhere. */
static void take_occurrences(struct maker *maker, struct kind arm, struct kind against)
{
    int count = 0;
    for (int i = 0; i < arm.count; i++) {
        const struct happening *one = &arm.items[i], *other = of_seed(against, one->seed);
        if (!other)
            continue;
        maker->values[count] = has_happened(one, other) - has_happened(other, one);
        maker->seeds[count++] = one->seed;
    }
}

int delays_take(struct maker *maker, struct kind arm, struct kind against, struct ind_error *err)
{
    const struct happening *first = arm.items;
    struct row row = {
        .arm = first->arm, .column = first->column, .of = first->of, .event = first->event};
    take_differences(maker, against, arm, &row);
    if (row.seeds == 0)
        return ind_fail(err, "arms %s and %s have no seed in common for %s", row.arm,
                        maker->settings->against, row.event);
    if (average_differences(maker, &row, err))
        return IND_FAILED;
    row.seen = row.both + row.only_other;
    row.seen_against = row.both + row.only;
    take_occurrences(maker, arm, against);
    return maker_flip(maker, row.seeds, &row.p, err) || found_put(maker->found, &row, err)
               ? IND_FAILED
               : IND_OK;
}
