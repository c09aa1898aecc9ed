/* The models of an import and their epochs. Private to lib/exchange. */
#ifndef INDUCT_LIB_EXCHANGE_SERIES_H
#define INDUCT_LIB_EXCHANGE_SERIES_H

#include "exchange/work.h"

/* What stays with an import until it is closed. */
struct ind_import_work_all {
    struct ind_import_options options; /* its strings are the caller's */
    bool (*stop)(void);
    struct ind_sources sources;
    struct ind_notes notes;
    struct ind_gate shared; /* the configuration of files without one */
    const char *shared_by;  /* whose it is */
    bool has_shared, is_open;
    struct ind_import_file open;
    size_t open_index;          /* of its source */
    char *prefix, *layout;      /* of the first model, for the summary */
    size_t left_out;            /* tensors of its file outside all models */
    enum ind_epoch_kind *kinds; /* [import->count]: what their epochs count */
    size_t room, kind_room;
};

/* One more model, of the open file's state dict `dict`, with its epoch. */
IND_CHECKED int ind_import_add_model(struct ind_import *import, const struct ind_import_file *file,
                                     size_t dict, struct ind_error *err);

/* Epochs differ, and count the same. */
IND_CHECKED int ind_import_check_series(struct ind_import *import, struct ind_error *err);

#endif
