/*
 * The model in the page: what a page in a browser asks of the library, as functions of numbers and
 * flat arrays. Compiled to WebAssembly (wasm.cmake) as induct.wasm, each function an export of the
 * same name; compiled into the library as well, so that tests call the same code natively.
 *
 *
 * FROM JAVASCRIPT
 *
 *   const imports = {wasi_snapshot_preview1: {...}};      see "Imports" below
 *   const {exports: lab, exports: {memory}} =
 *       (await WebAssembly.instantiate(bytes, imports)).instance;
 *   lab._initialize();                                    once, before anything else
 *   const model = lab.ind_lab_open(2, 4, 64, 16, 256, 80, 0, 0, 0, 0, 1e-5, 0, 10000, 0);
 *   const at = lab.ind_lab_weights(model, 0);
 *   new Float32Array(memory.buffer, at, lab.ind_lab_total(model)).set(weights);
 *   const tokens = lab.ind_lab_alloc(4 * 79);
 *   new Int32Array(memory.buffer, tokens, 79).set(sequence);
 *   lab.ind_lab_zero(model, 0, 2);
 *   if (lab.ind_lab_run(model, 0, tokens, 79) !== 0) throw Error(text(lab.ind_lab_error(model)));
 *   const pattern = new Float32Array(memory.buffer, lab.ind_lab_pattern(model, 1, 3), 79 * 79);
 *
 * - A pointer is a number: the byte where something begins in memory.buffer. Texts are UTF-8 and
 *   end in a zero byte.
 * - MEMORY GROWS: any call may replace memory.buffer, and every typed array over the old one is
 *   then empty. Make the views anew after each call; copy (slice) what is to be kept.
 * - Ownership: what ind_lab_alloc gave is the caller's until ind_lab_free. All else that a function
 *   returns belongs to the lab and is good until the next call that says otherwise (ind_lab_run,
 *   ind_lab_close). Nothing is ever to be freed by the caller but its own.
 * - Status: 0 is well, -1 failed; ind_lab_error then has one line. Indices out of range and tokens
 *   beyond the vocabulary are failures, not crashes. A pointer or an array's size that is wrong
 *   cannot be seen and is.
 * - All matrices are row-major; a pattern's rows are destinations (queries), its columns sources
 *   (keys). Scores are divided by the scale (sqrt(d_head)); logits, losses and margins are in nats.
 * - One lab is used from one thread (a worker is a good one). Several labs may be open.
 *
 * Imports: the C library asks for fd_write, fd_close, fd_seek and proc_exit of WASI, and calls none
 * of them but when an assertion has failed, after which the module traps. Functions that return 52
 * (ENOSYS) do.
 *
 *
 * SETS AND INTERVENTIONS
 *
 * A lab has one configuration and up to IND_LAB_SETS sets of weights of it: the epoch shown, one to
 * compare with, one to graft from. Interventions are kept until ind_lab_reset and are in force in
 * every ind_lab_run and ind_lab_evaluate, whichever set these name. Their order is that of the
 * computation, not that in which they were asked for:
 *
 *   grafts       weights of another set replace those of the set that is run
 *   scores       terms CC, CP, PC, PP are taken from a head's scores (layer 0 has all of them too)
 *   pattern      a head's pattern is replaced
 *   z            what a head says is replaced: by nothing, or by its mean
 *
 * Definitions: DEFINITIONS, sections 4, 7 and 9.
 */
#ifndef INDUCT_LIB_LAB_LAB_H
#define INDUCT_LIB_LAB_LAB_H

#include <stddef.h>
#include <stdint.h>

struct ind_lab;

enum { IND_LAB_SETS = 4 };

/* ---- A lab ----------------------------------------------------------------------------------- */

/*
 * A lab for models of a configuration, in the words of config.json (include/induct/model/config.h).
 *
 *   positions   what ind_lab_positions gave for the word: 0 sinusoidal, 1 learned, 2 none, 3 rotary,
 *               4 shortformer
 *   norm        0 none, 1 LN, 2 LNPre
 *   bias, rotary_adjacent  0 or 1
 *   attn_scale  0 stands for sqrt(d_head), rotary_dim 0 for d_head
 *
 * 0 if there is no memory at all. Otherwise a lab, whose ind_lab_error is empty if all is well; one
 * that has an error can only be closed.
 */
