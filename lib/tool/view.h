/*
 * How a table is shown: which of its columns, and for eyes in columns of blanks.
 */
#ifndef INDUCT_LIB_TOOL_VIEW_H
#define INDUCT_LIB_TOOL_VIEW_H

#include <induct/tool/tool.h>

/* Sets the table's hidden columns (--columns) and, on a terminal, their widths; both are the
 * tool's, to be freed. The table's stream, format and columns are set. *too_wide is how many
 * columns are shown if they are wider than the terminal, else 0. */
IND_CHECKED int ind_view_choose(struct ind_tool *tool, struct ind_table *table, int *too_wide,
                                struct ind_error *err);

#endif
