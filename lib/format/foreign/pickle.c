/*
 * The pickle machine: one opcode after another on a stack of references.
 *
 * Invariant: every reference on the stack, in the memo and in a link is below value_count. A reader
 * never goes beyond `end`: all bytes are taken through take().
 */
#include "format/foreign/pickle.h"

#include <endian.h>
#include <string.h>

#include <induct/base/memory.h>

struct reader {
    const unsigned char *next, *end;
    struct ind_pickle *pickle;
    struct ind_error *err;
    bool stopped;
};

static int truncated(struct reader *r)
{
    return ind_fail(r->err, "the pickle is truncated");
}

/* The next `count` bytes, or NULL. */
static const unsigned char *take(struct reader *r, size_t count)
{
    if ((size_t)(r->end - r->next) < count) {
        truncated(r);
        return NULL;
    }
    const unsigned char *bytes = r->next;
    r->next += count;
    return bytes;
}

/* A little-endian unsigned number of 1 to 8 bytes. */
static int take_number(struct reader *r, size_t count, uint64_t *out)
{
    const unsigned char *bytes = take(r, count);
    if (!bytes)
        return IND_FAILED;
    *out = 0;
    for (size_t i = 0; i < count; i++)
        *out |= (uint64_t)bytes[i] << (8 * i);
    return IND_OK;
}

static int push(struct reader *r, ind_pickle_ref ref)
{
    struct ind_pickle *p = r->pickle;
    if (ind_grow(&p->stack, &p->stack_room, p->depth + 1, sizeof *p->stack, r->err) != IND_OK)
        return IND_FAILED;
    p->stack[p->depth++] = ref;
    return IND_OK;
}

/* The topmost reference, which must not be a mark. */
static int pop(struct reader *r, ind_pickle_ref *out)
{
    struct ind_pickle *p = r->pickle;
    if (p->depth == 0 || p->values[p->stack[p->depth - 1]].kind == IND_PICKLE_MARK)
        return ind_fail(r->err, "the pickle takes from an empty stack");
    *out = p->stack[--p->depth];
    return IND_OK;
}

static int push_new(struct reader *r, enum ind_pickle_kind kind, struct ind_pickle_value **out)
{
    ind_pickle_ref ref;
    struct ind_pickle_value *value = ind_pickle_new(r->pickle, kind, &ref, r->err);
    if (!value || push(r, ref) != IND_OK)
        return IND_FAILED;
    if (out)
        *out = value;
    return IND_OK;
}

static int push_number(struct reader *r, enum ind_pickle_kind kind, int64_t number)
{
    struct ind_pickle_value *value;
    if (push_new(r, kind, &value) != IND_OK)
        return IND_FAILED;
    value->number = number;
    return IND_OK;
}

static int push_text(struct reader *r, size_t length_size)
{
    uint64_t length;
    struct ind_pickle_value *value;
    if (take_number(r, length_size, &length) != IND_OK)
        return IND_FAILED;
    if (length > (uint64_t)(r->end - r->next))
        return truncated(r);
    const unsigned char *bytes = take(r, (size_t)length);
    if (!bytes || push_new(r, IND_PICKLE_TEXT, &value) != IND_OK)
        return IND_FAILED;
    value->text = (const char *)bytes;
    value->length = (size_t)length;
    return IND_OK;
}

static int push_unsigned(struct reader *r, size_t size)
{
    uint64_t number;
    if (take_number(r, size, &number) != IND_OK)
        return IND_FAILED;
    return push_number(r, IND_PICKLE_INT, (int64_t)number);
}

static int push_int32(struct reader *r)
{
    uint64_t number;
    if (take_number(r, 4, &number) != IND_OK)
        return IND_FAILED;
    return push_number(r, IND_PICKLE_INT, (int32_t)(uint32_t)number);
}

