#include "format/foreign/pickle_reader.h"

#include <string.h>

int ind_reader_truncated(struct ind_reader *r)
{
    return ind_fail(r->err, "the pickle is truncated");
}

/* The next `count` bytes, or NULL. */
const unsigned char *ind_reader_take(struct ind_reader *r, size_t count)
{
    if ((size_t)(r->end - r->next) < count) {
        ind_reader_truncated(r);
        return NULL;
    }
    const unsigned char *bytes = r->next;
    r->next += count;
    return bytes;
}

/* A little-endian unsigned number of 1 to 8 bytes. */
int ind_reader_take_number(struct ind_reader *r, size_t count, uint64_t *out)
{
    const unsigned char *bytes = ind_reader_take(r, count);
    if (!bytes)
        return IND_FAILED;
    *out = 0;
    for (size_t i = 0; i < count; i++)
        *out |= (uint64_t)bytes[i] << (8 * i);
    return IND_OK;
}

int ind_reader_push(struct ind_reader *r, ind_pickle_ref ref)
{
    struct ind_pickle *p = r->pickle;
    if (ind_pickle_grow(&p->stack, &p->stack_room, p->depth + 1, sizeof *p->stack, r->err) !=
        IND_OK)
        return IND_FAILED;
    p->stack[p->depth++] = ref;
    return IND_OK;
}

/* The topmost reference, which must not be a mark. */
int ind_reader_pop(struct ind_reader *r, ind_pickle_ref *out)
{
    struct ind_pickle *p = r->pickle;
    if (p->depth == 0 || p->values[p->stack[p->depth - 1]].kind == IND_PICKLE_MARK)
        return ind_fail(r->err, "the pickle takes from an empty stack");
    *out = p->stack[--p->depth];
    return IND_OK;
}

int ind_reader_push_new(struct ind_reader *r, enum ind_pickle_kind kind,
                        struct ind_pickle_value **out)
{
    ind_pickle_ref ref;
    struct ind_pickle_value *value = ind_pickle_new(r->pickle, kind, &ref, r->err);
    if (!value || ind_reader_push(r, ref) != IND_OK)
        return IND_FAILED;
    if (out)
        *out = value;
    return IND_OK;
}

int ind_reader_push_number(struct ind_reader *r, enum ind_pickle_kind kind, int64_t number)
{
    struct ind_pickle_value *value;
    if (ind_reader_push_new(r, kind, &value) != IND_OK)
        return IND_FAILED;
    value->number = number;
    return IND_OK;
}

int ind_reader_push_text(struct ind_reader *r, size_t length_size)
{
    uint64_t length;
    struct ind_pickle_value *value;
    if (ind_reader_take_number(r, length_size, &length) != IND_OK)
        return IND_FAILED;
    if (length > (uint64_t)(r->end - r->next))
        return ind_reader_truncated(r);
    const unsigned char *bytes = ind_reader_take(r, (size_t)length);
    if (!bytes || ind_reader_push_new(r, IND_PICKLE_TEXT, &value) != IND_OK)
        return IND_FAILED;
    value->text = (const char *)bytes;
    value->length = (size_t)length;
    return IND_OK;
}

int ind_reader_push_opaque(struct ind_reader *r, const char *name)
{
    ind_pickle_ref made;
    if (!ind_pickle_opaque(r->pickle, "builtins", 8, name, strlen(name), &made, r->err))
        return IND_FAILED;
    return ind_reader_push(r, made);
}

/* Stack position of the topmost mark. */
int ind_reader_find_mark(struct ind_reader *r, size_t *at)
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
int ind_reader_collect(struct ind_reader *r, size_t from, ind_pickle_ref to)
{
    struct ind_pickle *p = r->pickle;
    for (size_t i = from; i < p->depth; i++)
        if (ind_pickle_append(p, to, p->stack[i], r->err) != IND_OK)
            return IND_FAILED;
    p->depth = from;
    return IND_OK;
}

/* Picklers number the memo 0, 1, 2, ...; a jump would be a way to ask for memory. */
int ind_reader_memo_put(struct ind_reader *r, uint64_t index)
{
    struct ind_pickle *p = r->pickle;
    ind_pickle_ref top = 0;
    if (ind_reader_pop(r, &top) != IND_OK || ind_reader_push(r, top) != IND_OK)
        return IND_FAILED;
    if (index > p->memo_count)
        return ind_fail(r->err, "refused: memo entries are not numbered in order");
    if (ind_pickle_grow(&p->memo, &p->memo_room, (size_t)index + 1, sizeof *p->memo, r->err) !=
        IND_OK)
        return IND_FAILED;
    p->memo[index] = top;
    p->memo_count += index == p->memo_count;
    return IND_OK;
}

int ind_reader_memo_recall(struct ind_reader *r, uint64_t index)
{
    if (index >= r->pickle->memo_count)
        return ind_fail(r->err, "the pickle recalls what it never stored");
    return ind_reader_push(r, r->pickle->memo[index]);
}

/* GLOBAL: "module\nname\n". */
int ind_reader_push_global(struct ind_reader *r)
{
    const char *module = (const char *)r->next;
    const unsigned char *line = memchr(r->next, '\n', (size_t)(r->end - r->next));
    if (!line)
        return ind_reader_truncated(r);
    const char *name = (const char *)line + 1;
    const unsigned char *stop = memchr(name, '\n', (size_t)(r->end - line - 1));
    if (!stop)
        return ind_reader_truncated(r);
    ind_pickle_ref made;
    r->next = stop + 1;
    if (ind_pickle_find_global(r->pickle, module, (size_t)((const char *)line - module), name,
                               (size_t)((const char *)stop - name), &made, r->err) != IND_OK)
        return IND_FAILED;
    return ind_reader_push(r, made);
}

int ind_reader_reduce(struct ind_reader *r)
{
    ind_pickle_ref arguments = 0, callee = 0, made;
    if (ind_reader_pop(r, &arguments) != IND_OK || ind_reader_pop(r, &callee) != IND_OK ||
        ind_pickle_reduce(r->pickle, callee, arguments, &made, r->err) != IND_OK)
        return IND_FAILED;
    return ind_reader_push(r, made);
}

int ind_reader_skip(struct ind_reader *r, size_t count)
{
    return ind_reader_take(r, count) ? IND_OK : IND_FAILED;
}
