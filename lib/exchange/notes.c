#include "exchange/notes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

int ind_notes_add(struct ind_notes *notes, struct ind_error *err, const char *format, ...)
{
    struct ind_error line; /* one line, no escapes */
    char text[sizeof line.text];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    ind_fail(&line, "%s", text);
    for (size_t i = 0; i < notes->count; i++)
        if (strcmp(notes->lines[i], line.text) == 0)
            return IND_OK;
    if (ind_grow(&notes->lines, &notes->room, notes->count + 1, sizeof *notes->lines, err))
        return IND_FAILED;
    notes->lines[notes->count] = strdup(line.text);
    return notes->lines[notes->count++] ? IND_OK : ind_fail(err, "out of memory");
}

void ind_notes_release(struct ind_notes *notes)
{
    for (size_t i = 0; i < notes->count; i++)
        free(notes->lines[i]);
    free(notes->lines);
    *notes = (struct ind_notes){0};
}
