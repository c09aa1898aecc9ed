/*
 * The one gate that every configuration goes through, whatever its door: the file beside the
 * weights, --config, safetensors metadata, dicts inside a PyTorch file, a mapping's "model".
 *
 * Every key is understood (and put into config.json's words, TransformerLens's), known not to bear
 * on the forward pass, known to change it (refused unless its value is the one under which induct
 * computes the same), or named in a note. All spellings in use are known: TransformerLens's of
 * versions 2 to 4, Hugging Face's, nanoGPT's, induct's. Private to lib/exchange.
 */
#ifndef INDUCT_LIB_EXCHANGE_GATE_H
#define INDUCT_LIB_EXCHANGE_GATE_H

#include <stdbool.h>

#include <jansson.h>

#include <induct/base/error.h>

#include "exchange/notes.h"

/* What was said so far. Owner of both objects. */
struct ind_gate {
    json_t *given;   /* by config.json's keys; and n_key_value_heads, d_vocab_out, rotary_pct */
    json_t *by;      /* who said it, by the same keys */
    json_t *strange; /* keys that nobody knows: an object of nulls */
    int known;       /* keys that say something about a model */
};

IND_CHECKED int ind_gate_init(struct ind_gate *gate, struct ind_error *err);
void ind_gate_release(struct ind_gate *gate);

/* Lets an object in, and objects in it that are configurations themselves. `loose`: it is a
 * checkpoint's dict of all sorts, of which only what is certain counts and nothing is reported. */
IND_CHECKED int ind_gate_add(struct ind_gate *gate, const json_t *said, const char *label,
                             bool loose, struct ind_error *err);

/* Adds what `other` knows. Where both say something, `gate` keeps its word; if they contradict each
 * other, that is an error unless `other` is a `fallback`. */
IND_CHECKED int ind_gate_join(struct ind_gate *gate, const struct ind_gate *other, bool fallback,
                              struct ind_error *err);

/* "unknown keys" as one note, if there are any. */
IND_CHECKED int ind_gate_report(const struct ind_gate *gate, const char *where,
                                struct ind_notes *notes, struct ind_error *err);

/* Before config.json's words are read as such: takes out what only the gate knows (keys and values
 * shared, vocabulary of the output, the share of a head that is rotated) and refuses what does not
 * fit the rest. */
IND_CHECKED int ind_gate_settle(json_t *given, struct ind_error *err);

#endif
