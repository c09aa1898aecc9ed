#include "curves.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

/* What of a table's columns plays which part. */
struct parts {
    int epoch;
    int *columns; /* [column_count] measured */
    int column_count;
    int *keys; /* [key_count] group rows */
    int key_count;
    int *group; /* [rows]: the number of its group */
};

/* ---- Columns --------------------------------------------------------------------------------- */

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
    static const char *const others[] = {"epoch",   "period", "predictions",
                                         "seconds", "order",  "layer"};
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
    char *copy = strdup(list), *rest = NULL;
    if (copy == NULL)
        return ind_fail(err, "out of memory");
    int status = IND_OK;
    for (char *name = strtok_r(copy, ",", &rest); name != NULL && status == IND_OK;
         name = strtok_r(NULL, ",", &rest)) {
        int number;
        status = ind_sheet_column(sheet, name, &number, err);
        bool known = status != IND_OK;
        for (int i = 0; i < *count && !known; i++)
            known = numbers[i] == number;
        if (!known)
            numbers[(*count)++] = number;
    }
    free(copy);
    return status;
}

static int choose(const struct ind_sheet *sheet, const char *columns, const char *by,
                  struct parts *parts, struct ind_error *err)
{
    const size_t room = (size_t)sheet->column_count;
    if (ind_sheet_column(sheet, "epoch", &parts->epoch, err) ||
        ind_alloc_into(&parts->columns, room, sizeof(int), err) ||
        ind_alloc_into(&parts->keys, room, sizeof(int), err))
        return IND_FAILED;
    if (columns != NULL && named(sheet, columns, parts->columns, &parts->column_count, err))
        return IND_FAILED;
    if (by != NULL && named(sheet, by, parts->keys, &parts->key_count, err))
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

/* ---- Groups ---------------------------------------------------------------------------------- */

static char *key_of(const struct ind_sheet *sheet, size_t row, const struct parts *parts)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL)
        return NULL;
    for (int k = 0; k < parts->key_count; k++)
        fprintf(stream, "%s%s=%s", k > 0 ? "," : "", sheet->columns[parts->keys[k]],
                ind_sheet_text(sheet, row, parts->keys[k]));
    if (parts->key_count == 0)
        fputc('-', stream);
    if (fclose(stream) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

/* Neighbouring rows mostly belong to neighbouring groups: the search begins after the last one found. */
static int find_group(const struct curves *curves, const char *key, int from)
{
    for (int i = 0; i < curves->key_count; i++) {
        const int at = (from + i) % curves->key_count;
        if (strcmp(curves->keys[at], key) == 0)
            return at;
    }
    return -1;
}

static int group_rows(struct curves *curves, const struct ind_sheet *sheet, struct parts *parts,
                      struct ind_error *err)
{
    if (ind_alloc_into(&parts->group, sheet->row_count, sizeof(int), err) ||
        ind_alloc_into(&curves->keys, sheet->row_count, sizeof(char *), err))
        return IND_FAILED;
    int last = 0;
    for (size_t r = 0; r < sheet->row_count; r++) {
        char *key = key_of(sheet, r, parts);
        if (key == NULL)
            return ind_fail(err, "out of memory");
        int group = find_group(curves, key, last + 1);
        if (group < 0) {
            group = curves->key_count++;
            curves->keys[group] = key;
        } else {
            free(key);
        }
        parts->group[r] = last = group;
    }
    return IND_OK;
}

/* ---- Curves ---------------------------------------------------------------------------------- */

/* Column NAME + ending, -1 if there is none. */
static int beside(const struct ind_sheet *sheet, const char *name, const char *ending)
{
    char text[128];
    snprintf(text, sizeof text, "%s%s", name, ending);
    return ind_sheet_find(sheet, text);
}

static int take_column(const struct ind_sheet *sheet, const struct parts *parts, int group,
                       int column, double *values, struct ind_error *err)
{
    int count = 0;
    for (size_t r = 0; r < sheet->row_count; r++) {
        if (parts->group[r] == group &&
            ind_sheet_real(sheet, r, column, &values[count++], err) != IND_OK)
            return IND_FAILED;
    }
    return IND_OK;
}

static int check_epochs(const struct ind_sheet *sheet, const struct curve *curve,
                        struct ind_error *err)
{
    for (int i = 0; i < curve->count; i++) {
        if (isnan(curve->epoch[i]) || (i > 0 && !(curve->epoch[i] > curve->epoch[i - 1])))
            return ind_fail(
                err, "%s: epochs of %s do not ascend (%g after %g): --by what tells rows apart?",
                sheet->name, curve->of, curve->epoch[i], i > 0 ? curve->epoch[i - 1] : 0.0);
    }
    return IND_OK;
}

static int fill_curve(const struct ind_sheet *sheet, const struct parts *parts, int group,
                      int column, struct curve *curve, struct ind_error *err)
{
    const char *name = sheet->columns[column];
    const int lo = beside(sheet, name, "_lo"), hi = beside(sheet, name, "_hi");
    int chance = beside(sheet, name, "_uniform");
    chance = chance >= 0 ? chance : beside(sheet, name, "_chance");
    curve->column = name;
    curve->chance = (double)NAN;
    for (size_t r = 0; r < sheet->row_count; r++)
        curve->count += parts->group[r] == group;
    const size_t count = (size_t)curve->count;
    if (ind_alloc_into(&curve->epoch, 2 * count, sizeof(double), err))
        return IND_FAILED;
    curve->y = curve->epoch + count;
    if (take_column(sheet, parts, group, parts->epoch, curve->epoch, err) ||
        take_column(sheet, parts, group, column, curve->y, err) || check_epochs(sheet, curve, err))
        return IND_FAILED;
    for (size_t r = 0; chance >= 0 && r < sheet->row_count; r++) {
        if (parts->group[r] == group && ind_sheet_real(sheet, r, chance, &curve->chance, err))
            return IND_FAILED;
    }
    if (lo < 0 || hi < 0)
        return IND_OK;
    if (ind_alloc_into(&curve->lo, 2 * count, sizeof(double), err))
        return IND_FAILED;
    curve->hi = curve->lo + count;
    return take_column(sheet, parts, group, lo, curve->lo, err) ||
                   take_column(sheet, parts, group, hi, curve->hi, err)
               ? IND_FAILED
               : IND_OK;
}

int curves_init(struct curves *curves, const struct ind_sheet *sheet, const char *columns,
                const char *by, struct ind_error *err)
{
    struct parts parts = {0};
    *curves = (struct curves){0};
    int status = choose(sheet, columns, by, &parts, err);
    if (status == IND_OK)
        status = group_rows(curves, sheet, &parts, err);
    if (status == IND_OK)
        status =
            ind_alloc_into(&curves->items, (size_t)parts.column_count * (size_t)curves->key_count,
                           sizeof *curves->items, err);
    for (int g = 0; g < curves->key_count && status == IND_OK; g++) {
        for (int c = 0; c < parts.column_count && status == IND_OK; c++) {
            struct curve *curve = &curves->items[curves->count++];
            curve->of = curves->keys[g];
            status = fill_curve(sheet, &parts, g, parts.columns[c], curve, err);
        }
    }
    free(parts.columns);
    free(parts.keys);
    free(parts.group);
    if (status != IND_OK)
        curves_release(curves);
    return status;
}

void curves_release(struct curves *curves)
{
    for (int c = 0; c < curves->count; c++) {
        free(curves->items[c].epoch);
        free(curves->items[c].lo);
    }
    for (int k = 0; k < curves->key_count; k++)
        free(curves->keys[k]);
    free(curves->keys);
    free(curves->items);
    *curves = (struct curves){0};
}
