/* What the files of lib/exchange share while a model is imported. Private to lib/run. */
#ifndef INDUCT_LIB_EXCHANGE_WORK_H
#define INDUCT_LIB_EXCHANGE_WORK_H

#include <induct/exchange/import.h>

#include "exchange/mapping.h"

struct ind_import_work {
    char *path;
    struct ind_foreign foreign;
    struct ind_mapping mapping;
    char *prefix;  /* in front of the mapping's names */
    json_t *given; /* configuration as far as it was said, in config.json's words */
};

/* The file's tensor that a rule names, for a layer; NULL if the file has none. */
const struct ind_foreign_tensor *ind_import_tensor(const struct ind_import_work *work,
                                                   const char *ours, int layer);

/* Gathers work->given from options, metadata, the configuration beside the file and the mapping. */
int ind_import_gather(struct ind_import_work *work, const struct ind_import_options *options,
                      struct ind_error *err);

/* Adds what names and shapes say to work->given and makes the configuration of it. */
int ind_import_infer(struct ind_import_work *work, struct ind_config *config,
                     struct ind_error *err);

/* Tensor `tensor` of the layout out of the file into data (its place). False in *found, and zeros,
 * if the file lacks it. */
int ind_import_take(struct ind_import_work *work, const struct ind_config *config,
                    const struct ind_tensor *tensor, float *data, bool *found,
                    struct ind_error *err);

#endif