/* LONG1: two's complement in up to 255 bytes; more than 8 are no size of anything. */
static int push_long(struct reader *r)
{
    uint64_t size, number;
    if (take_number(r, 1, &size) != IND_OK)
        return IND_FAILED;
    if (size > 8)
        return ind_fail(r->err, "refused: a whole number of %d bytes", (int)size);
    if (take_number(r, (size_t)size, &number) != IND_OK)
        return IND_FAILED;
    if (size > 0 && size < 8 && number >> (8 * size - 1))
        number |= UINT64_MAX << (8 * size);
    return push_number(r, IND_PICKLE_INT, (int64_t)number);
}

/* BINFLOAT is big-endian. */
static int push_float(struct reader *r)
{
    uint64_t word;
    struct ind_pickle_value *value;
    const unsigned char *bytes = take(r, 8);
    if (!bytes || push_new(r, IND_PICKLE_FLOAT, &value) != IND_OK)
        return IND_FAILED;
    memcpy(&word, bytes, 8);
    word = be64toh(word);
    memcpy(&value->real, &word, 8);
    return IND_OK;
}

/* Stack position of the topmost mark. */
static int find_mark(struct reader *r, size_t *at)
{
    const struct ind_pickle *p = r->pickle;
    for (size_t i = p->depth; i-- > 0;) {
        if (p->values[p->stack[i]].kind == IND_PICKLE_MARK) {
            *at = i;
            return IND_OK;
        }
    }
    return ind_fail(r->err, "the pickle misses a mark");
}

/* Moves what lies from stack position `from` upward into `to`. */
static int collect(struct reader *r, size_t from, ind_pickle_ref to)
{
    struct ind_pickle *p = r->pickle;
    for (size_t i = from; i < p->depth; i++)
        if (ind_pickle_append(p, to, p->stack[i], r->err) != IND_OK)
            return IND_FAILED;
    p->depth = from;
    return IND_OK;
}

/* TUPLE, and LIST and DICT as protocol 0 makes them: everything above the mark. */
static int build_from_mark(struct reader *r, enum ind_pickle_kind kind)
{
    size_t mark = 0;
    ind_pickle_ref made;
    if (find_mark(r, &mark) != IND_OK || !ind_pickle_new(r->pickle, kind, &made, r->err) ||
        collect(r, mark + 1, made) != IND_OK)
        return IND_FAILED;
    r->pickle->depth = mark;
    if (kind == IND_PICKLE_DICT && r->pickle->values[made].count % 2)
        return ind_fail(r->err, "a dict with a key but no value");
    return push(r, made);
}

static int build_small_tuple(struct reader *r, size_t count)
{
    struct ind_pickle *p = r->pickle;
    ind_pickle_ref made;
    if (p->depth < count)
        return ind_fail(r->err, "the pickle takes from an empty stack");
    for (size_t i = 0; i < count; i++)
        if (p->values[p->stack[p->depth - 1 - i]].kind == IND_PICKLE_MARK)
            return ind_fail(r->err, "the pickle takes from an empty stack");
    if (!ind_pickle_new(p, IND_PICKLE_TUPLE, &made, r->err) ||
        collect(r, p->depth - count, made) != IND_OK)
        return IND_FAILED;
    return push(r, made);
}

/* APPENDS and SETITEMS (from a mark), APPEND (1) and SETITEM (2). */
static int extend(struct reader *r, enum ind_pickle_kind kind, size_t from, size_t above)
{
    struct ind_pickle *p = r->pickle;
    size_t items = p->depth - above;
    if (from == 0 || p->values[p->stack[from - 1]].kind != kind)
        return ind_fail(r->err, "items for what is no %s",
                        kind == IND_PICKLE_LIST ? "list" : "dict");
    if (kind == IND_PICKLE_DICT && items % 2)
        return ind_fail(r->err, "a dict with a key but no value");
    if (collect(r, above, p->stack[from - 1]) != IND_OK)
        return IND_FAILED;
    p->depth = from;
    return IND_OK;
}