struct ind_lab *ind_lab_open(int layers, int heads, int d_model, int d_head, int vocab, int context,
                             int positions, int norm, int bias, double attn_scale, double norm_eps,
                             int rotary_dim, double rotary_base, int rotary_adjacent);
void ind_lab_close(struct ind_lab *lab);

/* The numbers of words such as "sinusoidal" and "LNPre"; -1 if there is no such word. */
int ind_lab_positions(const char *word);
int ind_lab_norm(const char *word);

/* What the last failure was; "" before the first. */
const char *ind_lab_error(const struct ind_lab *lab);

/* Memory for arguments, a multiple of 64; 0 if there is none. */
void *ind_lab_alloc(size_t bytes);
void ind_lab_free(void *memory);

/* ---- Weights --------------------------------------------------------------------------------- */

/* Floats of a set of weights, and the tensors that it consists of, in order and without holes: name
 * as in the checkpoint ("blocks.0.attn.W_Q"), first float, number of floats. A checkpoint that
 * induct wrote has them in this order too. */
int ind_lab_total(const struct ind_lab *lab);
int ind_lab_tensor_count(const struct ind_lab *lab);
const char *ind_lab_tensor_name(const struct ind_lab *lab, int tensor);
int ind_lab_tensor_offset(const struct ind_lab *lab, int tensor);
int ind_lab_tensor_size(const struct ind_lab *lab, int tensor);

/* Where the float32 weights [ind_lab_total] of set 0..IND_LAB_SETS-1 are to be written; zeros at
 * first, 0 if there is no memory. To be called anew before each change of them: it makes the lab
 * forget what it had computed from the old ones, the last run of this set included. The place stays
 * the same. */
float *ind_lab_weights(struct ind_lab *lab, int set);

/* The same from IEEE half precision: `count` little-endian float16 at `halves` become floats
 * offset..offset+count-1 of the set. */
int ind_lab_load_half(struct ind_lab *lab, int set, const void *halves, int offset, int count);

/* The sinusoidal table into pos_embed.W_pos, exactly as training has it: it need not be stored. */
int ind_lab_fill_positions(struct ind_lab *lab, int set);

/* Fails if a weight is not finite, naming the tensor. */
int ind_lab_check(struct ind_lab *lab, int set);

/* ---- Interventions --------------------------------------------------------------------------- */

/* None any more. The reference sequences are kept. */
void ind_lab_reset(struct ind_lab *lab);

/* z of a head := 0. (Of zero and mean of the same head the last one asked for holds.) */
int ind_lab_zero(struct ind_lab *lab, int layer, int head);

/* z of a head := its mean, position by position, over reference sequences in the model that is run,
 * grafts included, without the other interventions. */
int ind_lab_mean(struct ind_lab *lab, int layer, int head);

/* The reference: tokens [sequences, context], copied; sequences of the same period as those looked
 * at, and others than these (DEFINITIONS, section 7). Their means are computed when first needed,
 * which takes a forward pass for each: 16 are many. */
int ind_lab_reference(struct ind_lab *lab, const int32_t *tokens, int sequences);

/* The pattern of a head := that which it has on the same tokens without interventions, in the model
 * that is run (IND_LAB_OWN) or in set `source` >= 0 as it is; or a fixed one. */
enum {
    IND_LAB_OWN = -1,
    IND_LAB_UNIFORM = -2,  /* 1/(i+1) for j <= i */
    IND_LAB_PREVIOUS = -3, /* 1 at j = i - 1 */
    IND_LAB_AS_IT_IS = -4  /* not replaced (any more) */
};
int ind_lab_freeze(struct ind_lab *lab, int layer, int head, int source);

/* Weights of set `from` into whatever set is run: `kind` is 0 a head, 1 its QK, 2 its OV, 3 a
 * layer, 4 W_E, 5 W_pos, 6 W_U (enum ind_graft_kind); layer and head are read where they name
 * one. */
int ind_lab_graft(struct ind_lab *lab, int from, int kind, int layer, int head);

/* Terms of a head's scores that are taken away: a set of bits, 1 CC, 2 CP, 4 PC, 8 PP; the first
 * letter is the query's part, content or position. 0: none (any more). Fails on models whose scores
 * cannot be split: with LayerNorm, or without a table of positions added to the residual. */
int ind_lab_drop(struct ind_lab *lab, int layer, int head, int terms);

