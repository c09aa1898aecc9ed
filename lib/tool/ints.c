/* Lists of integers: "5,10,20:29,30:40:5". */
#include <induct/tool/tool.h>

#include <limits.h>
#include <stdlib.h>

#include <induct/base/memory.h>

#include "tool/number.h"

enum { MOST_INTS = 1000000 };

static int append_span(struct ind_ints *list, size_t *room, const struct ind_span *span,
                       struct ind_error *err)
{
    if (span->from < INT_MIN || span->to > INT_MAX)
        return ind_fail(err, "%ld is out of range", span->to > INT_MAX ? span->to : span->from);
    size_t more = (size_t)((span->to - span->from) / span->step) + 1;
    if (more > MOST_INTS - (size_t)list->count)
        return ind_fail(err, "more than %d numbers", MOST_INTS);
    if (ind_grow(&list->items, room, (size_t)list->count + more, sizeof *list->items, err))
        return IND_FAILED;
    for (size_t i = 0; i < more; i++)
        list->items[list->count++] = (int)(span->from + (long)i * span->step);
    return IND_OK;
}

static int append_items(struct ind_ints *list, size_t *room, const char *text,
                        struct ind_error *err)
{
    char item[IND_ITEM_ROOM];
    const char *rest = text;
    int more;
    while ((more = ind_list_next(&rest, item, err)) == 1) {
        struct ind_span span;
        if (ind_span_parse(item, 0, &span, err) != IND_OK ||
            append_span(list, room, &span, err) != IND_OK)
            return IND_FAILED;
    }
    return more;
}

int ind_ints_parse(struct ind_ints *list, const char *text, struct ind_error *err)
{
    struct ind_ints fresh = {NULL, 0};
    size_t room = 0;
    if (append_items(&fresh, &room, text, err) != IND_OK) {
        ind_ints_release(&fresh);
        return IND_FAILED;
    }
    ind_ints_release(list);
    *list = fresh;
    return IND_OK;
}

void ind_ints_release(struct ind_ints *list)
{
    free(list->items);
    *list = (struct ind_ints){NULL, 0};
}
