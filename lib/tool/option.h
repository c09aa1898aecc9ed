/*
 * The inside of option parsing: ind_tool_start puts the program's table and the common options
 * together, parses argv by argp, and keeps what was given for the comment line.
 */
#ifndef INDUCT_LIB_TOOL_OPTION_H
#define INDUCT_LIB_TOOL_OPTION_H

#include <induct/tool/quote.h>
#include <induct/tool/tool.h>

/* Sets the value, of the option's type; `text` is NULL for a flag. The error does not name the
 * option. */
IND_CHECKED int ind_option_set(const struct ind_option *option, const char *text, void *value,
                               struct ind_error *err);

/* Parses into the groups' structs, tool->operands and tool->command (program and options, the
 * operands are put in later). Exits on a usage error and after --help, --usage, --version. */
void ind_options_parse(struct ind_tool *tool, const struct ind_option_group *groups, int count,
                       int argc, char **argv);

/* Checks the syntax of --epochs. */
IND_CHECKED int ind_epochs_check(const char *text, struct ind_error *err);

#endif
