#include "criteria.h"

#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/onset/onset.h>

#include "heads.h"

/* One run, and what is worked in. */
struct looking {
    const struct lines *lines;
    const struct line *run;       /* one of its lines, which names it */
    const struct line **matching; /* [lines->count] */
    int count;
    double *y; /* [points of the longest line] */
};

/* Is the line called so? By its column, or by column/of. */
static int match(const struct line *line, const char *pattern, bool *matches, struct ind_error *err)
{
    if (strcmp(line->of, "-") == 0) {
        *matches = fnmatch(pattern, line->column, 0) == 0;
        return IND_OK;
    }
    char *name = ind_text("%s/%s", line->column, line->of);
    if (!name)
        return ind_fail(err, "out of memory");
    *matches = fnmatch(pattern, name, 0) == 0;
    free(name);
    return IND_OK;
}

static int fail(const struct looking *looking, const struct criterion *criterion, const char *why,
                struct ind_error *err)
{
    return ind_fail(err, "arm %s, seed %ld: %s: %s %s", looking->run->arm, looking->run->seed,
                    criterion->name, criterion->pattern, why);
}

/* Fills `matching` with the run's lines that the criterion is of. */
static int find_lines(struct looking *looking, const struct criterion *criterion,
                      struct ind_error *err)
{
    looking->count = 0;
    for (int i = 0; i < looking->lines->count; i++) {
        const struct line *line = &looking->lines->items[i];
        bool matches = false;
        if (heads_same_run(line, looking->run) && match(line, criterion->pattern, &matches, err))
            return IND_FAILED;
        if (matches)
            looking->matching[looking->count++] = line;
    }
    if (looking->count == 0)
        return fail(looking, criterion, "is no column of its tables", err);
    if (criterion->curve == CURVE_ONE && looking->count > 1)
        return fail(looking, criterion, "is several curves: mean() of them?", err);
    if (criterion->curve == CURVE_RIVAL && looking->count < 2)
        return fail(looking, criterion, "has no rival", err);
    const struct line *first = looking->matching[0];
    for (int k = 1; k < looking->count; k++) {
        const struct line *line = looking->matching[k];
        if (line->count != first->count ||
            memcmp(line->epoch, first->epoch, (size_t)line->count * sizeof(double)) != 0)
            return fail(looking, criterion, "are curves with other epochs", err);
    }
    return IND_OK;
}

/* Which of the lines is highest at the epoch, and where that is. */
static int find_leader(const struct looking *looking, const struct criterion *criterion,
                       int *leader, int *place, struct ind_error *err)
{
    const struct line *first = looking->matching[0];
    *place = 0;
    while (*place < first->count && first->epoch[*place] != criterion->at)
        ++*place;
    if (*place == first->count) {
        char *why = ind_text("has no epoch %.0f", criterion->at);
        (void)fail(looking, criterion, why ? why : "lacks an epoch", err);
        free(why);
        return IND_FAILED;
    }
    *leader = 0;
    for (int k = 1; k < looking->count; k++) {
        if (looking->matching[k]->y[*place] > looking->matching[*leader]->y[*place])
            *leader = k;
    }
    return IND_OK;
}

/* Over all matching lines but one (-1 = all) at a checkpoint. */
static double combine(const struct looking *looking, enum curve_kind curve, int i, int without)
{
    double sum = 0, most = -(double)INFINITY, least = (double)INFINITY;
    for (int k = 0; k < looking->count; k++) {
        if (k == without)
            continue;
        const double y = looking->matching[k]->y[i];
        sum += y;
        most = fmax(most, y);
        least = fmin(least, y);
    }
    return curve == CURVE_MIN ? least : curve == CURVE_MAX ? most : sum / looking->count;
}

static int take_curve(struct looking *looking, const struct criterion *criterion,
                      struct ind_error *err)
{
    int leader = 0, place = 0;
    if (find_lines(looking, criterion, err))
        return IND_FAILED;
    const bool led = criterion->curve == CURVE_SHARE || criterion->curve == CURVE_RIVAL;
    if (led && find_leader(looking, criterion, &leader, &place, err))
        return IND_FAILED;
    for (int i = 0; i < looking->matching[0]->count; i++) {
        const double *own = looking->matching[leader]->y;
        looking->y[i] = criterion->curve == CURVE_SHARE ? own[i] / own[place]
                        : criterion->curve == CURVE_RIVAL
                            ? combine(looking, CURVE_MAX, i, leader) - own[i]
                            : combine(looking, criterion->curve, i, -1);
    }
    return IND_OK;
}

/* Above 0 where the test holds. */
static double excess(const struct test *test, double y, double highest)
{
    return test->kind == TEST_ABOVE   ? y - test->level
           : test->kind == TEST_BELOW ? test->level - y
                                      : highest - y - test->level;
}

/* Puts in place of the curve, from point `first` on, by how much its test holds; NaN before
 * `once`. */
static void measure(const struct criterion *criterion, double *y, int first, int count)
{
    bool armed = criterion->once.kind == TEST_NONE;
    double highest = -(double)INFINITY;
    for (int i = first; i < count; i++) {
        const double value = y[i];
        highest = fmax(highest, value);
        armed = armed || excess(&criterion->once, value, highest) > 0;
        y[i] = armed ? excess(&criterion->test, value, highest) : (double)NAN;
    }
}

static int look(struct looking *looking, const struct criterion *criterion, struct happenings *all,
                struct ind_error *err)
{
    if (take_curve(looking, criterion, err))
        return IND_FAILED;
    const struct line *line = looking->matching[0];
    int first = 0;
    while (first < line->count && line->epoch[first] < criterion->from)
        first++;
    measure(criterion, looking->y, first, line->count);
    const int at = ind_onset_crossing(looking->y + first, line->count - first, 0);
    const struct happening one = {
        .arm = line->arm,
        .column = (char *)"-",
        .of = (char *)"-",
        .event = (char *)criterion->name,
        .seed = line->seed,
        .epoch = at >= 0 ? line->epoch[first + at] : (double)INFINITY,
        .known = at >= 0 ? line->epoch[first + at + IND_ONSET_ROW - 1] : (double)NAN,
        .until = line->count > 0 ? line->epoch[line->count - 1] : (double)NAN};
    return happenings_put(all, &one, err);
}

static int longest(const struct lines *lines)
{
    int most = 0;
    for (int i = 0; i < lines->count; i++)
        most = lines->items[i].count > most ? lines->items[i].count : most;
    return most;
}

int criteria_apply(const struct criteria *criteria, const struct lines *lines,
                   struct happenings *all, struct ind_error *err)
{
    struct looking looking = {.lines = lines};
    int status = ind_alloc_into(&looking.y, (size_t)longest(lines), sizeof(double), err);
    if (status == IND_OK)
        status = ind_alloc_into(&looking.matching, (size_t)lines->count, sizeof(void *), err);
    for (int i = 0; i < lines->count && status == IND_OK; i++) {
        if (!heads_new_run(lines, i))
            continue;
        looking.run = &lines->items[i];
        for (int c = 0; c < criteria->count && status == IND_OK; c++)
            status = look(&looking, &criteria->items[c], all, err);
    }
    free(looking.y);
    free(looking.matching);
    return status;
}
