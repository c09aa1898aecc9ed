/*
 * The file of a sweep: refused in one line, or runs of which no two are in one folder, and a
 * manifest that reads back as it was.
 * longest: 640
 * with: analyze/sweep/spec.c analyze/sweep/plan.c analyze/sweep/manifest.c
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <induct/table/reader.h>

#include "../analyze/sweep/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static bool is_cell(const struct ind_sheet *sheet, size_t row, const char *name, const char *text)
{
    const int column = ind_sheet_find(sheet, name);
    return column >= 0 && strcmp(ind_sheet_text(sheet, row, column), text) == 0;
}

static void read_back(const struct plan *plan, const char *text, size_t size)
{
    struct ind_sheet sheet;
    struct ind_error err;
    must(ind_sheet_parse(&sheet, text, size, "manifest.tsv", IND_TORN_FAILS, &err) == IND_OK);
    must(sheet.row_count == (size_t)plan->count);
    for (int i = 0; i < plan->count; i++) {
        const struct entry *entry = &plan->entries[i];
        must(is_cell(&sheet, (size_t)i, "run", entry->run));
        must(is_cell(&sheet, (size_t)i, "options", entry->options));
        must(is_cell(&sheet, (size_t)i, "then", entry->then));
        must(entry->seed >= 0 && entry->from >= 0 && entry->from <= entry->epochs);
    }
    ind_sheet_release(&sheet);
}

static void check(const struct plan *plan)
{
    char *text = NULL;
    size_t size;
    struct ind_error err;
    FILE *stream = open_memstream(&text, &size);
    must(stream && plan->count > 0);
    must(plan_print(plan, stream, IND_TSV, &err) == IND_OK && fclose(stream) == 0);
    read_back(plan, text, size);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct choice all = {.arms = NULL};
    struct spec spec;
    struct plan plan = {0};
    struct ind_error err;
    char *text = malloc(size + 1);
    memcpy(text, size ? (const void *)data : "", size);
    text[size] = '\0';
    if (spec_read_text(&spec, text, "runs/sweep", &err) == IND_OK &&
        plan_make(&plan, &spec, &all, NULL, &err) == IND_OK)
        check(&plan);
    plan_release(&plan);
    spec_release(&spec);
    free(text);
    return 0;
}
