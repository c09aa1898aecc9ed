/* What a program says on stderr beside its progress: warnings and usage errors, a line each. */
#include "tool/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <induct/base/printable.h>

void ind_say(const struct ind_tool *tool, const char *text)
{
    char line[sizeof tool->error.text];
    snprintf(line, sizeof line, "%s", text);
    fprintf(stderr, "%s%s: %s\n", isatty(STDERR_FILENO) ? "\r\033[K" : "", tool->about.name,
            ind_make_printable(line));
}

void ind_tool_warn(const struct ind_tool *tool, const char *format, ...)
{
    if (tool->quiet)
        return;
    char text[sizeof tool->error.text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ind_say(tool, text);
}

void ind_tool_complain(const struct ind_tool *tool, const char *format, ...)
{
    char text[sizeof tool->error.text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ind_say(tool, text);
}

void ind_tool_usage(const struct ind_tool *tool, const char *format, ...)
{
    char text[sizeof tool->error.text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ind_say(tool, text);
    if (strstr(text, IND_NO_MEMORY)) /* no fault of the words */
        exit(EXIT_FAILURE);
    fprintf(stderr, "Try `%s --help' or `%s --usage' for more information.\n", tool->about.name,
            tool->about.name);
    exit(EX_USAGE);
}
