/*
 * Numbers as typed: the whole text is the number or it is refused. No white space, no trailing
 * characters, no overflow, decimal only.
 */
#ifndef INDUCT_LIB_TOOL_NUMBER_H
#define INDUCT_LIB_TOOL_NUMBER_H

#include <stdint.h>

#include <induct/base/error.h>

/* The errors say what the text is not ("'12x' is not a whole number") or that it is out of
   range. */
IND_CHECKED int ind_number_long(const char *text, long *out, struct ind_error *err);
IND_CHECKED int ind_number_uint64(const char *text, uint64_t *out, struct ind_error *err);
IND_CHECKED int ind_number_double(const char *text, double *out, struct ind_error *err);

/*
 * A span of whole numbers: "N", "A:B" or "A:B:C", where A and B may be left out ("5:", ":9", "::2")
 * if `open` says so. Out: has_* says which ends were given; step is at least 1.
 */
struct ind_span {
    long from, to, step;
    int has_from, has_to;
    int single; /* "N": from = to = N */
};
IND_CHECKED int ind_span_parse(const char *text, int open, struct ind_span *span,
                               struct ind_error *err);

/*
 * Cuts a comma list: puts the next item of *rest into item (64 bytes) and moves *rest past it.
 * Returns 1, 0 at the end of the list, or IND_FAILED for an empty or overlong item.
 */
enum { IND_ITEM_ROOM = 64 };
IND_CHECKED int ind_list_next(const char **rest, char item[IND_ITEM_ROOM], struct ind_error *err);

#endif
