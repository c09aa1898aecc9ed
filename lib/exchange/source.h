/* What an operand of induct-import is: a file, a file in parts, a folder with either. Private to
 * lib/exchange. */
#ifndef INDUCT_LIB_EXCHANGE_SOURCE_H
#define INDUCT_LIB_EXCHANGE_SOURCE_H

#include <stddef.h>

#include <induct/base/error.h>

#include "exchange/notes.h"

/* One model's files. */
struct ind_source {
    char *label;  /* for messages and the epoch: the operand, or the file found in it */
    char **files; /* one, or the parts */
    int count;
};

/* Owner; zero-initialise. */
struct ind_sources {
    struct ind_source *items;
    size_t count, room;
};

/*
 * Adds what PATH is. A file is itself. A part ("model-00001-of-00003.safetensors") stands for all
 * its parts, which must be there, once; so does an index (model.safetensors.index.json). A folder
 * is the one model in it (Hugging Face's, DeepSpeed's and Megatron's names are known, optimizer
 * states passed over), else its checkpoint-N, global_stepN, step-N or iter_N folders; more than one
 * is refused with a list.
 */
IND_CHECKED int ind_sources_add(struct ind_sources *sources, const char *path,
                                struct ind_notes *notes, struct ind_error *err);
void ind_sources_release(struct ind_sources *sources);

#endif
