/* Opcodes of other protocols, and of objects that stay opaque. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/foreign/pickle_reader.h"

/* NEWOBJ: class, arguments. NEWOBJ_EX: and keyword arguments, which nothing here has a use for. */
static int new_object(struct ind_reader *r, bool keywords)
{
    ind_pickle_ref ignored = 0;
    if (keywords && ind_reader_pop(r, &ignored) != IND_OK)
        return IND_FAILED;
    return ind_reader_reduce(r);
}

/* INST: the class is named in the opcode; OBJ: it is the first item above the mark. */
static int old_object(struct ind_reader *r, bool named)
{
    struct ind_pickle *p = r->pickle;
    ind_pickle_ref made, callee = 0, arguments = 0;
    size_t mark = 0;
    if ((named && (ind_reader_push_global(r) != IND_OK || ind_reader_pop(r, &callee) != IND_OK)) ||
        ind_reader_find_mark(r, &mark) != IND_OK)
        return IND_FAILED;
    size_t from = mark + 1;
    if (!named) {
        if (from >= p->depth)
            return ind_fail(r->err, "the pickle takes from an empty stack");
        callee = p->stack[from++];
    }
    if (!ind_pickle_new(p, IND_PICKLE_TUPLE, &arguments, r->err) ||
        ind_reader_collect(r, from, arguments) != IND_OK)
        return IND_FAILED;
    p->depth = mark;
    if (ind_pickle_reduce(p, callee, arguments, &made, r->err) != IND_OK)
        return IND_FAILED;
    return ind_reader_push(r, made);
}

/* BINBYTES and its kin, kept as the argument of an opaque value: a numpy scalar is made of them. */
static int push_bytes(struct ind_reader *r, size_t length_size)
{
    ind_pickle_ref text = 0;
    if (ind_reader_push_text(r, length_size) != IND_OK || ind_reader_pop(r, &text) != IND_OK ||
        ind_reader_push_opaque(r, "bytes") != IND_OK)
        return IND_FAILED;
    struct ind_pickle *p = r->pickle;
    p->values[p->stack[p->depth - 1]].arguments = text;
    return IND_OK;
}

/* POP_MARK, ADDITEMS: what lies above the mark is dropped, and the mark. */
static int drop_to_mark(struct ind_reader *r)
{
    size_t mark = 0;
    if (ind_reader_find_mark(r, &mark) != IND_OK)
        return IND_FAILED;
    r->pickle->depth = mark;
    return IND_OK;
}

static int frozen_set(struct ind_reader *r)
{
    return drop_to_mark(r) == IND_OK ? ind_reader_push_opaque(r, "frozenset") : IND_FAILED;
}

/* POP takes a mark, too. */
static int drop(struct ind_reader *r)
{
    if (r->pickle->depth == 0)
        return ind_fail(r->err, "the pickle takes from an empty stack");
    r->pickle->depth--;
    return IND_OK;
}

static int duplicate(struct ind_reader *r)
{
    ind_pickle_ref top = 0;
    if (ind_reader_pop(r, &top) != IND_OK || ind_reader_push(r, top) != IND_OK)
        return IND_FAILED;
    return ind_reader_push(r, top);
}

/* EXT1, EXT2, EXT4: a name by its number in a registry of the program that wrote it. */
static int push_extension(struct ind_reader *r, size_t size)
{
    return ind_reader_skip(r, size) == IND_OK ? ind_reader_push_opaque(r, "a registered extension")
                                              : IND_FAILED;
}

static int refuse(struct ind_reader *r, unsigned char opcode)
{
    return ind_fail(r->err, "no pickle: there is no opcode 0x%02x", opcode);
}

/* The rest of the line, without its end. */
static int take_line(struct ind_reader *r, const char **line, size_t *length)
{
    const unsigned char *stop = memchr(r->next, '\n', (size_t)(r->end - r->next));
    if (!stop)
        return ind_reader_truncated(r);
    *line = (const char *)r->next;
    *length = (size_t)(stop - r->next);
    r->next = stop + 1;
    return IND_OK;
}

