#include "tool/view.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <induct/base/memory.h>

#include "tool/number.h"

/* ---- --columns ------------------------------------------------------------------------------- */

static int fail_with_names(const struct ind_table *table, const char *item, struct ind_error *err)
{
    char names[600] = "";
    for (int c = 0; c < table->column_count; c++) {
        const size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", c > 0 ? ", " : "",
                 table->columns[c].name);
    }
    return ind_fail(err, "--columns: no column '%s'; there are %s", item, names);
}

/* Shows what the list names: names or patterns of them. */
static int show_named(const struct ind_table *table, const char *list, bool *hidden,
                      struct ind_error *err)
{
    char item[IND_ITEM_ROOM];
    int more;
    while ((more = ind_list_next(&list, item, err)) == 1) {
        bool found = false;
        for (int c = 0; c < table->column_count; c++) {
            if (fnmatch(item, table->columns[c].name, 0) == 0) {
                hidden[c] = false;
                found = true;
            }
        }
        if (!found)
            return fail_with_names(table, item, err);
    }
    return more == 0 ? IND_OK : ind_error_context(err, "--columns");
}

/* ---- A terminal ------------------------------------------------------------------------------ */

/* How many columns are shown, if they are wider than the terminal; else 0. */
static int count_too_wide(const struct ind_table *table)
{
    struct winsize size;
    int width = -2, shown = 0;
    for (int c = 0; c < table->column_count; c++) {
        if (table->hidden != NULL && table->hidden[c])
            continue;
        width += table->widths[c] + 2;
        shown++;
    }
    const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known && width > size.ws_col ? shown : 0;
}

int ind_view_choose(struct ind_tool *tool, struct ind_table *table, int *too_wide,
                    struct ind_error *err)
{
    const size_t count = (size_t)table->column_count;
    *too_wide = 0;
    if (tool->columns != NULL) {
        if (ind_alloc_into(&tool->hidden, count, sizeof *tool->hidden, err))
            return IND_FAILED;
        memset(tool->hidden, true, count * sizeof *tool->hidden);
        table->hidden = tool->hidden;
        if (show_named(table, tool->columns, tool->hidden, err))
            return IND_FAILED;
    }
    if (tool->format != IND_TSV || tool->stream != stdout || !isatty(STDOUT_FILENO))
        return IND_OK;
    if (ind_alloc_into(&tool->widths, count, sizeof *tool->widths, err))
        return IND_FAILED;
    table->widths = tool->widths;
    for (size_t c = 0; c < count; c++)
        table->widths[c] = ind_column_width(&table->columns[c]);
    *too_wide = count_too_wide(table);
    return IND_OK;
}
