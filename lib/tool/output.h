/*
 * Where results go: stdout, or with -o a file that appears whole or not at all. It keeps the
 * mode of the file it replaces. A symbolic link stays one and its target is replaced. What
 * is no regular file (/dev/null, a pipe) is written directly.
 */
#ifndef INDUCT_LIB_TOOL_OUTPUT_H
#define INDUCT_LIB_TOOL_OUTPUT_H

#include <induct/tool/tool.h>

/* Opens tool->stream. */
IND_CHECKED int ind_output_open(struct ind_tool *tool, struct ind_error *err);

/* Flushes, checks and closes the stream; with -o the file takes its name. On failure it is
 * discarded. */
IND_CHECKED int ind_output_commit(struct ind_tool *tool, struct ind_error *err);

/* Closes the stream; the temporary file of -o is removed. What went to stdout stays written, and
 * an error of that is not reported: there is one already. */
void ind_output_discard(struct ind_tool *tool);

/* Opens the standard streams that are closed, such that using them fails: otherwise the next file
 * opened would be taken for stdout. */
void ind_output_guard_standard_streams(void);

#endif
