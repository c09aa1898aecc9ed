/* Lines for the user, gathered while a model is looked at. Private to lib/exchange. */
#ifndef INDUCT_LIB_EXCHANGE_NOTES_H
#define INDUCT_LIB_EXCHANGE_NOTES_H

#include <stddef.h>

#include <induct/base/error.h>

/* Owner; zero-initialise. */
struct ind_notes {
    char **lines;
    size_t count, room;
};

/* Adds a line, control characters replaced, unless it is there already. */
IND_CHECKED int ind_notes_add(struct ind_notes *notes, struct ind_error *err, const char *format,
                              ...) __attribute__((format(printf, 3, 4)));
void ind_notes_release(struct ind_notes *notes);

#endif
