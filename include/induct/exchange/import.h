/*
 * Models from anywhere: somebody's tensors become a model of induct's.
 *
 * The file is opened by run/foreign.h. Its tensors' names are recognised as the study's layout or
 * TransformerLens's, with any prefix ("model.", "module."), or follow a mapping file
 * (lib/exchange/mapping.h describes it). The configuration is put together from, in this order
 * of authority: the options; the configuration in the file's own metadata (files of induct's); a
 * TransformerLens configuration as JSON; the mapping's "model"; and what names and shapes leave no
 * doubt about: layers, d_model, vocabulary, context, heads where W_Q has three dimensions, biases
 * and LayerNorm by their tensors, sinusoidal positions by their values. Heads that none of these
 * say are asked for, not guessed.
 */
#ifndef INDUCT_EXCHANGE_IMPORT_H
#define INDUCT_EXCHANGE_IMPORT_H

#include <stdbool.h>

#include <induct/base/error.h>
#include <induct/model/params.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Zero-initialise; NULL, 0 and false mean "not given". */
struct ind_import_options {
    const char *mapping; /* a mapping file */
    const char *config;  /* a TransformerLens configuration; NULL = the one beside the file, if any:
                            NAME.json for NAME.pt, else config.json in its folder */
    int heads;
    int context;
    const char *positions, *norm; /* words of model/config.h */
    double attn_scale;            /* divisor of the scores */
};

/* One file, understood but not yet read. Owner. */
struct ind_import {
    struct ind_config config;
    long epoch;        /* metadata, else the number at the end of the file's name; -1 = not known */
    char summary[256]; /* "the study's layout, 2 layers of 4 heads, ...": for the user */
    struct ind_import_work *work; /* private */
};

/* The error begins with the path. */
int ind_import_open(struct ind_import *import, const char *path,
                    const struct ind_import_options *options, struct ind_error *err);

/* Reads the weights into params, whose layout must be of the same configuration: shapes must agree,
 * every weight be finite, and no tensor be left over. */
int ind_import_read(struct ind_import *import, struct ind_params *params, struct ind_error *err);
void ind_import_close(struct ind_import *import);

/* Do two models compute the same function of their weights? For files of one series. Options that
 * a model has no use for (LayerNorm's epsilon without LayerNorm) do not count. */
bool ind_import_same_model(const struct ind_config *a, const struct ind_config *b);

#ifdef __cplusplus
}
#endif
#endif