static int extend_from_mark(struct reader *r, enum ind_pickle_kind kind)
{
    size_t mark = 0;
    if (find_mark(r, &mark) != IND_OK)
        return IND_FAILED;
    return extend(r, kind, mark, mark + 1);
}

static int extend_by(struct reader *r, enum ind_pickle_kind kind, size_t count)
{
    struct ind_pickle *p = r->pickle;
    if (p->depth < count + 1)
        return ind_fail(r->err, "the pickle takes from an empty stack");
    for (size_t i = p->depth - count; i < p->depth; i++)
        if (p->values[p->stack[i]].kind == IND_PICKLE_MARK)
            return ind_fail(r->err, "the pickle takes from an empty stack");
    return extend(r, kind, p->depth - count, p->depth - count);
}

/* Picklers number the memo 0, 1, 2, ...; a jump would be a way to ask for memory. */
static int memo_put(struct reader *r, uint64_t index)
{
    struct ind_pickle *p = r->pickle;
    ind_pickle_ref top = 0;
    if (pop(r, &top) != IND_OK || push(r, top) != IND_OK)
        return IND_FAILED;
    if (index > p->memo_count)
        return ind_fail(r->err, "refused: memo entries are not numbered in order");
    if (ind_grow(&p->memo, &p->memo_room, (size_t)index + 1, sizeof *p->memo, r->err) != IND_OK)
        return IND_FAILED;
    p->memo[index] = top;
    p->memo_count += index == p->memo_count;
    return IND_OK;
}

static int memo_put_numbered(struct reader *r, size_t size)
{
    uint64_t index;
    return take_number(r, size, &index) == IND_OK ? memo_put(r, index) : IND_FAILED;
}

static int memo_get(struct reader *r, size_t size)
{
    uint64_t index;
    if (take_number(r, size, &index) != IND_OK)
        return IND_FAILED;
    if (index >= r->pickle->memo_count)
        return ind_fail(r->err, "the pickle recalls what it never stored");
    return push(r, r->pickle->memo[index]);
}

/* GLOBAL: "module\nname\n". */
static int push_global(struct reader *r)
{
    const char *module = (const char *)r->next;
    const unsigned char *line = memchr(r->next, '\n', (size_t)(r->end - r->next));
    if (!line)
        return truncated(r);
    const char *name = (const char *)line + 1;
    const unsigned char *stop = memchr(name, '\n', (size_t)(r->end - line - 1));
    if (!stop)
        return truncated(r);
    ind_pickle_ref made;
    r->next = stop + 1;
    if (ind_pickle_find_global(r->pickle, module, (size_t)((const char *)line - module), name,
                               (size_t)((const char *)stop - name), &made, r->err) != IND_OK)
        return IND_FAILED;
    return push(r, made);
}

/* STACK_GLOBAL: module and name from the stack. */
static int push_stack_global(struct reader *r)
{
    ind_pickle_ref module_ref = 0, name_ref = 0, made;
    if (pop(r, &name_ref) != IND_OK || pop(r, &module_ref) != IND_OK)
        return IND_FAILED;
    const struct ind_pickle_value *module = &r->pickle->values[module_ref];
    const struct ind_pickle_value *name = &r->pickle->values[name_ref];
    if (module->kind != IND_PICKLE_TEXT || name->kind != IND_PICKLE_TEXT)
        return ind_fail(r->err, "refused: a global that is not named by strings");
    if (ind_pickle_find_global(r->pickle, module->text, module->length, name->text, name->length,
                               &made, r->err) != IND_OK)
        return IND_FAILED;
    return push(r, made);
}

static int reduce(struct reader *r)
{
    ind_pickle_ref arguments = 0, callee = 0, made;
    if (pop(r, &arguments) != IND_OK || pop(r, &callee) != IND_OK ||
        ind_pickle_reduce(r->pickle, callee, arguments, &made, r->err) != IND_OK)
        return IND_FAILED;
    return push(r, made);
}

