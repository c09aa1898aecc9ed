#include "lines.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>

static int fail_memory(struct ind_error *err)
{
    return ind_fail(err, "out of memory");
}

void line_release(struct line *line)
{
    free(line->arm);
    free(line->column);
    free(line->of);
    free(line->epoch);
}

void lines_release(struct lines *lines)
{
    for (int i = 0; i < lines->count; i++)
        line_release(&lines->items[i]);
    free(lines->items);
    *lines = (struct lines){0};
}

/* ---- Names ----------------------------------------------------------------------------------- */

/* "base-seed3-0a1b2c3d" or "base-seed3.tsv", up to `length`: where "-seed" begins, and the seed. */
static bool is_run_name(const char *name, size_t length, size_t *arm, long *seed)
{
    for (size_t at = length; at-- > 1;) {
        if (length - at < 6 || strncmp(name + at, "-seed", 5) != 0 ||
            !isdigit((unsigned char)name[at + 5]))
            continue;
        char *end;
        *seed = strtol(name + at + 5, &end, 10);
        *arm = at;
        return end == name + length || *end == '-' || *end == '.';
    }
    return false;
}

/* Arm and seed of a path, by the last part of it that says them. */
static int name_run(const char *path, char **arm, long *seed, struct ind_error *err)
{
    size_t length;
    for (size_t end = strlen(path); end > 0;) {
        size_t begin = end;
        while (begin > 0 && path[begin - 1] != '/')
            begin--;
        if (is_run_name(path + begin, end - begin, &length, seed)) {
            *arm = ind_text("%.*s", (int)length, path + begin);
            return *arm ? IND_OK : fail_memory(err);
        }
        end = begin > 0 ? begin - 1 : 0;
    }
    return ind_fail(err, "%s: whose arm and seed? No part of the path is ARM-seedN", path);
}

/* "run=x,head=L0H1" -> "x" and "head=L0H1"; without a run *run is NULL. */
static int split_run(const char *of, char **run, char **rest, struct ind_error *err)
{
    const bool has = strncmp(of, "run=", 4) == 0;
    const size_t length = has ? strcspn(of, ",") : 0;
    *run = has ? ind_text("%.*s", (int)length - 4, of + 4) : NULL;
    *rest = has && of[length] == '\0' ? strdup("-") : strdup(has ? of + length + 1 : of);
    return *rest && (*run || !has) ? IND_OK : fail_memory(err);
}

int lines_name(const char *path, const char *of, char **arm, long *seed, char **rest,
               struct ind_error *err)
{
    char *run = NULL;
    *arm = *rest = NULL;
    int status = split_run(of, &run, rest, err);
    if (status == IND_OK)
        status = name_run(run ? run : path, arm, seed, err);
    free(run);
    return status;
}

/* ---- Reading --------------------------------------------------------------------------------- */

static int copy_points(struct line *line, const struct ind_curve *curve, struct ind_error *err)
{
    static const double width = 2 * 1.959963984540054;
    const size_t count = (size_t)curve->count;
    if (ind_alloc_into(&line->epoch, 3 * count, sizeof(double), err))
        return IND_FAILED;
    line->y = line->epoch + count;
    line->within = line->y + count;
    for (size_t i = 0; i < count; i++) {
        if (isnan(curve->y[i]))
            continue;
        const double error = curve->lo ? (curve->hi[i] - curve->lo[i]) / width : 0.0;
        line->epoch[line->count] = curve->epoch[i];
        line->y[line->count] = curve->y[i];
        line->within[line->count++] = isnan(error) ? 0.0 : error;
    }
    return IND_OK;
}

static int add_curve(struct lines *lines, const char *path, const struct ind_curve *curve,
                     struct ind_error *err)
{
    if (ind_grow(&lines->items, &lines->room, (size_t)lines->count + 1, sizeof *lines->items, err))
        return IND_FAILED;
    struct line *line = &lines->items[lines->count++];
    *line = (struct line){.column = strdup(curve->column)};
    int status = lines_name(path, curve->of, &line->arm, &line->seed, &line->of, err);
    if (status == IND_OK && !line->column)
        status = fail_memory(err);
    return status == IND_OK ? copy_points(line, curve, err) : IND_FAILED;
}

int lines_take(struct lines *lines, const struct ind_sheet *sheet, const struct wanted *wanted,
               struct ind_error *err)
{
    struct ind_curves curves = {0};
    int status = ind_curves_init(&curves, sheet, wanted->columns, wanted->by, err);
    for (int c = 0; c < curves.count && status == IND_OK; c++)
        status = add_curve(lines, sheet->name, &curves.items[c], err);
    ind_curves_release(&curves);
    return status;
}

int lines_add(struct lines *lines, const char *path, const struct wanted *wanted,
              struct ind_error *err)
{
    struct ind_sheet sheet;
    if (ind_sheet_read(&sheet, path, IND_TORN_LEFT_OUT, err))
        return IND_FAILED;
    const int status = lines_take(lines, &sheet, wanted, err);
    ind_sheet_release(&sheet);
    return status;
}

/* ---- Order ----------------------------------------------------------------------------------- */

static int compare(const void *left, const void *right)
{
    const struct line *a = left, *b = right;
    int order = strcmp(a->arm, b->arm);
    order = order ? order : strcmp(a->column, b->column);
    order = order ? order : strverscmp(a->of, b->of);
    return order ? order : (a->seed > b->seed) - (a->seed < b->seed);
}

int lines_sort(struct lines *lines, struct ind_error *err)
{
    if (lines->count > 1)
        qsort(lines->items, (size_t)lines->count, sizeof *lines->items, compare);
    for (int i = 1; i < lines->count; i++) {
        const struct line *line = &lines->items[i];
        if (compare(line - 1, line) == 0)
            return ind_fail(err, "arm %s, seed %ld: %s (%s) is there twice", line->arm, line->seed,
                            line->column, line->of);
    }
    return IND_OK;
}

int lines_alike(const struct lines *lines, int first)
{
    const struct line *a = &lines->items[first];
    int count = 1;
    for (; first + count < lines->count; count++) {
        const struct line *b = a + count;
        if (strcmp(a->arm, b->arm) != 0 || strcmp(a->column, b->column) != 0 ||
            strcmp(a->of, b->of) != 0)
            break;
    }
    return count;
}
