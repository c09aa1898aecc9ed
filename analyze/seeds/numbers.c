#include "means.h"

#include <math.h>
#include <string.h>

static int put_mean(struct maker *maker, const struct line *line, double epoch, int count,
                    struct ind_error *err)
{
    struct row row = {.arm = line->arm,
                      .column = line->column,
                      .of = line->of,
                      .epoch = epoch,
                      .seeds = count,
                      .least = (double)INFINITY,
                      .most = -(double)INFINITY};
    for (int i = 0; i < count; i++) {
        row.least = fmin(row.least, maker->values[i]);
        row.most = fmax(row.most, maker->values[i]);
    }
    return maker_mean(maker, count, maker->within, &row.mean, err) ||
                   found_put(maker->found, &row, err)
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
        if (found_put(maker->found, &row, err))
            return IND_FAILED;
    }
    return IND_OK;
}

/* A line's mean over epochs, and the standard error of it. */
struct average {
    double value, error;
};

static int average(const struct line *line, const struct ind_ints *at, const char *option,
                   struct average *mean, struct ind_error *err)
{
    int found = 0;
    *mean = (struct average){0};
    for (int i = 0; i < line->count; i++) {
        for (int a = 0; a < at->count; a++) {
            if (line->epoch[i] != at->items[a])
                continue;
            mean->value += line->y[i];
            /* Epochs are measured on the same sequences: their errors do not average out. */
            mean->error += line->within[i];
            found++;
        }
    }
    if (found != at->count)
        return ind_fail(err, "arm %s, seed %ld: %s (%s) has %d of the %d epochs of --%s", line->arm,
                        line->seed, line->column, line->of, found, at->count, option);
    mean->value /= found;
    mean->error /= found;
    return IND_OK;
}

int numbers_average(struct lines *lines, const struct settings *s, struct ind_error *err)
{
    for (int l = 0; l < lines->count; l++) {
        struct line *line = &lines->items[l];
        struct average at, since = {0}, before = {0};
        if (average(line, &s->at, "at", &at, err) ||
            (s->since.count && average(line, &s->since, "since", &since, err)) ||
            (s->keeps.count && average(line, &s->keeps, "keeps", &before, err)))
            return IND_FAILED;
        line->epoch[0] = (double)NAN;
        line->y[0] = at.value - since.value;
        /* How far the sequences move a change is not known: the seeds' spread holds it. */
        line->within[0] = s->since.count ? 0.0 : at.error;
        line->before = before.value;
        line->count = 1;
    }
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
                                                  : pairs_take(maker, lines, first, count, err);
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
    if (status == IND_OK && settings->against && !settings->each)
        status = maker_adjust(&maker, err);
    if (status == IND_OK && settings->keeps.count)
        pairs_judge(found, settings);
    maker_release(&maker);
    return status;
}
