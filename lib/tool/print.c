/* A table of rows that are all there, for programs that do not walk. */
#include <induct/tool/field.h>
#include <induct/tool/tool.h>

int ind_tool_print(struct ind_tool *tool, const struct ind_field *fields, const void *rows,
                   int count, size_t size)
{
    struct ind_table table;
    struct ind_rows cells = {0};
    struct ind_form form;
    if (ind_form_init(&form, fields, NULL, NULL, NULL, false, &tool->error))
        return IND_FAILED;
    for (int r = 0; r < count; r++)
        ind_form_put(&form, NULL, (const char *)rows + (size_t)r * size, &cells);
    int status = ind_tool_table(tool, &table, form.columns, form.column_count);
    if (status == IND_OK)
        status = ind_table_write(&table, &cells, &tool->error);
    ind_rows_release(&cells);
    ind_form_release(&form);
    return status;
}
