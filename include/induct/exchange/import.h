/*
 * Models from anywhere: somebody's tensors become a series of models of induct's.
 *
 * An operand is a file (format/foreign.h), a file in parts or a folder with either. A file may hold
 * several state dicts; a list or dict of them by epoch is a series. Names are recognised as the
 * study's, TransformerLens's (2 and 3, and 4's own models'), under any prefix and with the wrappers
 * of torch.compile, DataParallel, FSDP and checkpointing dropped; or follow a mapping file
 * (lib/exchange/mapping.h describes it).
 *
 * The configuration is put together from, in this order of authority: the options; --config or the
 * JSON beside the file, and what the file itself says (metadata, dicts beside the weights); the
 * mapping's "model"; and what names, shapes and values leave no doubt about: layers, d_model,
 * vocabulary, context, heads where W_Q has three dimensions, biases and LayerNorm by their tensors,
 * sinusoidal and rotary positions by their values. All of it goes through one gate
 * (lib/exchange/gate.h). Heads that none of these say are asked for, not guessed; what no tensor
 * shows and nobody said is named in a note. Masks and tables are compared, not passed over.
 *
 * A series is judged over all its files: the first configuration serves those without one, biases
 * are there if any file has one that is not zero, and a table of positions is learned if it ever
 * leaves the sinusoids.
 */
#ifndef INDUCT_EXCHANGE_IMPORT_H
#define INDUCT_EXCHANGE_IMPORT_H

#include <stdbool.h>
#include <stddef.h>

#include <induct/base/error.h>
#include <induct/model/params.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Zero-initialise; NULL, 0 and false mean "not given". */
struct ind_import_options {
    const char *mapping; /* a mapping file */
    const char *config;  /* a configuration; NULL = the one beside the file, if any: NAME.json for
                            NAME.pt, else config.json in its folder */
    const char *prefix;  /* of the state dict meant, where a file has several; "" = none */
    int heads;
    int context;
    const char *positions, *norm; /* words of model/config.h */
    double attn_scale;            /* divisor of the scores */
    const long *epochs;           /* [epoch_count]: of each model, in their order */
    int epoch_count;
};

/* One checkpoint to be. */
struct ind_import_model {
    char *name; /* of its file, and its prefix if the file has several */
    long epoch;
    char *from;        /* where the epoch was found: "its name: step=1000" */
    size_t file, dict; /* private */
    bool borrowed;     /* private: understood by another file's configuration */
};

/* Models, understood but not yet read. Owner. */
struct ind_import {
    struct ind_config config; /* of all of them */
    struct ind_import_model *models;
    int count;
    int trained_lo, trained_hi; /* trained periods, if the first file says; else 0 */
    char summary[384];          /* "the study's layout, 2 layers of 4 heads, ...": for the user */
    char **notes; /* [note_count]: lines for the user, what was assumed or passed over */
    size_t note_count;
    struct ind_import_work_all *work; /* private */
};

/* The error begins with the path of the file that it is about. Files are read once to understand
 * them all, and again by ind_import_read(). `stop` (may be NULL) is asked between files. */
IND_CHECKED int ind_import_open(struct ind_import *import, const char *const *paths, int count,
                                const struct ind_import_options *options, bool (*stop)(void),
                                struct ind_error *err);

/* Reads the weights of models[index] into params, whose layout must be of import->config: shapes
 * must agree, every weight be finite, and no tensor be left over. */
IND_CHECKED int ind_import_read(struct ind_import *import, int index, struct ind_params *params,
                                struct ind_error *err);
void ind_import_close(struct ind_import *import);

/* Do two models compute the same function of their weights? Options that a model has no use for
 * (LayerNorm's epsilon without LayerNorm) do not count. If not, *what (may be NULL) becomes the
 * first difference in words, "LNPre here, no norm there" (free). */
bool ind_import_same_model(const struct ind_config *here, const struct ind_config *there,
                           char **what);

#ifdef __cplusplus
}
#endif
#endif
