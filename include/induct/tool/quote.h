/*
 * Words as a shell would need them typed: for commands that a program shows, keeps or hands on.
 */
#ifndef INDUCT_TOOL_QUOTE_H
#define INDUCT_TOOL_QUOTE_H

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Writes a word so that a shell reads it back as it is, on one line whatever it holds, and nothing
 * that a terminal would take for more than text. */
void ind_shell_quote(FILE *stream, const char *word);

#ifdef __cplusplus
}
#endif
#endif
