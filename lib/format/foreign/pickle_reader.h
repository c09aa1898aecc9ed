/*
 * What the opcodes of a pickle are made of: its bytes, a stack of references, and a memo.
 *
 * Invariant: every reference on the stack, in the memo and in a link is below value_count. A reader
 * never goes beyond `end`: all bytes are taken through ind_reader_take(). Private to lib/format.
 */
#ifndef INDUCT_LIB_FORMAT_FOREIGN_PICKLE_READER_H
#define INDUCT_LIB_FORMAT_FOREIGN_PICKLE_READER_H

#include <stdbool.h>

#include "format/foreign/pickle.h"

struct ind_reader {
    const unsigned char *next, *end;
    struct ind_pickle *pickle;
    struct ind_error *err;
    bool stopped;
};

/* ---- Bytes ---- */

int ind_reader_truncated(struct ind_reader *r);

/* The next `count` bytes, or NULL. */
const unsigned char *ind_reader_take(struct ind_reader *r, size_t count);
int ind_reader_skip(struct ind_reader *r, size_t count);

/* A little-endian unsigned number of 1 to 8 bytes. */
int ind_reader_take_number(struct ind_reader *r, size_t count, uint64_t *out);

/* ---- The stack ---- */

int ind_reader_push(struct ind_reader *r, ind_pickle_ref ref);

/* The topmost reference, which must not be a mark. */
int ind_reader_pop(struct ind_reader *r, ind_pickle_ref *out);

/* A new value on top; its address, valid until the next one, in *out (may be NULL). */
int ind_reader_push_new(struct ind_reader *r, enum ind_pickle_kind kind,
                        struct ind_pickle_value **out);
int ind_reader_push_number(struct ind_reader *r, enum ind_pickle_kind kind, int64_t number);
int ind_reader_push_opaque(struct ind_reader *r, const char *name);

/* As many bytes as a number of `length_size` bytes says. */
int ind_reader_push_text(struct ind_reader *r, size_t length_size);

/* GLOBAL's argument, "module\nname\n". */
int ind_reader_push_global(struct ind_reader *r);

/* The arguments on top and the callee below them become what the call gives. */
int ind_reader_reduce(struct ind_reader *r);

/* Stack position of the topmost mark. */
int ind_reader_find_mark(struct ind_reader *r, size_t *at);

/* Moves what lies from stack position `from` upward into `to`. */
int ind_reader_collect(struct ind_reader *r, size_t from, ind_pickle_ref to);

/* ---- The memo ---- */

int ind_reader_memo_put(struct ind_reader *r, uint64_t index);
int ind_reader_memo_recall(struct ind_reader *r, uint64_t index);

/* ---- Opcodes that torch.save's own protocol 2 has no use for (pickle_rare.c) ---- */

int ind_pickle_rare_step(struct ind_reader *r, unsigned char opcode);

#endif
