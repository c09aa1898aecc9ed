/* --epochs: which checkpoints of a series are meant. */
#include <induct/tool/walk.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

#include "tool/number.h"
#include "tool/option.h"

/* One item as a span; "first", "last" and negative numbers become single spans with `from` negative
 * or LONG_MIN for the first. */
static const long FIRST_CHECKPOINT = LONG_MIN;

static int parse_item(const char *item, struct ind_span *span, struct ind_error *err)
{
    long index = strcmp(item, "first") == 0 ? FIRST_CHECKPOINT : strcmp(item, "last") == 0 ? -1 : 0;
    if (index != 0) {
        *span = (struct ind_span){.from = index, .to = index, .step = 1, .single = 1};
        return IND_OK;
    }
    if (ind_span_parse(item, 1, span, err) != IND_OK)
        return IND_FAILED;
    if (!span->single && (span->from < 0 || span->to < 0))
        return ind_fail(err, "'%s': epochs are not negative", item);
    return IND_OK;
}

int ind_epochs_check(const char *text, struct ind_error *err)
{
    char item[IND_ITEM_ROOM];
    struct ind_span span;
    int more;
    while ((more = ind_list_next(&text, item, err)) == 1)
        if (parse_item(item, &span, err) != IND_OK)
            return IND_FAILED;
    return more;
}

/* The run's epochs in words: "epochs 0 to 20000, 201 checkpoints". */
static int fail_with_range(const struct ind_series *series, const char *item, struct ind_error *err)
{
    return ind_fail(err, "no checkpoint matches '%s': %s has %d, epochs %ld to %ld", item,
                    series->path, series->count, series->epochs[0],
                    series->epochs[series->count - 1]);
}

/* The index a single item means, or -1. */
static int single_index(const struct ind_series *series, long number)
{
    if (number == FIRST_CHECKPOINT)
        return 0;
    if (number < 0)
        return number >= -series->count ? series->count + (int)number : -1;
    return ind_series_find(series, number);
}

/* A single epoch that the run does not have: with those on either side that it has. */
static int fail_beside(const struct ind_series *series, const char *item, long number,
                       struct ind_error *err)
{
    int after = 0;
    while (after < series->count && series->epochs[after] < number)
        after++;
    if (after == 0 || after == series->count)
        return fail_with_range(series, item, err);
    return ind_fail(
        err, "no checkpoint matches '%s': %s has %d, epochs %ld to %ld; nearest %ld and %ld", item,
        series->path, series->count, series->epochs[0], series->epochs[series->count - 1],
        series->epochs[after - 1], series->epochs[after]);
}

static int mark_span(const struct ind_series *series, const struct ind_span *span, bool *wanted)
{
    int marked = 0;
    for (int i = 0; i < series->count; i++) {
        long epoch = series->epochs[i];
        if (epoch < span->from || (span->has_to && epoch > span->to) ||
            (epoch - span->from) % span->step != 0)
            continue;
        wanted[i] = true;
        marked++;
    }
    return marked;
}

/* Every item must select something: a mistyped epoch in a list must not vanish. */
static int mark_items(const struct ind_series *series, const char *text, bool *wanted,
                      struct ind_error *err)
{
    char item[IND_ITEM_ROOM];
    int more;
    while ((more = ind_list_next(&text, item, err)) == 1) {
        struct ind_span span;
        if (parse_item(item, &span, err) != IND_OK)
            return IND_FAILED;
        if (span.single) {
            int index = single_index(series, span.from);
            if (index < 0)
                return fail_beside(series, item, span.from, err);
            wanted[index] = true;
        } else if (mark_span(series, &span, wanted) == 0) {
            return fail_with_range(series, item, err);
        }
    }
    return more;
}

int ind_walk_select(const struct ind_tool *tool, const struct ind_series *series, int **indices,
                    int *count, struct ind_error *err)
{
    *indices = NULL;
    *count = 0;
    if (series->count == 0)
        return ind_fail(err, "%s: no checkpoint", series->path);
    bool *wanted;
    if (ind_alloc_into(&wanted, (size_t)series->count, sizeof *wanted, err) != IND_OK)
        return IND_FAILED;
    const char *text = tool->epochs.text ? tool->epochs.text : ":";
    int status = mark_items(series, text, wanted, err);
    if (status == IND_OK)
        status = ind_alloc_into(indices, (size_t)series->count, sizeof **indices, err);
    for (int i = 0; status == IND_OK && i < series->count; i++)
        if (wanted[i])
            (*indices)[(*count)++] = i;
    free(wanted);
    if (status == IND_OK)
        return IND_OK;
    return ind_error_context(err, "%s", tool->epochs.option ? tool->epochs.option : "--epochs");
}
