/* The pickle machine: one opcode after another on a stack of references. */
#include "format/foreign/pickle.h"

#include <string.h>

#include <induct/base/system.h>

#include "format/foreign/pickle_reader.h"

static int push_unsigned(struct ind_reader *r, size_t size)
{
    uint64_t number;
    if (ind_reader_take_number(r, size, &number) != IND_OK)
        return IND_FAILED;
    return ind_reader_push_number(r, IND_PICKLE_INT, (int64_t)number);
}

static int push_int32(struct ind_reader *r)
{
    uint64_t number;
    if (ind_reader_take_number(r, 4, &number) != IND_OK)
        return IND_FAILED;
    return ind_reader_push_number(r, IND_PICKLE_INT, (int32_t)(uint32_t)number);
}

/* LONG1, LONG4: two's complement; more than 8 bytes are no size of anything. */
static int push_long(struct ind_reader *r, size_t length_size)
{
    uint64_t size, number;
    if (ind_reader_take_number(r, length_size, &size) != IND_OK)
        return IND_FAILED;
    if (size > 8)
        return size <= (uint64_t)(r->end - r->next) && ind_reader_take(r, (size_t)size)
                   ? ind_reader_push_opaque(r, "int of more than 64 bits")
                   : ind_reader_truncated(r);
    if (ind_reader_take_number(r, (size_t)size, &number) != IND_OK)
        return IND_FAILED;
    if (size > 0 && size < 8 && number >> (8 * size - 1))
        number |= UINT64_MAX << (8 * size);
    return ind_reader_push_number(r, IND_PICKLE_INT, (int64_t)number);
}

/* BINFLOAT is big-endian. */
static int push_float(struct ind_reader *r)
{
    uint64_t word;
    struct ind_pickle_value *value;
    const unsigned char *bytes = ind_reader_take(r, 8);
    if (!bytes || ind_reader_push_new(r, IND_PICKLE_FLOAT, &value) != IND_OK)
        return IND_FAILED;
    memcpy(&word, bytes, 8);
    word = ind_big_endian(word);
    memcpy(&value->real, &word, 8);
    return IND_OK;
}

/* TUPLE, and LIST and DICT as protocol 0 makes them: everything above the mark. */
static int build_from_mark(struct ind_reader *r, enum ind_pickle_kind kind)
{
    size_t mark = 0;
    ind_pickle_ref made;
    if (ind_reader_find_mark(r, &mark) != IND_OK ||
        !ind_pickle_new(r->pickle, kind, &made, r->err) ||
        ind_reader_collect(r, mark + 1, made) != IND_OK)
        return IND_FAILED;
    r->pickle->depth = mark;
    if (kind == IND_PICKLE_DICT && r->pickle->values[made].count % 2)
        return ind_fail(r->err, "a dict with a key but no value");
    return ind_reader_push(r, made);
}

static int build_small_tuple(struct ind_reader *r, size_t count)
{
    struct ind_pickle *p = r->pickle;
    ind_pickle_ref made;
    if (p->depth < count)
        return ind_fail(r->err, "the pickle takes from an empty stack");
    for (size_t i = 0; i < count; i++)
        if (p->values[p->stack[p->depth - 1 - i]].kind == IND_PICKLE_MARK)
            return ind_fail(r->err, "the pickle takes from an empty stack");
    if (!ind_pickle_new(p, IND_PICKLE_TUPLE, &made, r->err) ||
        ind_reader_collect(r, p->depth - count, made) != IND_OK)
        return IND_FAILED;
    return ind_reader_push(r, made);
}

/* APPENDS and SETITEMS (from a mark), APPEND (1) and SETITEM (2). An opaque dict keeps its items,
 * an opaque list or set none. */
static int extend(struct ind_reader *r, enum ind_pickle_kind kind, size_t from, size_t above)
{
    struct ind_pickle *p = r->pickle;
    size_t items = p->depth - above;
    bool opaque = from > 0 && p->values[p->stack[from - 1]].kind == IND_PICKLE_OPAQUE;
    if (from == 0 || (p->values[p->stack[from - 1]].kind != kind && !opaque))
        return ind_fail(r->err, "items for what is no %s",
                        kind == IND_PICKLE_LIST ? "list" : "dict");
    if (kind == IND_PICKLE_DICT && items % 2)
        return ind_fail(r->err, "a dict with a key but no value");
    if (!(opaque && kind == IND_PICKLE_LIST) &&
        ind_reader_collect(r, above, p->stack[from - 1]) != IND_OK)
        return IND_FAILED;
    p->depth = from;
    return IND_OK;
}

static int extend_from_mark(struct ind_reader *r, enum ind_pickle_kind kind)
{
    size_t mark = 0;
    if (ind_reader_find_mark(r, &mark) != IND_OK)
        return IND_FAILED;
    return extend(r, kind, mark, mark + 1);
}

static int extend_by(struct ind_reader *r, enum ind_pickle_kind kind, size_t count)
{
    struct ind_pickle *p = r->pickle;
    if (p->depth < count + 1)
        return ind_fail(r->err, "the pickle takes from an empty stack");
    for (size_t i = p->depth - count; i < p->depth; i++)
        if (p->values[p->stack[i]].kind == IND_PICKLE_MARK)
            return ind_fail(r->err, "the pickle takes from an empty stack");
    return extend(r, kind, p->depth - count, p->depth - count);
}

static int memo_put_numbered(struct ind_reader *r, size_t size)
{
    uint64_t index;
    return ind_reader_take_number(r, size, &index) == IND_OK ? ind_reader_memo_put(r, index)
                                                             : IND_FAILED;
}

