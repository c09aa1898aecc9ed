/* figures/headlines.tsv: the numbers of headlines, with the cells that they are. */
#include <math.h>
#include <stdlib.h>

#include <induct/base/file.h>
#include <induct/base/version.h>

#include "work.h"

void put_headline(struct ind_rows *rows, const struct ind_plot *figure,
                  const struct ind_headline *headline)
{
    const int count = headline->count > 0 ? headline->count : 1;
    for (int i = 0; i < count; i++) {
        const bool number = i < headline->count;
        ind_rows_text(rows, figure->name);
        ind_rows_text(rows, headline->text[0] ? headline->text : figure->title);
        ind_rows_text(rows, number ? headline->numbers[i].text : "");
        ind_rows_text(rows, number ? headline->numbers[i].table : "");
        ind_rows_int(rows, number ? (long long)headline->numbers[i].line : 0);
        ind_rows_text(rows, number ? headline->numbers[i].column : "");
        ind_rows_real(rows, number ? headline->numbers[i].value : (double)NAN);
    }
}

int write_headlines(const struct plots *plots, const struct ind_rows *rows)
{
    static const struct ind_column columns[] = {
        {"figure", IND_COLUMN_TEXT, 0}, {"headline", IND_COLUMN_TEXT, 0},
        {"text", IND_COLUMN_TEXT, 0},   {"table", IND_COLUMN_TEXT, 0},
        {"line", IND_COLUMN_INT, 0},    {"column", IND_COLUMN_TEXT, 0},
        {"value", IND_COLUMN_REAL, 9}};
    struct ind_tool *tool = plots->tool;
    char *path = ind_text("%s/figures/headlines.tsv", plots->run->folder), *text = NULL;
    size_t size;
    struct ind_table table;
    FILE *out = path ? ind_text_open(&text, &size) : NULL;
    int status =
        out ? ind_table_open(&table, out, IND_TSV, columns, sizeof columns / sizeof *columns,
                             tool->about.name, ind_version(), tool->command, &tool->error)
            : ind_fail(&tool->error, "out of memory");
    if (status == IND_OK)
        status = ind_table_write(&table, rows, &tool->error);
    if (!ind_text_close(out, &text) && status == IND_OK)
        status = ind_fail(&tool->error, IND_NO_MEMORY);
    if (status == IND_OK)
        status = remember(path, text, &tool->error);
    free(text);
    free(path);
    return status;
}
