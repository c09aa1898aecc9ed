/* Plain values of a pickle as JSON: numbers, strings, lists and dicts, what is said about a model
 * beside its weights. Private to lib/format. */
#ifndef INDUCT_LIB_FORMAT_FOREIGN_FACTS_H
#define INDUCT_LIB_FORMAT_FOREIGN_FACTS_H

#include <jansson.h>

#include "format/foreign/pickle.h"

/*
 * The root of the pickle as a new JSON value (json_decref) in *facts, NULL if it is none.
 * Objects of classes are their attributes (a Namespace, a dataclass), their items (a dict of
 * somebody's own) or, with neither, what they were made of (an enumeration's value, a path);
 * numpy's scalars are numbers. Tensors, what is no plain value, and what lies deeper than 8 or
 * beyond 262,144 values is left out.
 */
IND_CHECKED int ind_pickle_facts(const struct ind_pickle *pickle, json_t **facts,
                                 struct ind_error *err);

#endif
