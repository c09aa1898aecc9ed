/* Heads in the names of lines. */
#ifndef INDUCT_ANALYZE_SEEDS_HEADS_H
#define INDUCT_ANALYZE_SEEDS_HEADS_H

#include "lines.h"

/* The head in "...head=L0H2..." or "heads=L0H2": where it is and how long its name; NULL if there is
 * none, or no single one. */
const char *heads_find(const char *of, size_t *length);

/* The same text with another word in place of head=L0H2: "role=prev,period=25"; NULL without
 * memory. */
char *heads_rename(const char *of, const char *word);

bool heads_same_run(const struct line *a, const struct line *b);

/* Is line i the first of its run? */
bool heads_new_run(const struct lines *lines, int i);

#endif
