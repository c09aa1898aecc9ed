/*
 * Which epoch a file is of: a number with a label in its name or a folder's ("step=1000",
 * "checkpoint-1000/"), then one that the file holds ("global_step", "iter_num", "epoch"), then the
 * one number of its name. Numbers that belong to something else ("val_loss=0.25", "seed_3", "v2",
 * "-v1") are none. Private to lib/exchange.
 */
#ifndef INDUCT_LIB_EXCHANGE_EPOCH_H
#define INDUCT_LIB_EXCHANGE_EPOCH_H

#include <jansson.h>

#include <induct/base/error.h>

enum ind_epoch_kind {
    IND_EPOCH_UNKNOWN,
    IND_EPOCH_NUMBER, /* a number without a label */
    IND_EPOCH_STEPS,  /* steps, iterations, updates, checkpoint-N */
    IND_EPOCH_EPOCHS,
    IND_EPOCH_TOKENS
};

struct ind_epoch {
    enum ind_epoch_kind kind;
    long value;
    char from[128]; /* "its name: step=1000", "global_step in the file" */
};

/* From the labels in a path's components, the last ones first. Fails where two labels of one kind
 * compete, or a labelled number is no epoch. */
IND_CHECKED int ind_epoch_of_labels(const char *path, struct ind_epoch *epoch,
                                    struct ind_error *err);

/* From the one number without label in the file's name, or a folder that is named by a number
 * alone. Fails where several compete. */
IND_CHECKED int ind_epoch_of_number(const char *path, struct ind_epoch *epoch,
                                    struct ind_error *err);

/* From a dict's own keys; numbers may be strings, as in safetensors metadata. */
void ind_epoch_of_facts(const json_t *facts, struct ind_epoch *epoch);

/* One component of a name, as it stands between two dots: "1000", "step_1000". */
int ind_epoch_of_word(const char *word, struct ind_epoch *epoch);

/* "steps", "epochs", "tokens". */
const char *ind_epoch_unit(enum ind_epoch_kind kind);

#endif