static int memo_get(struct ind_reader *r, size_t size)
{
    uint64_t index;
    return ind_reader_take_number(r, size, &index) == IND_OK ? ind_reader_memo_recall(r, index)
                                                             : IND_FAILED;
}

/* STACK_GLOBAL: module and name from the stack. */
static int push_stack_global(struct ind_reader *r)
{
    ind_pickle_ref module_ref = 0, name_ref = 0, made;
    if (ind_reader_pop(r, &name_ref) != IND_OK || ind_reader_pop(r, &module_ref) != IND_OK)
        return IND_FAILED;
    const struct ind_pickle_value *module = &r->pickle->values[module_ref];
    const struct ind_pickle_value *name = &r->pickle->values[name_ref];
    if (module->kind != IND_PICKLE_TEXT || name->kind != IND_PICKLE_TEXT)
        return ind_fail(r->err, "refused: a global that is not named by strings");
    if (ind_pickle_find_global(r->pickle, module->text, module->length, name->text, name->length,
                               &made, r->err) != IND_OK)
        return IND_FAILED;
    return ind_reader_push(r, made);
}

static int build(struct ind_reader *r)
{
    ind_pickle_ref state = 0, object = 0;
    if (ind_reader_pop(r, &state) != IND_OK || ind_reader_pop(r, &object) != IND_OK)
        return IND_FAILED;
    ind_pickle_build(r->pickle, object, state);
    return ind_reader_push(r, object);
}

static int push_storage(struct ind_reader *r)
{
    ind_pickle_ref id = 0, made;
    if (ind_reader_pop(r, &id) != IND_OK ||
        ind_pickle_storage(r->pickle, id, &made, r->err) != IND_OK)
        return IND_FAILED;
    return ind_reader_push(r, made);
}

/* The letters are the opcodes' own bytes. */
static int step(struct ind_reader *r, unsigned char opcode)
{
    switch (opcode) {
    case 0x80: /* PROTO */
        return ind_reader_skip(r, 1);
    case 0x95: /* FRAME */
        return ind_reader_skip(r, 8);
    case '.':
        r->stopped = true;
        return ind_reader_pop(r, &r->pickle->root);
    case '(':
        return ind_reader_push_new(r, IND_PICKLE_MARK, NULL);
    case '}':
        return ind_reader_push_new(r, IND_PICKLE_DICT, NULL);
    case ']':
        return ind_reader_push_new(r, IND_PICKLE_LIST, NULL);
    case ')':
        return ind_reader_push_new(r, IND_PICKLE_TUPLE, NULL);
    case 't':
        return build_from_mark(r, IND_PICKLE_TUPLE);
    case 'l':
        return build_from_mark(r, IND_PICKLE_LIST);
    case 'd':
        return build_from_mark(r, IND_PICKLE_DICT);
    case 0x85: /* TUPLE1, TUPLE2, TUPLE3 */
    case 0x86:
    case 0x87:
        return build_small_tuple(r, (size_t)(opcode - 0x84));
    case 'a':
        return extend_by(r, IND_PICKLE_LIST, 1);
    case 'e':
        return extend_from_mark(r, IND_PICKLE_LIST);
    case 's':
        return extend_by(r, IND_PICKLE_DICT, 2);
    case 'u':
        return extend_from_mark(r, IND_PICKLE_DICT);
    case 'N':
        return ind_reader_push_new(r, IND_PICKLE_NONE, NULL);
    case 0x88: /* NEWTRUE, NEWFALSE */
    case 0x89:
        return ind_reader_push_number(r, IND_PICKLE_BOOL, opcode == 0x88);
    case 'K':
        return push_unsigned(r, 1);
    case 'M':
        return push_unsigned(r, 2);
    case 'J':
        return push_int32(r);
    case 0x8a: /* LONG1, LONG4 */
        return push_long(r, 1);
    case 0x8b:
        return push_long(r, 4);
    case 'G':
        return push_float(r);
    case 0x8c: /* SHORT_BINUNICODE, BINUNICODE, BINUNICODE8 */
        return ind_reader_push_text(r, 1);
    case 'X':
        return ind_reader_push_text(r, 4);
    case 0x8d:
        return ind_reader_push_text(r, 8);
    case 'q':
        return memo_put_numbered(r, 1);
    case 'r':
        return memo_put_numbered(r, 4);
    case 0x94: /* MEMOIZE */
        return ind_reader_memo_put(r, r->pickle->memo_count);
    case 'h':
        return memo_get(r, 1);
    case 'j':
        return memo_get(r, 4);
    case 'c':
        return ind_reader_push_global(r);
    case 0x93: /* STACK_GLOBAL */
        return push_stack_global(r);
    case 'R':
        return ind_reader_reduce(r);
    case 'b':
        return build(r);
    case 'Q':
        return push_storage(r);
    default:
        return ind_pickle_rare_step(r, opcode);
    }
}

int ind_pickle_load(struct ind_pickle *pickle, const void *bytes, size_t size,
                    struct ind_error *err)
{
    struct ind_reader r = {
        .next = bytes, .end = (const unsigned char *)bytes + size, .pickle = pickle, .err = err};
    *pickle = (struct ind_pickle){0};
    int status = size < UINT32_MAX ? IND_OK : ind_fail(err, "the pickle is absurdly long");
    while (status == IND_OK && !r.stopped) {
        const unsigned char *opcode = ind_reader_take(&r, 1);
        status = opcode ? step(&r, *opcode) : IND_FAILED;
    }
    if (status != IND_OK)
        ind_pickle_release(pickle);
    return status;
}
