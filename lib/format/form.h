/*
 * What a safetensors file says before its data, with two words left out: the checksum, and the
 * value of the first metadata entry, which a series of files may count in ("epoch"). Making it
 * takes more than half as long as all the rest of a small checkpoint, so a run makes it once.
 * Private to lib/run.
 */
#ifndef INDUCT_LIB_FORMAT_FORM_H
#define INDUCT_LIB_FORMAT_FORM_H

#include <sys/uio.h>

#include <induct/format/safetensors.h>

/* Owner; read-only once made. Zero-initialise. */
struct ind_st_form {
    char *text; /* the header's JSON */
    size_t length;
    size_t word, checksum; /* where in the text the two belong */
};

/* The tensors' data are not looked at. metadata[0].value is empty if a word is to be put there. */
IND_CHECKED int ind_st_form_init(struct ind_st_form *form, const struct ind_st_write *tensors,
                                 int tensor_count, const struct ind_st_pair *metadata,
                                 int metadata_count, struct ind_error *err);
void ind_st_form_release(struct ind_st_form *form);

/* Writes PATH as ind_safetensors_write() does. `word` (of characters that JSON takes as they
 * are; "") goes into metadata[0]. The data are parts[1] to parts[count - 1], the tensors' bytes
 * in their order; parts[0] is for the header, and what the parts hold afterwards is not said. */
IND_CHECKED int ind_st_form_write(const struct ind_st_form *form, const char *path,
                                  const char *word, struct iovec *parts, int count, bool durable,
                                  struct ind_error *err);

#endif