/* A decimal number of protocol 0; out of range or malformed, it is opaque. */
static int push_decimal(struct ind_reader *r, unsigned char opcode, const char *line, size_t length)
{
    char digits[64], *end;
    struct ind_pickle_value *value;
    if (length == 0 || length >= sizeof digits)
        return ind_reader_push_opaque(r, "a number");
    memcpy(digits, line, length);
    digits[length] = '\0';
    if (opcode == 'I' && length == 2 && digits[0] == '0')
        return ind_reader_push_number(r, IND_PICKLE_BOOL, digits[1] == '1');
    if (opcode == 'F') {
        double real = strtod(digits, &end);
        if (*end || ind_reader_push_new(r, IND_PICKLE_FLOAT, &value) != IND_OK)
            return *end ? ind_reader_push_opaque(r, "a number") : IND_FAILED;
        value->real = real;
        return IND_OK;
    }
    errno = 0;
    long long number = strtoll(digits, &end, 10);
    if (*end && strcmp(end, "L") != 0)
        errno = EINVAL;
    return errno ? ind_reader_push_opaque(r, "a number")
                 : ind_reader_push_number(r, IND_PICKLE_INT, number);
}

/* S'...': what is quoted, its escapes as they stand. */
static int push_quoted(struct ind_reader *r, const char *line, size_t length)
{
    struct ind_pickle_value *value;
    if (ind_reader_push_new(r, IND_PICKLE_TEXT, &value) != IND_OK)
        return IND_FAILED;
    bool quoted = length >= 2 && (*line == '\'' || *line == '"') && line[length - 1] == *line;
    value->text = quoted ? line + 1 : line;
    value->length = quoted ? length - 2 : length;
    return IND_OK;
}

/* PUT and GET name their memo entry in decimals. */
static int memo_by_text(struct ind_reader *r, unsigned char opcode, const char *line, size_t length)
{
    uint64_t index = 0;
    for (size_t i = 0; i < length && index < UINT32_MAX; i++) {
        if (line[i] < '0' || line[i] > '9')
            return ind_fail(r->err, "the pickle's memo is numbered by what is no number");
        index = 10 * index + (uint64_t)(line[i] - '0');
    }
    return opcode == 'p' ? ind_reader_memo_put(r, index) : ind_reader_memo_recall(r, index);
}

/* Opcodes of protocol 0, whose argument is a line. */
static int text_step(struct ind_reader *r, unsigned char opcode)
{
    const char *line = NULL;
    size_t length = 0;
    if (take_line(r, &line, &length) != IND_OK)
        return IND_FAILED;
    switch (opcode) {
    case 'I':
    case 'L':
    case 'F':
        return push_decimal(r, opcode, line, length);
    case 'S':
    case 'V':
        return push_quoted(r, line, length);
    case 'p':
    case 'g':
        return memo_by_text(r, opcode, line, length);
    default: /* PERSID */
        return ind_reader_push_opaque(r, "a persistent id");
    }
}

/* What torch.save's own protocol 2 has no use for. */
int ind_pickle_rare_step(struct ind_reader *r, unsigned char opcode)
{
    switch (opcode) {
    case 'U': /* SHORT_BINSTRING, BINSTRING: Python 2's strings */
        return ind_reader_push_text(r, 1);
    case 'T':
        return ind_reader_push_text(r, 4);
    case 'C': /* SHORT_BINBYTES, BINBYTES, BINBYTES8, BYTEARRAY8 */
        return push_bytes(r, 1);
    case 'B':
        return push_bytes(r, 4);
    case 0x8e:
    case 0x96:
        return push_bytes(r, 8);
    case 0x81: /* NEWOBJ, NEWOBJ_EX */
    case 0x92:
        return new_object(r, opcode == 0x92);
    case 'i': /* INST, OBJ */
    case 'o':
        return old_object(r, opcode == 'i');
    case 0x82: /* EXT1, EXT2, EXT4 */
    case 0x83:
    case 0x84:
        return push_extension(r, (size_t)1 << (opcode - 0x82));
    case 0x8f: /* EMPTY_SET, ADDITEMS, FROZENSET */
        return ind_reader_push_opaque(r, "set");
    case 0x90:
        return drop_to_mark(r);
    case 0x91:
        return frozen_set(r);
    case '0': /* POP, POP_MARK, DUP */
        return drop(r);
    case '1':
        return drop_to_mark(r);
    case '2':
        return duplicate(r);
    case 0x97: /* NEXT_BUFFER, READONLY_BUFFER: data kept outside the pickle */
        return ind_reader_push_opaque(r, "buffer");
    case 0x98:
        return IND_OK;
    default:
        return strchr("ILFSVpgP", opcode) && opcode ? text_step(r, opcode) : refuse(r, opcode);
    }
}
