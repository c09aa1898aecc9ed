/*
 * Text of others (names of files, what a file says about itself) before it reaches a terminal. Left
 * out of a line are: control characters, C0 and C1 (an escape sequence can begin with either), what
 * turns the direction of writing (a name that reads as another), line and paragraph separators, and
 * bytes that are no UTF-8 (a terminal of eight bits takes some for C1).
 */
#ifndef INDUCT_BASE_PRINTABLE_H
#define INDUCT_BASE_PRINTABLE_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of the UTF-8 character at `text`, 0 if there is none (RFC 3629: no overlong forms, no
 * surrogates, nothing beyond U+10FFFF). */
int ind_utf8_length(const char *text);

/* Bytes of the character at `text` if it may reach a terminal, else 0. */
int ind_printable_length(const char *text);

/* Would ind_make_printable() leave it as it is? */
bool ind_is_printable(const char *text);

/* Puts a '?' in the place of each such character or byte, and returns `text`: never longer. */
char *ind_make_printable(char *text);

#ifdef __cplusplus
}
#endif
#endif
