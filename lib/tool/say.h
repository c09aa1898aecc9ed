/* A line on stderr. Private to lib/tool. */
#ifndef INDUCT_LIB_TOOL_SAY_H
#define INDUCT_LIB_TOOL_SAY_H

#include <induct/tool/tool.h>

/* The program's name and `text`, made printable, in one write; a progress line that may stand there
 * is cleared. */
void ind_say(const struct ind_tool *tool, const char *text);

#endif
