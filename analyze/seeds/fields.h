/* The columns of induct-seeds' tables. */
#ifndef INDUCT_ANALYZE_SEEDS_FIELDS_H
#define INDUCT_ANALYZE_SEEDS_FIELDS_H

#include <induct/tool/field.h>

#include "numbers.h"

/* Of the table that the settings ask for. */
const struct ind_field *fields_choose(const struct settings *settings);

/* Is it the table of matched heads? */
bool fields_of_match(const struct settings *settings);

/* All of them for --help, and what is said of the tables and their numbers. */
void fields_describe(FILE *stream);

#endif
