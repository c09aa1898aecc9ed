/* Events over seeds: those that have not come to pass are counted, not left out. */
#include "events.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/math/inference.h>

#include "event_rows.h"

/* ---- One kind -------------------------------------------------------------------------------- */

static int compare_reals(const void *left, const void *right)
{
    const double *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

static int put_counts(struct maker *maker, struct kind kind, struct ind_error *err)
{
    const struct happening *first = kind.items;
    struct row row = {.arm = first->arm,
                      .column = first->column,
                      .of = first->of,
                      .event = first->event,
                      .seeds = kind.count,
                      .least = (double)NAN,
                      .most = (double)NAN};
    for (int i = 0; i < kind.count; i++) {
        maker->values[i] = first[i].epoch;
        row.seen += isfinite(first[i].epoch);
    }
    qsort(maker->values, (size_t)kind.count, sizeof *maker->values, compare_reals);
    row.median = maker->values[(kind.count + 1) / 2 - 1];
    if (row.seen) {
        row.least = maker->values[0];
        row.most = maker->values[row.seen - 1];
    }
    const struct ind_share share = ind_clopper_pearson(row.seen, kind.count);
    row.share = (struct ind_estimate){share.value, share.lo, share.hi};
    return found_put(maker->found, &row, err);
}

static int put_each(struct maker *maker, struct kind kind, struct ind_error *err)
{
    for (int i = 0; i < kind.count; i++) {
        const struct happening *one = &kind.items[i];
        const bool seen = isfinite(one->epoch);
        const struct row row = {.arm = one->arm,
                                .seed = one->seed,
                                .column = one->column,
                                .of = one->of,
                                .event = one->event,
                                .epoch = seen ? one->epoch : (double)NAN,
                                .word = seen ? "seen" : "censored",
                                .until = one->until};
        if (found_put(maker->found, &row, err))
            return IND_FAILED;
    }
    return IND_OK;
}

/* ---- Two kinds ------------------------------------------------------------------------------- */

static struct kind kind_at(const struct happenings *all, int first)
{
    return (struct kind){&all->items[first], happenings_alike(all, first)};
}

/* The kind with all that comes after it in its arm. */
static int put_orders(struct maker *maker, const struct happenings *all, int first,
                      struct ind_error *err)
{
    const struct kind one = kind_at(all, first);
    for (int at = first + one.count, count; at < all->count; at += count) {
        const struct kind other = kind_at(all, at);
        count = other.count;
        if (strcmp(one.items->arm, other.items->arm) != 0)
            break;
        if (order_take(maker, one, other, err))
            return IND_FAILED;
    }
    return IND_OK;
}

/* The kind against the same of the other arm. */
static int put_delays(struct maker *maker, const struct happenings *all, int first,
                      struct ind_error *err)
{
    const char *against = maker->settings->against;
    const struct kind arm = kind_at(all, first);
    if (strcmp(arm.items->arm, against) == 0)
        return IND_OK;
    for (int at = 0, count; at < all->count; at += count) {
        const struct kind other = kind_at(all, at);
        count = other.count;
        if (strcmp(other.items->arm, against) == 0 &&
            happenings_compare_kind(arm.items, other.items) == 0)
            return delays_take(maker, arm, other, err);
    }
    return ind_fail(err, "arm %s has no event %s", against, arm.items->event);
}

/* ---- All of it ------------------------------------------------------------------------------- */

static int put_kind(struct maker *maker, const struct happenings *all, int first,
                    struct ind_error *err)
{
    const struct settings *s = maker->settings;
    return s->order     ? put_orders(maker, all, first, err)
           : s->against ? put_delays(maker, all, first, err)
           : s->each    ? put_each(maker, kind_at(all, first), err)
                        : put_counts(maker, kind_at(all, first), err);
}

int events_take(struct found *found, const struct happenings *all, const struct settings *settings,
                uint64_t seed, struct ind_error *err)
{
    struct maker maker = {.found = found, .settings = settings, .seed = seed};
    int status = maker_init(&maker, all->count, err);
    if (status == IND_OK)
        maker.within = maker.values + all->count + 1;
    for (int first = 0; first < all->count && status == IND_OK;
         first += happenings_alike(all, first))
        status = put_kind(&maker, all, first, err);
    if (status == IND_OK && (settings->order || settings->against))
        status = maker_adjust(&maker, err);
    if (status == IND_OK && settings->order)
        order_judge(found);
    maker_release(&maker);
    return status;
}
