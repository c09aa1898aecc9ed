#include "format/foreign/facts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <induct/base/system.h>

enum { DEPTH_LIMIT = 8, BUDGET = 1 << 18, TEXT_LIMIT = 1 << 16 };

struct maker {
    const struct ind_pickle *pickle;
    long budget;
};

static json_t *make(struct maker *m, ind_pickle_ref ref, int depth);

static bool named(const struct ind_pickle_value *value, const char *end)
{
    size_t length = strlen(end);
    return value->length >= length &&
           memcmp(value->text + value->length - length, end, length) == 0;
}

static const struct ind_pickle_value *argument(const struct maker *m,
                                               const struct ind_pickle_value *opaque, uint32_t i)
{
    if (opaque->kind != IND_PICKLE_OPAQUE || opaque->arguments == IND_PICKLE_NOWHERE)
        return NULL;
    const struct ind_pickle_value *arguments = &m->pickle->values[opaque->arguments];
    return arguments->kind == IND_PICKLE_TUPLE ? ind_pickle_item(m->pickle, arguments, i) : NULL;
}

/* Bytes as pickles hold them: as such, or (protocol 2) as _codecs.encode(text, "latin1"), whose
 * characters above 127 are two bytes of UTF-8. The number of bytes, at most 8. */
static size_t scalar_bytes(const struct maker *m, const struct ind_pickle_value *from,
                           unsigned char out[8])
{
    const struct ind_pickle_value *text = argument(m, from, 0);
    bool latin = text != NULL;
    if (!latin && from->kind == IND_PICKLE_OPAQUE && from->arguments != IND_PICKLE_NOWHERE)
        text = &m->pickle->values[from->arguments];
    if (!text || text->kind != IND_PICKLE_TEXT)
        return 0;
    size_t used = 0;
    for (size_t i = 0; i < text->length; i++) {
        unsigned char c = (unsigned char)text->text[i];
        if (latin && c >= 0xc2 && c <= 0xc3 && i + 1 < text->length)
            c = (unsigned char)((c & 3) << 6 | ((unsigned char)text->text[++i] & 0x3f));
        if (used == 8)
            return 0;
        out[used++] = c;
    }
    return used;
}

static json_t *number_of_bytes(const char *type, const unsigned char *bytes, size_t size)
{
    uint64_t word = 0;
    memcpy(&word, bytes, size);
    word = ind_little_endian(word);
    if (*type == 'f' && size == 8) {
        double real;
        memcpy(&real, &word, sizeof real);
        return json_real(real);
    }
    if (*type == 'f' && size == 4)
        return json_real((double)ind_dtype_to_float(IND_F32, bytes));
    if (*type == 'i' && size < 8 && word >> (8 * size - 1))
        word |= UINT64_MAX << (8 * size);
    return *type == 'i' || *type == 'u' ? json_integer((json_int_t)word) : NULL;
}

/* numpy.core.multiarray.scalar(dtype("i8"), bytes) */
static json_t *numpy_scalar(const struct maker *m, const struct ind_pickle_value *value)
{
    const struct ind_pickle_value *dtype = argument(m, value, 0), *data = argument(m, value, 1);
    const struct ind_pickle_value *code = dtype ? argument(m, dtype, 0) : NULL;
    unsigned char bytes[8] = {0};
    if (!data || !code || code->kind != IND_PICKLE_TEXT || code->length != 2)
        return NULL;
    size_t size = scalar_bytes(m, data, bytes);
    return size > 0 && size == (size_t)(code->text[1] - '0')
               ? number_of_bytes(code->text, bytes, size)
               : NULL;
}

static json_t *make_list(struct maker *m, const struct ind_pickle_value *list, int depth)
{
    json_t *made = json_array();
    for (ind_pickle_ref link = list->first; made && link != IND_PICKLE_NOWHERE && m->budget > 0;
         link = m->pickle->links[link].next) {
        json_t *item = make(m, m->pickle->links[link].value, depth + 1);
        if (json_array_append_new(made, item ? item : json_null()) != 0)
            break;
    }
    return made;
}

static void set_item(json_t *made, const struct ind_pickle_value *key, json_t *item)
{
    char name[257];
    if (key->kind == IND_PICKLE_INT)
        snprintf(name, sizeof name, "%lld", (long long)key->number);
    else if (key->kind == IND_PICKLE_TEXT && key->length < sizeof name)
        snprintf(name, sizeof name, "%.*s", (int)key->length, key->text);
    else
        *name = '\0';
    if (*name)
        json_object_set_new(made, name, item);
    else
        json_decref(item);
}

