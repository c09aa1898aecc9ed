/* Events over seeds: those that have not come to pass are counted, not left out. */
#include "numbers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/math/inference.h>

/* One event of one seed; text is owned. */
struct happening {
    char *arm, *column, *of, *event;
    long seed;
    double epoch; /* INFINITY: censored */
};

struct happenings {
    struct happening *items;
    int count;
    size_t room;
};

static void release(struct happenings *all)
{
    for (int i = 0; i < all->count; i++) {
        free(all->items[i].arm);
        free(all->items[i].column);
        free(all->items[i].of);
        free(all->items[i].event);
    }
    free(all->items);
}

/* Columns of induct-onset's tables. */
struct places {
    int table, of, column, event, epoch, status;
};

static int find_places(const struct ind_sheet *sheet, struct places *at, struct ind_error *err)
{
    return ind_sheet_column(sheet, "table", &at->table, err) ||
                   ind_sheet_column(sheet, "of", &at->of, err) ||
                   ind_sheet_column(sheet, "column", &at->column, err) ||
                   ind_sheet_column(sheet, "event", &at->event, err) ||
                   ind_sheet_column(sheet, "epoch", &at->epoch, err) ||
                   ind_sheet_column(sheet, "status", &at->status, err)
               ? IND_FAILED
               : IND_OK;
}

static int take_row(struct happenings *all, const struct ind_sheet *sheet, size_t row,
                    const struct places *at, struct ind_error *err)
{
    if (ind_grow(&all->items, &all->room, (size_t)all->count + 1, sizeof *all->items, err))
        return IND_FAILED;
    struct happening *new = &all->items[all->count++];
    *new = (struct happening){.column = strdup(ind_sheet_text(sheet, row, at->column)),
                              .event = strdup(ind_sheet_text(sheet, row, at->event))};
    if (!new->column || !new->event)
        return ind_fail(err, "out of memory");
    if (lines_name(ind_sheet_text(sheet, row, at->table), ind_sheet_text(sheet, row, at->of),
                   &new->arm, &new->seed, &new->of, err) ||
        ind_sheet_real(sheet, row, at->epoch, &new->epoch, err))
        return IND_FAILED;
    const char *status = ind_sheet_text(sheet, row, at->status);
    const bool seen = strcmp(status, "seen") == 0 || strcmp(status, "unsettled") == 0;
    if (!seen || isnan(new->epoch))
        new->epoch = (double)INFINITY;
    return IND_OK;
}

static int take_table(struct happenings *all, const char *path, struct ind_error *err)
{
    struct ind_sheet sheet;
    struct places at;
    if (ind_sheet_read(&sheet, path, IND_TORN_FAILS, err))
        return IND_FAILED;
    int status = find_places(&sheet, &at, err);
    for (size_t row = 0; row < sheet.row_count && status == IND_OK; row++)
        status = take_row(all, &sheet, row, &at, err);
    ind_sheet_release(&sheet);
    return status;
}

/* By arm, column, rows and event; what happened first comes first. */
static int compare_kind(const struct happening *a, const struct happening *b)
{
    int order = strcmp(a->arm, b->arm);
    order = order ? order : strcmp(a->column, b->column);
    order = order ? order : strverscmp(a->of, b->of);
    return order ? order : strcmp(a->event, b->event);
}

static int compare(const void *left, const void *right)
{
    const struct happening *a = left, *b = right;
    const int order = compare_kind(a, b);
    return order ? order : (a->epoch > b->epoch) - (a->epoch < b->epoch);
}

static int check_seeds(const struct happening *kind, int count, struct ind_error *err)
{
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < i; j++) {
            if (kind[i].seed == kind[j].seed)
                return ind_fail(err, "arm %s, seed %ld: %s of %s (%s) is there twice", kind->arm,
                                kind[i].seed, kind->event, kind->column, kind->of);
        }
    }
    return IND_OK;
}

/* The rows outlive the happenings: what they say is handed over to the found. */
static int keep_text(struct found *found, char **text, struct ind_error *err)
{
    if (ind_grow(&found->texts, &found->text_room, found->text_count + 1, sizeof *found->texts,
                 err))
        return IND_FAILED;
    found->texts[found->text_count++] = *text;
    *text = NULL;
    return IND_OK;
}

static int put_kind(struct found *found, struct happening *kind, int count, struct ind_error *err)
{
    struct row row = {.arm = kind->arm,
                      .column = kind->column,
                      .of = kind->of,
                      .event = kind->event,
                      .seeds = count,
                      .median = kind[(count + 1) / 2 - 1].epoch,
                      .least = (double)NAN,
                      .most = (double)NAN};
    for (int i = 0; i < count; i++)
        row.seen += isfinite(kind[i].epoch);
    if (row.seen) {
        row.least = kind[0].epoch;
        row.most = kind[row.seen - 1].epoch;
    }
    const struct ind_share share = ind_clopper_pearson(row.seen, count);
    row.share = (struct ind_estimate){share.value, share.lo, share.hi};
    if (keep_text(found, &kind->arm, err) || keep_text(found, &kind->column, err) ||
        keep_text(found, &kind->of, err) || keep_text(found, &kind->event, err) ||
        ind_grow(&found->rows, &found->room, (size_t)found->count + 1, sizeof *found->rows, err))
        return IND_FAILED;
    found->rows[found->count++] = row;
    return IND_OK;
}

int events_take(struct found *found, char **paths, int count, struct ind_error *err)
{
    struct happenings all = {0};
    int status = IND_OK;
    for (int i = 0; i < count && status == IND_OK; i++)
        status = take_table(&all, paths[i], err);
    if (status == IND_OK && all.count > 1)
        qsort(all.items, (size_t)all.count, sizeof *all.items, compare);
    for (int first = 0, alike; first < all.count && status == IND_OK; first += alike) {
        for (alike = 1; first + alike < all.count &&
                        compare_kind(&all.items[first], &all.items[first + alike]) == 0;)
            alike++;
        status = check_seeds(&all.items[first], alike, err);
        if (status == IND_OK)
            status = put_kind(found, &all.items[first], alike, err);
    }
    release(&all);
    return status;
}
