#include "happenings.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

#include "lines.h"

static void release(struct happening *one)
{
    free(one->arm);
    free(one->column);
    free(one->of);
    free(one->event);
}

void happenings_release(struct happenings *all)
{
    for (int i = 0; i < all->count; i++)
        release(&all->items[i]);
    free(all->items);
    *all = (struct happenings){0};
}

int happenings_put(struct happenings *all, const struct happening *one, struct ind_error *err)
{
    if (ind_grow(&all->items, &all->room, (size_t)all->count + 1, sizeof *all->items, err))
        return IND_FAILED;
    struct happening *new = &all->items[all->count++];
    *new = *one;
    new->arm = strdup(one->arm);
    new->column = strdup(one->column);
    new->of = strdup(one->of);
    new->event = strdup(one->event);
    return new->arm &&new->column &&new->of &&new->event ? IND_OK : ind_fail(err, "out of memory");
}

/* ---- induct-onset's tables ------------------------------------------------------------------- */

struct places {
    int table, of, column, event, epoch, status;
    int lo, hi; /* -1: a table without them */
};

static int find_places(const struct ind_sheet *sheet, struct places *at, struct ind_error *err)
{
    at->lo = ind_sheet_find(sheet, "epoch_lo");
    at->hi = ind_sheet_find(sheet, "epoch_hi");
    return ind_sheet_column(sheet, "table", &at->table, err) ||
                   ind_sheet_column(sheet, "of", &at->of, err) ||
                   ind_sheet_column(sheet, "column", &at->column, err) ||
                   ind_sheet_column(sheet, "event", &at->event, err) ||
                   ind_sheet_column(sheet, "epoch", &at->epoch, err) ||
                   ind_sheet_column(sheet, "status", &at->status, err)
               ? IND_FAILED
               : IND_OK;
}

/* Of a 95 % interval; 0 where a bound is missing or beyond the run. */
static int take_error(const struct ind_sheet *sheet, size_t row, const struct places *at,
                      double *error, struct ind_error *err)
{
    static const double width = 2 * 1.959963984540054;
    double lo = (double)NAN, hi = (double)NAN;
    if ((at->lo >= 0 && ind_sheet_real(sheet, row, at->lo, &lo, err)) ||
        (at->hi >= 0 && ind_sheet_real(sheet, row, at->hi, &hi, err)))
        return IND_FAILED;
    *error = isfinite(hi - lo) ? (hi - lo) / width : 0.0;
    return IND_OK;
}

static bool listed(const char *list, const char *word)
{
    const size_t length = strlen(word);
    for (const char *at = list; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, word, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    }
    return !list;
}

static int take_row(struct happenings *all, const struct ind_sheet *sheet, size_t row,
                    const struct places *at, struct ind_error *err)
{
    const char *word = ind_sheet_text(sheet, row, at->status);
    struct happening one = {.column = (char *)ind_sheet_text(sheet, row, at->column),
                            .event = (char *)ind_sheet_text(sheet, row, at->event),
                            .known = (double)NAN,
                            .until = (double)NAN};
    int status = lines_name(ind_sheet_text(sheet, row, at->table),
                            ind_sheet_text(sheet, row, at->of), &one.arm, &one.seed, &one.of, err);
    if (status == IND_OK)
        status = ind_sheet_real(sheet, row, at->epoch, &one.epoch, err);
    if (status == IND_OK)
        status = take_error(sheet, row, at, &one.error, err);
    if ((strcmp(word, "seen") != 0 && strcmp(word, "unsettled") != 0) || isnan(one.epoch))
        one.epoch = (double)INFINITY;
    if (status == IND_OK)
        status = happenings_put(all, &one, err);
    free(one.arm);
    free(one.of);
    return status;
}

int happenings_take(struct happenings *all, const struct ind_sheet *sheet, const char *events,
                    struct ind_error *err)
{
    struct places at;
    int status = find_places(sheet, &at, err);
    for (size_t row = 0; row < sheet->row_count && status == IND_OK; row++) {
        if (listed(events, ind_sheet_text(sheet, row, at.event)))
            status = take_row(all, sheet, row, &at, err);
    }
    return status;
}

static int read_table(struct happenings *all, const char *path, const char *events,
                      struct ind_error *err)
{
    struct ind_sheet sheet;
    if (ind_sheet_read(&sheet, path, IND_TORN_FAILS, err))
        return IND_FAILED;
    const int status = happenings_take(all, &sheet, events, err);
    ind_sheet_release(&sheet);
    return status;
}

int happenings_read(struct happenings *all, char **paths, int count, const char *events,
                    struct ind_error *err)
{
    for (int i = 0; i < count; i++) {
        if (read_table(all, paths[i], events, err))
            return IND_FAILED;
    }
    return events && all->count == 0 ? ind_fail(err, "no event is called %s", events) : IND_OK;
}

/* ---- Order ----------------------------------------------------------------------------------- */

int happenings_compare_kind(const struct happening *a, const struct happening *b)
{
    int order = strcmp(a->column, b->column);
    order = order ? order : strverscmp(a->of, b->of);
    return order ? order : strcmp(a->event, b->event);
}

static int compare(const void *left, const void *right)
{
    const struct happening *a = left, *b = right;
    int order = strcmp(a->arm, b->arm);
    order = order ? order : happenings_compare_kind(a, b);
    return order ? order : (a->seed > b->seed) - (a->seed < b->seed);
}

int happenings_sort(struct happenings *all, struct ind_error *err)
{
    if (all->count > 1)
        qsort(all->items, (size_t)all->count, sizeof *all->items, compare);
    for (int i = 1; i < all->count; i++) {
        const struct happening *one = &all->items[i];
        if (compare(one - 1, one) == 0)
            return ind_fail(err, "arm %s, seed %ld: %s of %s (%s) is there twice", one->arm,
                            one->seed, one->event, one->column, one->of);
    }
    return IND_OK;
}

int happenings_alike(const struct happenings *all, int first)
{
    const struct happening *a = &all->items[first];
    int count = 1;
    while (first + count < all->count && strcmp(a->arm, a[count].arm) == 0 &&
           happenings_compare_kind(a, a + count) == 0)
        count++;
    return count;
}
