/* What the pickle machine builds: values, and the meaning of the few names that it knows. */
#include "format/foreign/pickle.h"

#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

struct ind_pickle_value *ind_pickle_new(struct ind_pickle *pickle, enum ind_pickle_kind kind,
                                        ind_pickle_ref *ref, struct ind_error *err)
{
    if (ind_grow(&pickle->values, &pickle->value_room, pickle->value_count + 1,
                 sizeof *pickle->values, err) != IND_OK)
        return NULL;
    *ref = (ind_pickle_ref)pickle->value_count++;
    struct ind_pickle_value *value = &pickle->values[*ref];
    *value = (struct ind_pickle_value){
        .kind = kind, .first = IND_PICKLE_NOWHERE, .last = IND_PICKLE_NOWHERE};
    return value;
}

int ind_pickle_append(struct ind_pickle *pickle, ind_pickle_ref to, ind_pickle_ref item,
                      struct ind_error *err)
{
    if (ind_grow(&pickle->links, &pickle->link_room, pickle->link_count + 1, sizeof *pickle->links,
                 err) != IND_OK)
        return IND_FAILED;
    ind_pickle_ref link = (ind_pickle_ref)pickle->link_count++;
    struct ind_pickle_value *list = &pickle->values[to];
    pickle->links[link] = (struct ind_pickle_link){item, IND_PICKLE_NOWHERE};
    if (list->last == IND_PICKLE_NOWHERE)
        list->first = link;
    else
        pickle->links[list->last].next = link;
    list->last = link;
    list->count++;
    return IND_OK;
}

static ind_pickle_ref item_ref(const struct ind_pickle *pickle, const struct ind_pickle_value *of,
                               uint32_t index)
{
    ind_pickle_ref link = of->first;
    while (index-- > 0 && link != IND_PICKLE_NOWHERE)
        link = pickle->links[link].next;
    return link == IND_PICKLE_NOWHERE ? IND_PICKLE_NOWHERE : pickle->links[link].value;
}

const struct ind_pickle_value *ind_pickle_item(const struct ind_pickle *pickle,
                                               const struct ind_pickle_value *of, uint32_t index)
{
    ind_pickle_ref ref = item_ref(pickle, of, index);
    return ref == IND_PICKLE_NOWHERE ? NULL : &pickle->values[ref];
}

static const struct known {
    const char *module, *name;
    enum ind_pickle_global global;
    enum ind_dtype dtype;
} KNOWN[] = {
    {"collections", "OrderedDict", IND_GLOBAL_ORDERED_DICT, IND_F32},
    {"torch._utils", "_rebuild_tensor_v2", IND_GLOBAL_REBUILD_TENSOR, IND_F32},
    {"torch._utils", "_rebuild_parameter", IND_GLOBAL_REBUILD_PARAMETER, IND_F32},
    {"torch", "Size", IND_GLOBAL_SIZE, IND_F32},
    {"torch", "DoubleStorage", IND_GLOBAL_STORAGE, IND_F64},
    {"torch", "FloatStorage", IND_GLOBAL_STORAGE, IND_F32},
    {"torch", "HalfStorage", IND_GLOBAL_STORAGE, IND_F16},
    {"torch", "BFloat16Storage", IND_GLOBAL_STORAGE, IND_BF16},
    {"torch", "LongStorage", IND_GLOBAL_STORAGE, IND_I64},
    {"torch", "IntStorage", IND_GLOBAL_STORAGE, IND_I32},
    {"torch", "ShortStorage", IND_GLOBAL_STORAGE, IND_I16},
    {"torch", "CharStorage", IND_GLOBAL_STORAGE, IND_I8},
    {"torch", "ByteStorage", IND_GLOBAL_STORAGE, IND_U8},
    {"torch", "BoolStorage", IND_GLOBAL_STORAGE, IND_BOOL},
};

static bool text_is(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(text, word, length) == 0;
}

int ind_pickle_find_global(struct ind_pickle *pickle, const char *module, size_t module_length,
                           const char *name, size_t name_length, ind_pickle_ref *out,
                           struct ind_error *err)
{
    for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++) {
        const struct known *known = &KNOWN[i];
        if (!text_is(module, module_length, known->module) ||
            !text_is(name, name_length, known->name))
            continue;
        struct ind_pickle_value *value = ind_pickle_new(pickle, IND_PICKLE_GLOBAL, out, err);
        if (!value)
            return IND_FAILED;
        value->global = known->global;
        value->dtype = known->dtype;
        return IND_OK;
    }
    return ind_fail(err, "refused: it wants to use %.*s.%.*s, which no tensor needs",
                    (int)(module_length < 100 ? module_length : 100), module,
                    (int)(name_length < 100 ? name_length : 100), name);
}

/* A tuple of at most 8 whole numbers, none negative. */
static bool are_counts(const struct ind_pickle *pickle, ind_pickle_ref ref)
{
    if (pickle->values[ref].kind != IND_PICKLE_TUPLE || pickle->values[ref].count > 8)
        return false;
    for (ind_pickle_ref link = pickle->values[ref].first; link != IND_PICKLE_NOWHERE;
         link = pickle->links[link].next) {
        const struct ind_pickle_value *item = &pickle->values[pickle->links[link].value];
        if (item->kind != IND_PICKLE_INT || item->number < 0)
            return false;
    }
    return true;
}

