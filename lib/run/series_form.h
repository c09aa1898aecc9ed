/*
 * The form of a series' checkpoints. Files that one program has written differ in their epoch,
 * checksum and data; the rest of the header is the same bytes in each. It is parsed and checked
 * once, in the file that the form is learnt from, and a file whose header has those very bytes
 * needs no parser. Any other file, also one in which anything is wrong, is left to
 * ind_checkpoint_read, which finds the words for it: the form makes reading faster and decides
 * nothing. Private to lib/run.
 */
#ifndef INDUCT_LIB_RUN_SERIES_FORM_H
#define INDUCT_LIB_RUN_SERIES_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include <induct/model/params.h>

/* Owner. Read-only once learnt, hence shared by threads. All zero = no form: nothing matches it. */
struct ind_series_form {
    char *text;          /* middle and tail, one after the other */
    size_t middle, tail; /* their lengths: between epoch and checksum, after the checksum */
    size_t data_size;    /* bytes */
};

/* Learns from PATH if its tensors are all that the layout has, F32, in its order: then the data
 * part is the buffer of parameters. If it cannot be read, or is of another kind, the form stays
 * empty. */
void ind_series_form_learn(struct ind_series_form *form, const char *path,
                           const struct ind_layout *layout);
void ind_series_form_release(struct ind_series_form *form);

/* True if PATH has the form, its checksum agrees and its weights, now in params, are finite. False
 * says nothing of why, and leaves anything in params. */
bool ind_series_form_read(const struct ind_series_form *form, const char *path,
                          struct ind_params *params);

#endif