/* ---- One sequence ---------------------------------------------------------------------------- */

/* A forward pass of `length` <= context tokens with set `set` and the interventions in force. What
 * the functions below return or write is of the last pass that did not fail; they fail (return 0
 * where they return a pointer) before the first. */
int ind_lab_run(struct ind_lab *lab, int set, const int32_t *tokens, int length);

/* [length, length] of one head; a layer's heads follow one another. Zeros above the diagonal. */
const float *ind_lab_pattern(struct ind_lab *lab, int layer, int head);

/* The same before softmax, terms taken away; -infinity above the diagonal. (A replaced pattern is
 * not the softmax of these.) */
const float *ind_lab_scores(struct ind_lab *lab, int layer, int head);

/* Logits [length, vocab]; row i is about token i + 1. */
const float *ind_lab_logits(struct ind_lab *lab);

/* The `count` most probable next tokens at a row, most probable first (the lower token of equal
 * ones), with their probabilities: tokens [count], probabilities [count]. */
int ind_lab_top(struct ind_lab *lab, int row, int count, int32_t *tokens, float *probabilities);

/* out [4, length, length]: terms CC, CP, PC, PP of a head's scores, which sum to them as they were
 * before any was taken away; zeros above the diagonal. Fails as ind_lab_drop does. */
int ind_lab_split(struct ind_lab *lab, int layer, int head, float *out);

/* The sources that queries and keys of a layer's heads are sums of, and the name of one: "token",
 * "position", each head of an earlier layer, "bias" where the model has any. */
int ind_lab_source_count(const struct ind_lab *lab, int layer);
const char *ind_lab_source_name(struct ind_lab *lab, int layer, int source);

/* out [sources, sources, row + 1]: a row of a head's scores by source of the query (first) and of
 * the key; over both they sum to the scores as they were before any term was taken away. Fails as
 * ind_lab_drop does. */
int ind_lab_sources(struct ind_lab *lab, int layer, int head, int row, float *out);

/* The components that logits are sums of: "token", "position" (where a table is added to the
 * residual), each head, "bias" (where the model has biases or a last LayerNorm's). */
int ind_lab_component_count(const struct ind_lab *lab);
const char *ind_lab_component_name(struct ind_lab *lab, int component);

/* Direct logit attribution: out [components], each one's part of logit(token) minus the mean logit
 * at a row. They sum to it; with a last LayerNorm at the scale that the row has. */
int ind_lab_attribution(struct ind_lab *lab, int row, int token, double *out);

/* A head's part of that by the position looked at: out [row + 1], pattern times what the position's
 * value writes. Sums to the head's component unless its z is replaced. */
int ind_lab_writes(struct ind_lab *lab, int layer, int head, int row, int token, double *out);

/* ---- Many sequences -------------------------------------------------------------------------- */

/* Places in the result of ind_lab_evaluate. All are of the predictions at input positions i >=
 * period; DEFINITIONS, section 4, and for the last three section 9. */
enum {
    IND_LAB_PREDICTIONS, /* how many there are; 0 makes accuracy and loss NaN */
    IND_LAB_ACCURACY,    /* share whose argmax is the next token */
    IND_LAB_LOSS,        /* nats a prediction */
    IND_LAB_MARGIN, /* mean of log p(right) minus the best trained-offset candidate's: above 0 content
                            wins, below 0 the positional rule; NaN where nothing has candidates */
    IND_LAB_PSEUDO,     /* share whose argmax is a candidate, of those that have any */
    IND_LAB_CANDIDATES, /* how many have any */
    IND_LAB_RESULTS
};

/* Over tokens [sequences, context] that repeat with `period`, with the interventions in force: out
 * [IND_LAB_RESULTS]. trained_lo..trained_hi are the periods of the training data, which the last
 * three are about; 0, 0 leaves these out. What ind_lab_run left is kept. */
int ind_lab_evaluate(struct ind_lab *lab, int set, const int32_t *tokens, int sequences, int period,
                     int trained_lo, int trained_hi, double *out);

/* Mean patterns over tokens [sequences, context], with the interventions in force: out [layers,
 * heads, context - 1, context - 1]. What ind_lab_run left is kept. */
int ind_lab_mean_patterns(struct ind_lab *lab, int set, const int32_t *tokens, int sequences,
                          float *out);

#endif