/* _rebuild_tensor_v2(storage, offset, sizes, strides, requires_grad, hooks, ...) */
static int rebuild_tensor(struct ind_pickle *pickle, ind_pickle_ref arguments, ind_pickle_ref *out,
                          struct ind_error *err)
{
    const struct ind_pickle_value *tuple = &pickle->values[arguments];
    ind_pickle_ref storage = item_ref(pickle, tuple, 0), offset = item_ref(pickle, tuple, 1);
    ind_pickle_ref sizes = item_ref(pickle, tuple, 2), strides = item_ref(pickle, tuple, 3);
    if (tuple->count < 4 || pickle->values[storage].kind != IND_PICKLE_STORAGE ||
        pickle->values[offset].kind != IND_PICKLE_INT || pickle->values[offset].number < 0 ||
        !are_counts(pickle, sizes) || !are_counts(pickle, strides) ||
        pickle->values[sizes].count != pickle->values[strides].count)
        return ind_fail(err, "a tensor is not made of storage, offset, sizes and strides");
    int64_t start = pickle->values[offset].number;
    struct ind_pickle_value *tensor = ind_pickle_new(pickle, IND_PICKLE_TENSOR, out, err);
    if (!tensor)
        return IND_FAILED;
    tensor->storage = storage;
    tensor->number = start;
    tensor->sizes = sizes;
    tensor->strides = strides;
    return IND_OK;
}

int ind_pickle_reduce(struct ind_pickle *pickle, ind_pickle_ref callee, ind_pickle_ref arguments,
                      ind_pickle_ref *out, struct ind_error *err)
{
    if (pickle->values[callee].kind != IND_PICKLE_GLOBAL ||
        pickle->values[arguments].kind != IND_PICKLE_TUPLE)
        return ind_fail(err, "refused: it calls what is no function");
    const struct ind_pickle_value *tuple = &pickle->values[arguments];
    ind_pickle_ref first = item_ref(pickle, tuple, 0);
    enum ind_pickle_kind kind =
        first == IND_PICKLE_NOWHERE ? IND_PICKLE_NONE : pickle->values[first].kind;
    switch (pickle->values[callee].global) {
    case IND_GLOBAL_ORDERED_DICT:
        if (tuple->count != 0)
            return ind_fail(err, "refused: an OrderedDict made from a list");
        return ind_pickle_new(pickle, IND_PICKLE_DICT, out, err) ? IND_OK : IND_FAILED;
    case IND_GLOBAL_REBUILD_TENSOR:
        return rebuild_tensor(pickle, arguments, out, err);
    case IND_GLOBAL_REBUILD_PARAMETER:
        if (kind != IND_PICKLE_TENSOR)
            return ind_fail(err, "a parameter is not made of a tensor");
        *out = first;
        return IND_OK;
    case IND_GLOBAL_SIZE:
        if (kind != IND_PICKLE_TUPLE)
            return ind_fail(err, "a torch.Size is not made of a tuple");
        *out = first;
        return IND_OK;
    case IND_GLOBAL_STORAGE:
        break;
    }
    return ind_fail(err, "refused: it calls a storage type");
}

int ind_pickle_storage(struct ind_pickle *pickle, ind_pickle_ref id, ind_pickle_ref *out,
                       struct ind_error *err)
{
    const struct ind_pickle_value *tuple = &pickle->values[id];
    const struct ind_pickle_value *word = ind_pickle_item(pickle, tuple, 0);
    const struct ind_pickle_value *type = ind_pickle_item(pickle, tuple, 1);
    const struct ind_pickle_value *key = ind_pickle_item(pickle, tuple, 2);
    const struct ind_pickle_value *elements = ind_pickle_item(pickle, tuple, 4);
    if (tuple->kind != IND_PICKLE_TUPLE || !elements || word->kind != IND_PICKLE_TEXT ||
        !text_is(word->text, word->length, "storage") || type->kind != IND_PICKLE_GLOBAL ||
        type->global != IND_GLOBAL_STORAGE || key->kind != IND_PICKLE_TEXT ||
        elements->kind != IND_PICKLE_INT || elements->number < 0)
        return ind_fail(err, "a persistent id is not ('storage', type, key, location, elements)");
    enum ind_dtype dtype = type->dtype;
    int64_t count = elements->number;
    ind_pickle_ref key_ref = item_ref(pickle, tuple, 2);
    struct ind_pickle_value *storage = ind_pickle_new(pickle, IND_PICKLE_STORAGE, out, err);
    if (!storage)
        return IND_FAILED;
    storage->dtype = dtype;
    storage->number = count;
    storage->storage = key_ref;
    return IND_OK;
}

void ind_pickle_release(struct ind_pickle *pickle)
{
    free(pickle->values);
    free(pickle->links);
    free(pickle->stack);
    free(pickle->memo);
    *pickle = (struct ind_pickle){0};
}
