/* Which columns of a table are measured, and which tell its curves apart. */
#include "table/columns.h"

#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

static bool is_number(const struct ind_sheet *sheet, int column)
{
    double value;
    struct ind_error ignored;
    for (size_t r = 0; r < sheet->row_count; r++) {
        if (ind_sheet_real(sheet, r, column, &value, &ignored) != IND_OK)
            return false;
    }
    return true;
}

static bool ends_in(const char *name, const char *end)
{
    const size_t length = strlen(name), tail = strlen(end);
    return length > tail && strcmp(name + length - tail, end) == 0;
}

static bool is_measured(const char *name)
{
    static const char *const others[] = {"epoch", "period", "predictions", "seconds",
                                         "order", "layer",  "batch_period"};
    static const char *const ends[] = {"_lo", "_hi", "_uniform", "_chance"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (strcmp(name, others[i]) == 0)
            return false;
    }
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (ends_in(name, ends[i]))
            return false;
    }
    return strcmp(name, "chance") != 0;
}

/* "a,b" -> their numbers */
static int named(const struct ind_sheet *sheet, const char *list, int *numbers, int *count,
                 struct ind_error *err)
{
    char *copy = strdup(list);
    if (copy == NULL)
        return ind_fail(err, "out of memory");
    int status = IND_OK;
    for (char *name = copy, *next; name != NULL && status == IND_OK; name = next) {
        int number;
        next = strchr(name, ',');
        if (next != NULL)
            *next++ = '\0';
        status = *name ? ind_sheet_column(sheet, name, &number, err)
                       : ind_fail(err, "an empty item in the list of columns '%s'", list);
        bool known = status != IND_OK;
        for (int i = 0; i < *count && !known; i++)
            known = numbers[i] == number;
        if (!known)
            numbers[(*count)++] = number;
    }
    free(copy);
    return status;
}

int ind_columns_choose(const struct ind_sheet *sheet, const char *columns, const char *by,
                       struct ind_curve_parts *parts, struct ind_error *err)
{
    const size_t room = (size_t)sheet->column_count;
    if (ind_sheet_column(sheet, "epoch", &parts->epoch, err) ||
        ind_alloc_into(&parts->columns, room, sizeof(int), err) ||
        ind_alloc_into(&parts->keys, room, sizeof(int), err))
        return IND_FAILED;
    if (columns != NULL && named(sheet, columns, parts->columns, &parts->column_count, err))
        return IND_FAILED;
    if (by != NULL && *by != '\0' && named(sheet, by, parts->keys, &parts->key_count, err))
        return IND_FAILED;
    for (int c = 0; c < sheet->column_count; c++) {
        const char *name = sheet->columns[c];
        const bool number = is_number(sheet, c);
        if (by == NULL && (!number || strcmp(name, "period") == 0 || strcmp(name, "layer") == 0))
            parts->keys[parts->key_count++] = c;
        if (columns == NULL && number && is_measured(name))
            parts->columns[parts->column_count++] = c;
    }
    return IND_OK;
}
