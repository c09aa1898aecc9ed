#include "numbers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/data/seeds.h>
#include <induct/math/inference.h>
#include <induct/math/stats.h>

/* What intervals are made with: the draws for a number of seeds are made when it is first met. */
struct maker {
    struct found *found;
    const struct settings *settings;
    uint64_t seed;
    struct ind_seed_draws *draws; /* [most + 1] by number of seeds */
    int most;
    double *scratch;         /* [resamples] */
    double *values, *within; /* [most] */
    int *cursors;            /* [most] */
};

void found_release(struct found *found)
{
    for (size_t i = 0; i < found->text_count; i++)
        free(found->texts[i]);
    free(found->texts);
    free(found->rows);
    *found = (struct found){0};
}

static int put(struct found *found, const struct row *row, struct ind_error *err)
{
    if (ind_grow(&found->rows, &found->room, (size_t)found->count + 1, sizeof *found->rows, err))
        return IND_FAILED;
    found->rows[found->count++] = *row;
    return IND_OK;
}

/* ---- Means ----------------------------------------------------------------------------------- */

static int maker_init(struct maker *maker, int most, struct ind_error *err)
{
    const size_t count = (size_t)most + 1;
    maker->most = most;
    return ind_alloc_into(&maker->draws, count, sizeof *maker->draws, err) ||
                   ind_alloc_into(&maker->scratch, (size_t)maker->settings->resamples,
                                  sizeof(double), err) ||
                   ind_alloc_into(&maker->values, 2 * count, sizeof(double), err) ||
                   ind_alloc_into(&maker->cursors, count, sizeof(int), err)
               ? IND_FAILED
               : IND_OK;
}

static void maker_release(struct maker *maker)
{
    for (int i = 0; maker->draws && i <= maker->most; i++)
        ind_seed_draws_release(&maker->draws[i]);
    free(maker->draws);
    free(maker->scratch);
    free(maker->values);
    free(maker->cursors);
}

/* Of the first `count` of maker->values, with their errors unless `within` is NULL. */
static int mean_of(struct maker *maker, int count, const double *within, struct ind_estimate *mean,
                   struct ind_error *err)
{
    struct ind_seed_draws *draws = &maker->draws[count];
    if (!draws->weights &&
        ind_seed_draws_init(draws, count, maker->settings->resamples, maker->seed, err))
        return IND_FAILED;
    *mean = ind_seed_mean(draws, maker->values, within, maker->scratch);
    return IND_OK;
}

static int put_mean(struct maker *maker, const struct line *line, double epoch, int count,
                    struct ind_error *err)
{
    struct row row = {.arm = line->arm,
                      .column = line->column,
                      .of = line->of,
                      .epoch = epoch,
                      .seeds = count,
                      .least = INFINITY,
                      .most = -INFINITY};
    for (int i = 0; i < count; i++) {
        row.least = fmin(row.least, maker->values[i]);
        row.most = fmax(row.most, maker->values[i]);
    }
    return mean_of(maker, count, maker->within, &row.mean, err) || put(maker->found, &row, err)
               ? IND_FAILED
               : IND_OK;
}

/* ---- Curves ---------------------------------------------------------------------------------- */

/* The next epoch that any of the lines has and the cursors have not passed; false at the end. */
static bool next_epoch(const struct maker *maker, const struct line *lines, int count,
                       double *epoch)
{
    bool any = false;
    for (int i = 0; i < count; i++) {
        const int at = maker->cursors[i];
        if (at < lines[i].count && (!any || lines[i].epoch[at] < *epoch)) {
            *epoch = lines[i].epoch[at];
            any = true;
        }
    }
    return any;
}

static int put_curve(struct maker *maker, const struct line *lines, int count,
                     struct ind_error *err)
{
    double epoch = 0;
    memset(maker->cursors, 0, (size_t)count * sizeof *maker->cursors);
    while (next_epoch(maker, lines, count, &epoch)) {
        int seeds = 0;
        for (int i = 0; i < count; i++) {
            const int at = maker->cursors[i];
            /* an average's epoch is NaN, and the only one */
            if (at >= lines[i].count || (lines[i].epoch[at] != epoch && !isnan(epoch)))
                continue;
            maker->values[seeds] = lines[i].y[at];
            maker->within[seeds++] = lines[i].within[at];
            maker->cursors[i]++;
        }
        if (put_mean(maker, lines, epoch, seeds, err))
            return IND_FAILED;
    }
    return IND_OK;
}

static int put_each(struct maker *maker, const struct line *line, struct ind_error *err)
{
    for (int i = 0; i < line->count; i++) {
        const struct row row = {.arm = line->arm,
                                .seed = line->seed,
                                .column = line->column,
                                .of = line->of,
                                .epoch = line->epoch[i],
                                .least = line->y[i]};
        if (put(maker->found, &row, err))
            return IND_FAILED;
    }
    return IND_OK;
}

