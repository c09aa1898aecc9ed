#include "tool/kept.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/base/version.h>
#include <induct/table/reader.h>

/* ---- The file -------------------------------------------------------------------------------- */

static int check_heading(const struct ind_sheet *sheet, const struct ind_tool *tool,
                         const struct ind_form *form, struct ind_error *err)
{
    char *wanted = ind_text("%s %s: %s", tool->about.name, ind_version(), tool->command);
    if (wanted == NULL)
        return ind_fail(err, "out of memory");
    bool same = strcmp(wanted, sheet->heading) == 0;
    free(wanted);
    if (!same)
        return ind_fail(err, "was made by another command, which cannot be gone on with here: %s",
                        sheet->heading);
    same = sheet->column_count == form->column_count;
    for (int c = 0; same && c < form->column_count; c++)
        same = strcmp(sheet->columns[c], form->names[c]) == 0;
    return same ? IND_OK : ind_fail(err, "has other columns");
}

/* Where the file's line begins that has this number, counted from 1. */
static const char *line_at(const struct ind_kept *kept, const char *from, size_t *at, size_t line)
{
    while (*at < line) {
        const char *end = memchr(from, '\n', (size_t)(kept->text + kept->size - from));
        from = end == NULL ? kept->text + kept->size : end + 1;
        ++*at;
    }
    return from;
}

static int take_rows(struct ind_kept *kept, const struct ind_sheet *sheet, int key, int run,
                     struct ind_error *err)
{
    const char *at = kept->text;
    size_t line = 1;
    for (size_t r = 0; r < sheet->row_count; r++) {
        struct ind_kept_row *row = &kept->rows[r];
        long long epoch;
        if (ind_sheet_int(sheet, r, key, &epoch, err) != IND_OK)
            return IND_FAILED;
        row->epoch = (long)epoch;
        if (run >= 0 && (row->run = kept->runs[r] = strdup(ind_sheet_text(sheet, r, run))) == NULL)
            return ind_fail(err, "out of memory");
        row->text = at = line_at(kept, at, &line, sheet->lines[r]);
        if (r > 0)
            kept->rows[r - 1].size = (size_t)(at - kept->rows[r - 1].text);
        kept->count = r + 1;
    }
    if (kept->count > 0)
        kept->rows[kept->count - 1].size = (size_t)(kept->text + kept->size - at);
    return IND_OK;
}

static int take(struct ind_kept *kept, const struct ind_sheet *sheet, const struct ind_tool *tool,
                const struct ind_form *form, const char *key, struct ind_error *err)
{
    const int column = ind_sheet_find(sheet, key);
    if (check_heading(sheet, tool, form, err) ||
        ind_file_read(tool->output, 0, &kept->text, &kept->size, err) ||
        ind_alloc_into(&kept->rows, sheet->row_count, sizeof *kept->rows, err) ||
        ind_alloc_into(&kept->runs, sheet->row_count, sizeof *kept->runs, err))
        return IND_FAILED;
    return take_rows(kept, sheet, column, form->runs ? 0 : -1, err);
}

int ind_kept_open(struct ind_kept *kept, const struct ind_tool *tool, const struct ind_form *form,
                  const char *key, struct ind_error *err)
{
    struct ind_sheet sheet = {0};
    struct stat info;
    *kept = (struct ind_kept){0};
    if (stat(tool->output, &info) != 0 && errno == ENOENT)
        return IND_OK;
    if (ind_sheet_read(&sheet, tool->output, IND_TORN_FAILS, err) != IND_OK)
        return ind_error_context(err, "--continue");
    const int status = take(kept, &sheet, tool, form, key, err);
    ind_sheet_release(&sheet);
    if (status == IND_OK)
        return IND_OK;
    ind_kept_release(kept);
    return ind_error_context(err, "--continue: %s", tool->output);
}

void ind_kept_release(struct ind_kept *kept)
{
    for (size_t r = 0; kept->runs != NULL && r < kept->count; r++)
        free(kept->runs[r]);
    free(kept->runs);
    free(kept->rows);
    free(kept->text);
    *kept = (struct ind_kept){0};
}

/* ---- Its rows -------------------------------------------------------------------------------- */

static bool is_of_run(const struct ind_kept *kept, const struct ind_kept_row *row)
{
    return row->run == NULL || strcmp(row->run, kept->run) == 0;
}

void ind_kept_begin(struct ind_kept *kept, const char *run)
{
    kept->run = run;
    kept->next = 0;
}

bool ind_kept_has(const struct ind_kept *kept, long epoch)
{
    for (size_t r = 0; r < kept->count; r++)
        if (kept->rows[r].epoch == epoch && is_of_run(kept, &kept->rows[r]))
            return true;
    return false;
}

int ind_kept_write(struct ind_kept *kept, long before, FILE *stream, struct ind_error *err)
{
    for (; kept->next < kept->count; kept->next++) {
        const struct ind_kept_row *row = &kept->rows[kept->next];
        if (!is_of_run(kept, row))
            continue;
        if (row->epoch >= before)
            return IND_OK;
        errno = 0;
        if (fwrite(row->text, 1, row->size, stream) != row->size)
            return ind_fail_errno(err, "cannot write");
    }
    return IND_OK;
}
