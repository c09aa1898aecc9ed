#include <induct/table/curves.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>

#include "table/columns.h"

/* ---- Groups ---------------------------------------------------------------------------------- */

static char *key_of(const struct ind_sheet *sheet, size_t row, const struct ind_curve_parts *parts)
{
    char *text = NULL;
    size_t size;
    FILE *stream = ind_text_open(&text, &size);
    if (stream == NULL)
        return NULL;
    for (int k = 0; k < parts->key_count; k++)
        fprintf(stream, "%s%s=%s", k > 0 ? "," : "", sheet->columns[parts->keys[k]],
                ind_sheet_text(sheet, row, parts->keys[k]));
    if (parts->key_count == 0)
        fputc('-', stream);
    return ind_text_close(stream, &text) ? text : NULL;
}

/* Neighbouring rows mostly belong to neighbouring groups: the search begins after the last one
 * found. */
static int find_group(const struct ind_curves *curves, const char *key, int from)
{
    for (int i = 0; i < curves->key_count; i++) {
        const int at = (from + i) % curves->key_count;
        if (strcmp(curves->keys[at], key) == 0)
            return at;
    }
    return -1;
}

static int group_rows(struct ind_curves *curves, const struct ind_sheet *sheet,
                      struct ind_curve_parts *parts, struct ind_error *err)
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

static int take_column(const struct ind_sheet *sheet, const struct ind_curve_parts *parts,
                       int group, int column, double *values, struct ind_error *err)
{
    int count = 0;
    for (size_t r = 0; r < sheet->row_count; r++) {
        if (parts->group[r] == group &&
            ind_sheet_real(sheet, r, column, &values[count++], err) != IND_OK)
            return IND_FAILED;
    }
    return IND_OK;
}

static int check_epochs(const struct ind_sheet *sheet, const struct ind_curve *curve,
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

static int fill_curve(const struct ind_sheet *sheet, const struct ind_curve_parts *parts, int group,
                      int column, struct ind_curve *curve, struct ind_error *err)
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

int ind_curves_init(struct ind_curves *curves, const struct ind_sheet *sheet, const char *columns,
                    const char *by, struct ind_error *err)
{
    struct ind_curve_parts parts = {0};
    *curves = (struct ind_curves){0};
    int status = ind_columns_choose(sheet, columns, by, &parts, err);
    if (status == IND_OK)
        status = group_rows(curves, sheet, &parts, err);
    if (status == IND_OK)
        status =
            ind_alloc_into(&curves->items, (size_t)parts.column_count * (size_t)curves->key_count,
                           sizeof *curves->items, err);
    for (int g = 0; g < curves->key_count && status == IND_OK; g++) {
        for (int c = 0; c < parts.column_count && status == IND_OK; c++) {
            struct ind_curve *curve = &curves->items[curves->count++];
            curve->of = curves->keys[g];
            status = fill_curve(sheet, &parts, g, parts.columns[c], curve, err);
        }
    }
    free(parts.columns);
    free(parts.keys);
    free(parts.group);
    if (status != IND_OK)
        ind_curves_release(curves);
    return status;
}

void ind_curves_release(struct ind_curves *curves)
{
    for (int c = 0; c < curves->count; c++) {
        free(curves->items[c].epoch);
        free(curves->items[c].lo);
    }
    for (int k = 0; k < curves->key_count; k++)
        free(curves->keys[k]);
    free(curves->keys);
    free(curves->items);
    *curves = (struct ind_curves){0};
}
