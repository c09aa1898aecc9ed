/* What the files of lib/exchange share while models are imported. Private to lib/exchange. */
#ifndef INDUCT_LIB_EXCHANGE_WORK_H
#define INDUCT_LIB_EXCHANGE_WORK_H

#include <induct/exchange/import.h>

#include "exchange/epoch.h"
#include "exchange/gate.h"
#include "exchange/mapping.h"
#include "exchange/notes.h"
#include "exchange/source.h"
#include "exchange/view.h"

/* One file (or its parts), open, and what was found in it. Owner. */
struct ind_import_file {
    const struct ind_source *source;
    struct ind_foreign foreign;
    struct ind_mapping mapping;
    char **prefixes;          /* of its state dicts, in the file's order */
    struct ind_epoch *epochs; /* of each, where the file counts them; kind UNKNOWN otherwise */
    size_t count;
    char **others; /* [other_count]: prefixes of those that --prefix did not choose */
    size_t other_count;
};

/* One state dict of an open file. */
struct ind_import_work {
    struct ind_foreign *foreign;
    const struct ind_mapping *mapping;
    struct ind_view view; /* owner */
    json_t *given;        /* configuration as far as it was said, in config.json's words */
    struct ind_notes *notes;
    const char *path;
    bool configured;                  /* there was a configuration, wherever it lay */
    bool norm_said;                   /* by an option or a mapping: LayerNorm may lack its biases */
    bool loose_bias, loose_positions; /* inferred, and for the whole series to decide */
};

/* ---- Files (select.c) ---- */

/* Opens a source, recognises its layout and finds its state dicts; one, or a series of them. */
IND_CHECKED int ind_import_file_open(struct ind_import_file *file, const struct ind_source *source,
                                     const struct ind_import_options *options,
                                     struct ind_error *err);
void ind_import_file_close(struct ind_import_file *file);

/* The view of one of them. With modules beside it that nobody chose to leave out it is refused. */
IND_CHECKED int ind_import_file_view(const struct ind_import_file *file, size_t index,
                                     const struct ind_import_options *options,
                                     struct ind_view *view, struct ind_error *err);

/* What the file says beside its weights at a prefix's dict, and further out: `visit` is called for
 * each dict, the innermost first, until it returns true. */
void ind_import_facts(const struct ind_import_file *file, const char *prefix,
                      bool (*visit)(const json_t *facts, void *context), void *context);

/* ---- Configuration (gather.c) ---- */

/* What the file and its neighbours say: metadata, dicts inside, and --config's file or else
 * NAME.json or config.json beside it. *found: is there any that says something? */
IND_CHECKED int ind_import_gather(struct ind_gate *gate, const struct ind_import_file *file,
                                  const struct ind_import_options *options, bool *found,
                                  struct ind_notes *notes, struct ind_error *err);

/* Options on top of it, the mapping's "model" below: fills work->given. */
IND_CHECKED int ind_import_compose(struct ind_import_work *work, const struct ind_gate *said,
                                   const struct ind_import_options *options, struct ind_error *err);

/* ---- Tensors ---- */

/* The file's tensor that a rule names, for a layer; NULL if the file has none. Of those that each
 * head has by itself, the first head's. */
const struct ind_foreign_tensor *ind_import_tensor(const struct ind_import_work *work,
                                                   const char *ours, int layer);

/* A copy of the description without so many dimensions of 1, as long as it has more than `rank`. */
struct ind_foreign_tensor ind_import_squeeze(const struct ind_foreign_tensor *tensor, int rank);

/* All values (free), of any element type, if there are no more than the file's size allows for. */
IND_CHECKED int ind_import_values(struct ind_import_work *work,
                                  const struct ind_foreign_tensor *tensor, float **values,
                                  size_t *count, struct ind_error *err);

/* Adds what names, shapes and values say to work->given (infer.c, rotary.c), and makes the
 * configuration of it. */
IND_CHECKED int ind_import_infer(struct ind_import_work *work, struct ind_config *config,
                                 struct ind_error *err);
IND_CHECKED int ind_import_infer_rotary(struct ind_import_work *work, struct ind_error *err);

/* Rotary positions without tables: their width must have been said, or frequencies show it. */
IND_CHECKED int ind_import_need_rotary(struct ind_import_work *work, struct ind_error *err);

/* For want of a configuration: a note that says what was taken for granted. */
IND_CHECKED int ind_import_assumed(struct ind_import_work *work, const struct ind_config *config,
                                   struct ind_error *err);

/* Tensor `tensor` of the layout out of the file into data (its place). False in *found, and zeros,
 * if the file lacks it. */
IND_CHECKED int ind_import_take(struct ind_import_work *work, const struct ind_config *config,
                                const struct ind_tensor *tensor, float *data, bool *found,
                                struct ind_error *err);

/* Whatever is left over holds what the model as configured would hold there, or is refused
 * (leftovers.c). */
IND_CHECKED int ind_import_check_leftovers(struct ind_import_work *work,
                                           const struct ind_layout *layout, struct ind_error *err);

#endif