/* The items of a dict, or of an opaque one, put into `made`. */
static void add_items(struct maker *m, json_t *made, const struct ind_pickle_value *dict, int depth)
{
    const struct ind_pickle *p = m->pickle;
    for (ind_pickle_ref link = dict->first; link != IND_PICKLE_NOWHERE && m->budget > 0;) {
        ind_pickle_ref second = p->links[link].next;
        if (second == IND_PICKLE_NOWHERE)
            break;
        json_t *item = make(m, p->links[second].value, depth + 1);
        if (item)
            set_item(made, &p->values[p->links[link].value], item);
        link = p->links[second].next;
    }
}

static json_t *make_dict(struct maker *m, const struct ind_pickle_value *dict, int depth)
{
    json_t *made = json_object();
    if (made)
        add_items(m, made, dict, depth);
    return made;
}

/* OmegaConf keeps what it holds as "_content" and a node's value as "_val". */
static json_t *unwrapped(json_t *attributes)
{
    static const char *const inner[] = {"_content", "_val"};
    for (size_t i = 0; i < sizeof inner / sizeof *inner; i++) {
        json_t *value = json_object_get(attributes, inner[i]);
        if (!value)
            continue;
        json_incref(value);
        json_decref(attributes);
        return value;
    }
    return attributes;
}

/* The state of an object is its attributes, or these and those of its slots as a pair. */
static json_t *attributes_of(struct maker *m, const struct ind_pickle_value *value, int depth)
{
    const struct ind_pickle_value *state = &m->pickle->values[value->state];
    if (state->kind == IND_PICKLE_DICT)
        return make_dict(m, state, depth);
    json_t *made = json_object();
    for (uint32_t i = 0; made && state->kind == IND_PICKLE_TUPLE && i < 2; i++) {
        const struct ind_pickle_value *part = ind_pickle_item(m->pickle, state, i);
        if (part && part->kind == IND_PICKLE_DICT)
            add_items(m, made, part, depth);
    }
    return made;
}

static json_t *make_opaque(struct maker *m, const struct ind_pickle_value *value, int depth)
{
    if (named(value, "scalar"))
        return numpy_scalar(m, value);
    json_t *made = value->state == IND_PICKLE_NOWHERE ? NULL : attributes_of(m, value, depth);
    if (value->first != IND_PICKLE_NOWHERE) {
        made = made ? made : json_object();
        if (made)
            add_items(m, made, value, depth);
    }
    if (made && json_object_size(made) > 0)
        return unwrapped(made);
    json_decref(made);
    const struct ind_pickle_value *first = argument(m, value, 0);
    if (!first || (first->kind != IND_PICKLE_TEXT && first->kind != IND_PICKLE_INT))
        return NULL;
    return make(m, (ind_pickle_ref)(first - m->pickle->values), depth + 1);
}

static json_t *make(struct maker *m, ind_pickle_ref ref, int depth)
{
    const struct ind_pickle_value *value = &m->pickle->values[ref];
    if (--m->budget < 0 || depth > DEPTH_LIMIT)
        return NULL;
    switch (value->kind) {
    case IND_PICKLE_NONE:
        return json_null();
    case IND_PICKLE_BOOL:
        return json_boolean(value->number != 0);
    case IND_PICKLE_INT:
        return json_integer(value->number);
    case IND_PICKLE_FLOAT:
        return json_real(value->real);
    case IND_PICKLE_TEXT:
        return value->length <= TEXT_LIMIT ? json_stringn(value->text, value->length) : NULL;
    case IND_PICKLE_TUPLE:
    case IND_PICKLE_LIST:
        return make_list(m, value, depth);
    case IND_PICKLE_DICT:
        return make_dict(m, value, depth);
    case IND_PICKLE_OPAQUE:
        return make_opaque(m, value, depth);
    case IND_PICKLE_GLOBAL:
        return json_stringn(value->text, value->length);
    case IND_PICKLE_STORAGE:
    case IND_PICKLE_TENSOR:
    case IND_PICKLE_MARK:
        break;
    }
    return NULL;
}

/* Much may be no plain value and is left out; that nothing was left out for want of memory is known
 * by errno. */
int ind_pickle_facts(const struct ind_pickle *pickle, json_t **facts, struct ind_error *err)
{
    struct maker m = {.pickle = pickle, .budget = BUDGET};
    errno = 0;
    *facts = make(&m, pickle->root, 0);
    if (errno != ENOMEM)
        return IND_OK;
    json_decref(*facts);
    *facts = NULL;
    return ind_fail(err, IND_NO_MEMORY);
}
