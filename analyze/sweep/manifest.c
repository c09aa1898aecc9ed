/* The manifest, written and read back. */
#include "plan.h"

#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/version.h>
#include <induct/table/reader.h>

static int fail_memory(struct ind_error *err)
{
    return ind_fail(err, "out of memory");
}

/* ---- Writing --------------------------------------------------------------------------------- */

static const struct ind_column COLUMNS[] = {
    {"number", IND_COLUMN_INT, 0}, {"run", IND_COLUMN_TEXT, 0},    {"arm", IND_COLUMN_TEXT, 0},
    {"seed", IND_COLUMN_INT, 0},   {"parent", IND_COLUMN_TEXT, 0}, {"from", IND_COLUMN_INT, 0},
    {"epochs", IND_COLUMN_INT, 0}, {"recipe", IND_COLUMN_TEXT, 0}, {"options", IND_COLUMN_TEXT, 0},
    {"then", IND_COLUMN_TEXT, 0},
};
enum { COLUMN_COUNT = sizeof COLUMNS / sizeof *COLUMNS };

int plan_print(const struct plan *plan, FILE *stream, enum ind_format format, struct ind_error *err)
{
    struct ind_table table;
    struct ind_rows rows = {0};
    for (int i = 0; i < plan->count; i++) {
        const struct entry *entry = &plan->entries[i];
        ind_rows_int(&rows, i + 1);
        ind_rows_text(&rows, entry->run);
        ind_rows_text(&rows, entry->arm);
        ind_rows_int(&rows, entry->seed);
        ind_rows_text(&rows, entry->parent);
        ind_rows_int(&rows, entry->from);
        ind_rows_int(&rows, entry->epochs);
        ind_rows_text(&rows, entry->recipe);
        ind_rows_text(&rows, entry->options);
        ind_rows_text(&rows, entry->then);
    }
    int status = ind_table_open(&table, stream, format, COLUMNS, COLUMN_COUNT, "induct-sweep",
                                ind_version(), "a manifest", err);
    if (status == IND_OK)
        status = ind_table_write(&table, &rows, err);
    ind_rows_release(&rows);
    return status;
}

int plan_write(const struct plan *plan, char **path, struct ind_error *err)
{
    char *text = NULL;
    size_t size;
    *path = ind_text("%s/manifest.tsv", plan->folder);
    FILE *stream = ind_text_open(&text, &size);
    if (!*path || !stream)
        return fail_memory(err);
    int status = plan_print(plan, stream, IND_TSV, err);
    if (!ind_text_close(stream, &text) && status == IND_OK)
        status = fail_memory(err);
    if (status == IND_OK)
        status = ind_folder_make(plan->folder, false, err);
    if (status == IND_OK)
        status = ind_file_write(*path, text, size, false, err);
    free(text);
    return status;
}

/* ---- Reading --------------------------------------------------------------------------------- */

static int take_text(const struct ind_sheet *sheet, size_t row, const char *name, char **text,
                     struct ind_error *err)
{
    int column;
    if (ind_sheet_column(sheet, name, &column, err))
        return IND_FAILED;
    *text = strdup(ind_sheet_text(sheet, row, column));
    return *text ? IND_OK : fail_memory(err);
}

static int take_int(const struct ind_sheet *sheet, size_t row, const char *name, long *number,
                    struct ind_error *err)
{
    int column;
    long long value;
    if (ind_sheet_column(sheet, name, &column, err) ||
        ind_sheet_int(sheet, row, column, &value, err))
        return IND_FAILED;
    *number = (long)value;
    return IND_OK;
}

static int take_entry(struct entry *entry, const struct ind_sheet *sheet, size_t row,
                      struct ind_error *err)
{
    long seed;
    if (take_text(sheet, row, "run", &entry->run, err) ||
        take_text(sheet, row, "arm", &entry->arm, err) ||
        take_int(sheet, row, "seed", &seed, err) ||
        take_text(sheet, row, "parent", &entry->parent, err) ||
        take_int(sheet, row, "from", &entry->from, err) ||
        take_int(sheet, row, "epochs", &entry->epochs, err) ||
        take_text(sheet, row, "recipe", &entry->recipe, err) ||
        take_text(sheet, row, "options", &entry->options, err) ||
        take_text(sheet, row, "then", &entry->then, err))
        return IND_FAILED;
    entry->seed = (int)seed;
    return IND_OK;
}

/* FOLDER/NAME for a path that ends in NAME. */
static int move_into(char **path, const char *folder, struct ind_error *err)
{
    const char *slash = strrchr(*path, '/');
    char *moved = ind_text("%s/%s", folder, slash ? slash + 1 : *path);
    free(*path);
    *path = moved;
    return moved ? IND_OK : fail_memory(err);
}

/* Does a branch's parent lie beside it? */
static bool are_siblings(const char *path, const char *other)
{
    const char *slash = strrchr(path, '/'), *others = strrchr(other, '/');
    return slash && others && slash - path == others - other &&
           strncmp(path, other, (size_t)(slash - path)) == 0;
}

static int take_entry_here(struct entry *entry, const struct ind_sheet *sheet, size_t row,
                           const char *folder, struct ind_error *err)
{
    if (take_entry(entry, sheet, row, err))
        return IND_FAILED;
    if (are_siblings(entry->run, entry->parent) && move_into(&entry->parent, folder, err))
        return IND_FAILED;
    return move_into(&entry->run, folder, err);
}

int plan_read(struct plan *plan, const char *folder, struct ind_error *err)
{
    struct ind_sheet sheet;
    *plan = (struct plan){.folder = strdup(folder)};
    char *path = ind_text("%s/manifest.tsv", folder);
    if (!plan->folder || !path) {
        free(path);
        return fail_memory(err);
    }
    int status = ind_sheet_read(&sheet, path, IND_TORN_FAILS, err);
    free(path);
    if (status)
        return IND_FAILED;
    plan->entries = calloc(sheet.row_count + 1, sizeof *plan->entries);
    status = plan->entries ? IND_OK : fail_memory(err);
    for (size_t row = 0; row < sheet.row_count && status == IND_OK; row++)
        status = take_entry_here(&plan->entries[plan->count++], &sheet, row, folder, err);
    ind_sheet_release(&sheet);
    return status;
}

int plan_read_entry(struct entry *entry, const char *path, long number, struct ind_error *err)
{
    struct ind_sheet sheet;
    *entry = (struct entry){0};
    if (ind_sheet_read(&sheet, path, IND_TORN_FAILS, err))
        return IND_FAILED;
    int status = number >= 1 && (size_t)number <= sheet.row_count
                     ? take_entry(entry, &sheet, (size_t)number - 1, err)
                     : ind_fail(err, "%s has no run %ld", path, number);
    ind_sheet_release(&sheet);
    return status;
}
