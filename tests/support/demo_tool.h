/* Programs on lib/tool with an option of every type: what tests run in a role of their own
 * (support/program.h). */
#ifndef INDUCT_TESTS_SUPPORT_DEMO_TOOL_H
#define INDUCT_TESTS_SUPPORT_DEMO_TOOL_H

#include <induct/tool/tool.h>

/* Writes a table of its settings: name, value. --fail fails after that, with an error of two lines;
 * --ask-stop raises SIGINT, with --insist SIGTERM after it. */
int demo_tool(int argc, char **argv, enum ind_operand operand);

/* 100 steps of 12 ms, from 100 to 200, with a progress line; knows --quiet. */
int demo_progress(int argc, char **argv);

#endif
