/*
 * Criteria of events (induct-seeds --criteria): refused in one line, or on two runs each an event
 * at one of their epochs, or none.
 * longest: 400
 * with: analyze/seeds/criteria.c analyze/seeds/criteria_text.c analyze/seeds/lines.c
 * with: analyze/seeds/happenings.c analyze/seeds/heads.c
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../analyze/seeds/criteria.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char table[] = "epoch\trun\thead\tprev\tp40\n"
                            "0\ta-seed0\tL0H0\t.1\t-1\n0\ta-seed0\tL0H1\t.2\t1\n"
                            "100\ta-seed0\tL0H0\t.8\t1\n100\ta-seed0\tL0H1\t.1\t1\n"
                            "200\ta-seed0\tL0H0\t.9\t.5\n200\ta-seed0\tL0H1\t.1\t1\n"
                            "300\ta-seed0\tL0H0\t.9\t.2\n300\ta-seed0\tL0H1\t.0\t1\n"
                            "0\tb-seed1\tL0H0\t0\t0\n0\tb-seed1\tL0H1\t0\tnan\n"
                            "100\tb-seed1\tL0H0\t0\t0\n100\tb-seed1\tL0H1\t.1\t1\n";

static const struct lines *fixed_lines(void)
{
    static struct lines lines;
    const struct wanted wanted = {NULL, NULL};
    struct ind_sheet sheet;
    struct ind_error err;
    if (lines.count)
        return &lines;
    if (ind_sheet_parse(&sheet, table, sizeof table - 1, "t.tsv", IND_TORN_FAILS, &err) ||
        lines_take(&lines, &sheet, &wanted, &err) || lines_sort(&lines, &err))
        abort();
    ind_sheet_release(&sheet);
    return &lines;
}

static void check(const struct happenings *all, const struct criteria *criteria)
{
    if (all->count != 2 * criteria->count)
        abort();
    for (int i = 0; i < all->count; i++) {
        const double epoch = all->items[i].epoch;
        if (!(epoch == (double)INFINITY || (epoch >= 0 && epoch <= all->items[i].until)))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct lines *lines = fixed_lines();
    struct criteria criteria = {.text = malloc(size + 1)};
    struct happenings all = {0};
    struct ind_error err;
    memcpy(criteria.text, size ? (const void *)data : "", size);
    criteria.text[size] = '\0';
    if (criteria_parse(&criteria, "x.events", &err) == IND_OK &&
        criteria_apply(&criteria, lines, &all, &err) == IND_OK) {
        check(&all, &criteria);
        (void)(happenings_sort(&all, &err) == IND_OK);
    }
    happenings_release(&all);
    criteria_release(&criteria);
    return 0;
}
