/*
 * What made a table of JSON lines. TSV and CSV begin with a comment that says so; JSON lines have
 * room for rows alone, so that it lies beside them: FILE.provenance.json, an object of program,
 * version, revision and command.
 */
#ifndef INDUCT_LIB_TOOL_PROVENANCE_H
#define INDUCT_LIB_TOOL_PROVENANCE_H

#include <induct/tool/tool.h>

/* Nothing unless -o names a file for JSON lines. */
IND_CHECKED int ind_provenance_write(const struct ind_tool *tool, struct ind_error *err);

#endif
