/*
 * Tables of seeds (induct-seeds): refused in one line, or rows whose numbers are what they may be.
 * The first byte says what is asked of the table in the rest.
 * longest: 640
 * with: analyze/seeds
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../analyze/seeds/events.h"
#include "../analyze/seeds/matching.h"
#include "../analyze/seeds/numbers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct found *found)
{
    for (int i = 0; i < found->count; i++) {
        const struct row *row = &found->rows[i];
        if (!row->arm || row->seeds < 0 || row->seen < 0 || row->seen > row->seeds ||
            row->share.lo > row->share.hi || row->mean.lo > row->mean.hi)
            abort();
    }
}

static void look_at_events(const struct ind_sheet *sheet, const struct settings *s)
{
    struct happenings all = {0};
    struct found found = {0};
    struct ind_error err;
    if (happenings_take(&all, sheet, NULL, &err) == IND_OK &&
        happenings_sort(&all, &err) == IND_OK && events_take(&found, &all, s, 0, &err) == IND_OK)
        check(&found);
    found_release(&found);
    happenings_release(&all);
}

static int print_matching(const struct lines *lines, const struct settings *s, struct found *found,
                          struct ind_error *err)
{
    struct matching matching = {0};
    int status = matching_make(&matching, lines, s, err);
    if (status == IND_OK)
        status = matching_put(&matching, 0.1, found, err);
    if (status == IND_OK)
        check(found);
    found_release(found);
    *found = (struct found){0};
    matching_release(&matching);
    return status;
}

static void look_at_numbers(const struct ind_sheet *sheet, const struct settings *s)
{
    const struct wanted all = {NULL, NULL};
    struct lines lines = {0};
    struct found found = {0};
    struct ind_error err;
    int status = lines_take(&lines, sheet, &all, &err);
    if (status == IND_OK)
        status = lines_sort(&lines, &err);
    if (status == IND_OK && s->match)
        status = print_matching(&lines, s, &found, &err);
    if (status == IND_OK && s->role != ROLE_NONE)
        status = cast_heads(&lines, s, &err);
    if (status == IND_OK && s->at.count)
        status = numbers_average(&lines, s, &err);
    if (status == IND_OK)
        status = numbers_take(&found, &lines, s, 0, &err);
    if (status == IND_OK)
        check(&found);
    found_release(&found);
    lines_release(&lines);
}

/* What induct-seeds lets through of options that contradict each other. */
static struct settings settings_of(uint8_t choice)
{
    static int at[] = {0, 2};
    struct settings s = {.resamples = 4, .role_at = (double)NAN, .tolerance = 0.1, .margin = 0.1};
    s.each = choice & 1;
    if (choice & 2) {
        s.at = (struct ind_ints){at, 2};
        s.against = choice & 4 ? "a" : NULL;
        s.keeps = s.against && (choice & 8) && !s.each ? (struct ind_ints){at, 1} : s.keeps;
    }
    s.role = choice >> 4 & 3;
    s.match = s.role == ROLE_LIKE ? "a-seed0" : NULL;
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ind_sheet sheet;
    struct ind_error err;
    if (size == 0 || ind_sheet_parse(&sheet, (const char *)data + 1, size - 1, "a-seed0/t.tsv",
                                     IND_TORN_LEFT_OUT, &err) != IND_OK)
        return 0;
    const struct settings s = settings_of(*data);
    if (*data & 128) {
        const struct settings events = {.events = true,
                                        .each = s.each,
                                        .order = (*data & 3) == 2,
                                        .against = *data & 4 ? "a" : NULL,
                                        .resamples = 4};
        look_at_events(&sheet, &events);
    } else {
        look_at_numbers(&sheet, &s);
    }
    ind_sheet_release(&sheet);
    return 0;
}