int numbers_average(struct lines *lines, const struct ind_ints *at, struct ind_error *err)
{
    for (int l = 0; l < lines->count; l++) {
        struct line *line = &lines->items[l];
        double sum = 0, squares = 0;
        int found = 0;
        for (int i = 0; i < line->count; i++) {
            for (int a = 0; a < at->count; a++) {
                if (line->epoch[i] != at->items[a])
                    continue;
                sum += line->y[i];
                squares += line->within[i];
                found++;
            }
        }
        if (found != at->count)
            return ind_fail(err, "arm %s, seed %ld: %s (%s) has %d of the %d epochs of --at",
                            line->arm, line->seed, line->column, line->of, found, at->count);
        /* Epochs are measured on the same sequences: their errors do not average out. */
        line->epoch[0] = (double)NAN;
        line->y[0] = sum / found;
        line->within[0] = squares / found;
        line->count = 1;
    }
    return IND_OK;
}

/* ---- Pairs ----------------------------------------------------------------------------------- */

/* The control's line for the same quantity and seed, or NULL. */
static const struct line *partner(const struct lines *lines, const struct line *line,
                                  const char *arm)
{
    for (int i = 0; i < lines->count; i++) {
        const struct line *other = &lines->items[i];
        if (other->seed == line->seed && strcmp(other->arm, arm) == 0 &&
            strcmp(other->column, line->column) == 0 && strcmp(other->of, line->of) == 0)
            return other;
    }
    return NULL;
}

static int put_pairs(struct maker *maker, const struct lines *lines, int first, int count,
                     struct ind_error *err)
{
    const struct line *line = &lines->items[first];
    struct row row = {.arm = line->arm, .column = line->column, .of = line->of};
    for (int i = 0; i < count; i++) {
        const struct line *other = partner(lines, line + i, maker->settings->against);
        if (!other)
            continue;
        maker->values[row.seeds] = line[i].y[0] - other->y[0];
        row.above += maker->values[row.seeds++] > 0;
    }
    if (row.seeds == 0)
        return ind_fail(err, "arms %s and %s have no seed in common for %s (%s)", line->arm,
                        maker->settings->against, line->column, line->of);
    return ind_sign_flip(maker->values, row.seeds, &row.p, err) ||
                   mean_of(maker, row.seeds, NULL, &row.mean, err) || put(maker->found, &row, err)
               ? IND_FAILED
               : IND_OK;
}

static int adjust(struct found *found, struct ind_error *err)
{
    const size_t count = (size_t)found->count;
    double *p;
    size_t *order;
    if (ind_alloc_into(&p, count, sizeof *p, err))
        return IND_FAILED;
    if (ind_alloc_into(&order, count, sizeof *order, err)) {
        free(p);
        return IND_FAILED;
    }
    for (size_t i = 0; i < count; i++)
        p[i] = found->rows[i].p;
    ind_holm_adjust(p, count, order, p);
    for (size_t i = 0; i < count; i++)
        found->rows[i].p_holm = p[i];
    free(p);
    free(order);
    return IND_OK;
}

/* ---- All of it ------------------------------------------------------------------------------- */

static int take_group(struct maker *maker, const struct lines *lines, int first, int count,
                      struct ind_error *err)
{
    const struct settings *s = maker->settings;
    const struct line *line = &lines->items[first];
    if (s->against)
        return strcmp(line->arm, s->against) == 0 ? IND_OK
                                                  : put_pairs(maker, lines, first, count, err);
    if (!s->each)
        return put_curve(maker, line, count, err);
    int status = IND_OK;
    for (int i = 0; i < count && status == IND_OK; i++)
        status = put_each(maker, line + i, err);
    return status;
}

static bool has_arm(const struct lines *lines, const char *arm)
{
    for (int i = 0; i < lines->count; i++) {
        if (strcmp(lines->items[i].arm, arm) == 0)
            return true;
    }
    return false;
}

int numbers_take(struct found *found, const struct lines *lines, const struct settings *settings,
                 uint64_t seed, struct ind_error *err)
{
    struct maker maker = {.found = found, .settings = settings, .seed = seed};
    if (settings->against && !has_arm(lines, settings->against))
        return ind_fail(err, "no run is of the arm %s", settings->against);
    int status = maker_init(&maker, lines->count, err);
    if (status == IND_OK)
        maker.within = maker.values + lines->count + 1;
    for (int first = 0, count; first < lines->count && status == IND_OK; first += count) {
        count = lines_alike(lines, first);
        status = take_group(&maker, lines, first, count, err);
    }
    if (status == IND_OK && settings->against)
        status = adjust(found, err);
    maker_release(&maker);
    return status;
}