/* BUILD hands a state to an object. An OrderedDict's is its attributes (PyTorch's _metadata), which
 * no weight depends on. */
static int build(struct reader *r)
{
    ind_pickle_ref attributes, object = 0;
    if (pop(r, &attributes) != IND_OK || pop(r, &object) != IND_OK)
        return IND_FAILED;
    if (r->pickle->values[object].kind != IND_PICKLE_DICT)
        return ind_fail(r->err, "refused: opcode BUILD on what is no dict");
    return push(r, object);
}

static int push_storage(struct reader *r)
{
    ind_pickle_ref id = 0, made;
    if (pop(r, &id) != IND_OK || ind_pickle_storage(r->pickle, id, &made, r->err) != IND_OK)
        return IND_FAILED;
    return push(r, made);
}

static int refuse(struct reader *r, unsigned char opcode)
{
    const char *name = ind_pickle_opcode_name(opcode);
    if (name)
        return ind_fail(r->err, "refused: opcode %s, which no tensor needs", name);
    return ind_fail(r->err, "no pickle: there is no opcode 0x%02x", opcode);
}

static int skip(struct reader *r, size_t count)
{
    return take(r, count) ? IND_OK : IND_FAILED;
}

/* The letters are the opcodes' own bytes; pickle_opcodes.c has their names. */
static int step(struct reader *r, unsigned char opcode)
{
    switch (opcode) {
    case 0x80: /* PROTO */
        return skip(r, 1);
    case 0x95: /* FRAME */
        return skip(r, 8);
    case '.':
        r->stopped = true;
        return pop(r, &r->pickle->root);
    case '(':
        return push_new(r, IND_PICKLE_MARK, NULL);
    case '}':
        return push_new(r, IND_PICKLE_DICT, NULL);
    case ']':
        return push_new(r, IND_PICKLE_LIST, NULL);
    case ')':
        return push_new(r, IND_PICKLE_TUPLE, NULL);
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
        return push_new(r, IND_PICKLE_NONE, NULL);
    case 0x88: /* NEWTRUE, NEWFALSE */
    case 0x89:
        return push_number(r, IND_PICKLE_BOOL, opcode == 0x88);
    case 'K':
        return push_unsigned(r, 1);
    case 'M':
        return push_unsigned(r, 2);
    case 'J':
        return push_int32(r);
    case 0x8a: /* LONG1 */
        return push_long(r);
    case 'G':
        return push_float(r);
    case 0x8c: /* SHORT_BINUNICODE, BINUNICODE, BINUNICODE8 */
        return push_text(r, 1);
    case 'X':
        return push_text(r, 4);
    case 0x8d:
        return push_text(r, 8);
    case 'q':
        return memo_put_numbered(r, 1);
    case 'r':
        return memo_put_numbered(r, 4);
    case 0x94: /* MEMOIZE */
        return memo_put(r, r->pickle->memo_count);
    case 'h':
        return memo_get(r, 1);
    case 'j':
        return memo_get(r, 4);
    case 'c':
        return push_global(r);
    case 0x93: /* STACK_GLOBAL */
        return push_stack_global(r);
    case 'R':
        return reduce(r);
    case 'b':
        return build(r);
    case 'Q':
        return push_storage(r);
    default:
        return refuse(r, opcode);
    }
}

int ind_pickle_load(struct ind_pickle *pickle, const void *bytes, size_t size,
                    struct ind_error *err)
{
    struct reader r = {
        .next = bytes, .end = (const unsigned char *)bytes + size, .pickle = pickle, .err = err};
    *pickle = (struct ind_pickle){0};
    int status = size < UINT32_MAX ? IND_OK : ind_fail(err, "the pickle is absurdly long");
    while (status == IND_OK && !r.stopped) {
        const unsigned char *opcode = take(&r, 1);
        status = opcode ? step(&r, *opcode) : IND_FAILED;
    }
    if (status != IND_OK)
        ind_pickle_release(pickle);
    return status;
}
