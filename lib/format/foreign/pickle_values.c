/* What the pickle machine builds: values, and the meaning of the few names that it knows. */
#include "format/foreign/pickle.h"

#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

int ind_pickle_grow(void *items, size_t *room, size_t need, size_t size, struct ind_error *err)
{
    if (need > IND_PICKLE_MOST)
        return ind_fail(err, "refused: the pickle makes more than %d values", IND_PICKLE_MOST);
    return ind_grow(items, room, need, size, err);
}

struct ind_pickle_value *ind_pickle_new(struct ind_pickle *pickle, enum ind_pickle_kind kind,
                                        ind_pickle_ref *ref, struct ind_error *err)
{
    if (ind_pickle_grow(&pickle->values, &pickle->value_room, pickle->value_count + 1,
                        sizeof *pickle->values, err) != IND_OK)
        return NULL;
    *ref = (ind_pickle_ref)pickle->value_count++;
    struct ind_pickle_value *value = &pickle->values[*ref];
    *value = (struct ind_pickle_value){.kind = kind,
                                       .first = IND_PICKLE_NOWHERE,
                                       .last = IND_PICKLE_NOWHERE,
                                       .arguments = IND_PICKLE_NOWHERE,
                                       .state = IND_PICKLE_NOWHERE};
    return value;
}

int ind_pickle_append(struct ind_pickle *pickle, ind_pickle_ref to, ind_pickle_ref item,
                      struct ind_error *err)
{
    if (ind_pickle_grow(&pickle->links, &pickle->link_room, pickle->link_count + 1,
                        sizeof *pickle->links, err) != IND_OK)
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
    {"torch._utils", "_rebuild_tensor_v3", IND_GLOBAL_REBUILD_TYPED, IND_F32},
    {"torch._utils", "_rebuild_parameter", IND_GLOBAL_REBUILD_PARAMETER, IND_F32},
    {"torch._utils", "_rebuild_parameter_with_state", IND_GLOBAL_REBUILD_PARAMETER, IND_F32},
    {"torch._tensor", "_rebuild_from_type_v2", IND_GLOBAL_REBUILD_FROM_TYPE, IND_F32},
    {"torch", "Size", IND_GLOBAL_SIZE, IND_F32},
    {"torch", "Tensor", IND_GLOBAL_TENSOR_TYPE, IND_F32},
    {"torch.nn.parameter", "Parameter", IND_GLOBAL_TENSOR_TYPE, IND_F32},
    {"torch.nn.parameter", "Buffer", IND_GLOBAL_TENSOR_TYPE, IND_F32},
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
    {"torch.storage", "UntypedStorage", IND_GLOBAL_STORAGE, IND_U8},
    {"torch", "UntypedStorage", IND_GLOBAL_STORAGE, IND_U8},
    {"torch", "float64", IND_GLOBAL_DTYPE, IND_F64},
    {"torch", "float32", IND_GLOBAL_DTYPE, IND_F32},
    {"torch", "float16", IND_GLOBAL_DTYPE, IND_F16},
    {"torch", "bfloat16", IND_GLOBAL_DTYPE, IND_BF16},
    {"torch", "int64", IND_GLOBAL_DTYPE, IND_I64},
    {"torch", "int32", IND_GLOBAL_DTYPE, IND_I32},
    {"torch", "int16", IND_GLOBAL_DTYPE, IND_I16},
    {"torch", "int8", IND_GLOBAL_DTYPE, IND_I8},
    {"torch", "uint8", IND_GLOBAL_DTYPE, IND_U8},
    {"torch", "bool", IND_GLOBAL_DTYPE, IND_BOOL},
};

static bool text_is(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(text, word, length) == 0;
}

static void set_name(struct ind_pickle_value *value, const char *module, size_t module_length,
                     const char *name, size_t name_length)
{
    value->module = module;
    value->module_length = module_length;
    value->text = name;
    value->length = name_length;
}

struct ind_pickle_value *ind_pickle_opaque(struct ind_pickle *pickle, const char *module,
                                           size_t module_length, const char *name,
                                           size_t name_length, ind_pickle_ref *out,
                                           struct ind_error *err)
{
    struct ind_pickle_value *value = ind_pickle_new(pickle, IND_PICKLE_OPAQUE, out, err);
    if (value)
        set_name(value, module, module_length, name, name_length);
    return value;
}

int ind_pickle_find_global(struct ind_pickle *pickle, const char *module, size_t module_length,
                           const char *name, size_t name_length, ind_pickle_ref *out,
                           struct ind_error *err)
{
    struct ind_pickle_value *value =
        ind_pickle_opaque(pickle, module, module_length, name, name_length, out, err);
    if (!value)
        return IND_FAILED;
    for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++) {
        const struct known *known = &KNOWN[i];
        if (!text_is(module, module_length, known->module) ||
            !text_is(name, name_length, known->name))
            continue;
        value->kind = IND_PICKLE_GLOBAL;
        value->global = known->global;
        value->dtype = known->dtype;
        break;
    }
    return IND_OK;
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

/* What a call gives that is not made here: named as what it depends on. */
static int opaque_call(struct ind_pickle *pickle, ind_pickle_ref callee, ind_pickle_ref arguments,
                       ind_pickle_ref *out, struct ind_error *err)
{
    struct ind_pickle_value name = pickle->values[callee];
    struct ind_pickle_value *made = ind_pickle_opaque(pickle, name.module, name.module_length,
                                                      name.text, name.length, out, err);
    if (!made)
        return IND_FAILED;
    made->arguments = arguments;
    return IND_OK;
}

static enum ind_pickle_kind kind_of(const struct ind_pickle *pickle, ind_pickle_ref ref)
{
    return ref == IND_PICKLE_NOWHERE ? IND_PICKLE_NONE : pickle->values[ref].kind;
}

/* (storage, offset, sizes, strides, requires_grad, hooks, dtype of v3, ...) */
static bool are_tensor_arguments(const struct ind_pickle *pickle, ind_pickle_ref arguments,
                                 bool typed)
{
    const struct ind_pickle_value *tuple = &pickle->values[arguments];
    if (tuple->kind != IND_PICKLE_TUPLE || tuple->count < (typed ? 7 : 4))
        return false;
    ind_pickle_ref offset = item_ref(pickle, tuple, 1), sizes = item_ref(pickle, tuple, 2);
    ind_pickle_ref strides = item_ref(pickle, tuple, 3);
    if (typed) {
        const struct ind_pickle_value *dtype = ind_pickle_item(pickle, tuple, 6);
        if (dtype->kind != IND_PICKLE_GLOBAL || dtype->global != IND_GLOBAL_DTYPE)
            return false;
    }
    return kind_of(pickle, item_ref(pickle, tuple, 0)) == IND_PICKLE_STORAGE &&
           kind_of(pickle, offset) == IND_PICKLE_INT && pickle->values[offset].number >= 0 &&
           are_counts(pickle, sizes) && are_counts(pickle, strides) &&
           pickle->values[sizes].count == pickle->values[strides].count;
}

/* A tensor over what is no storage depends on that, and over none of the types read here on it. */
static ind_pickle_ref guilty_of(const struct ind_pickle *pickle, ind_pickle_ref callee,
                                ind_pickle_ref arguments)
{
    const struct ind_pickle_value *tuple = &pickle->values[arguments];
    for (uint32_t i = 0; i < 7; i += 6) {
        ind_pickle_ref item =
            tuple->kind == IND_PICKLE_TUPLE ? item_ref(pickle, tuple, i) : IND_PICKLE_NOWHERE;
        if (kind_of(pickle, item) == IND_PICKLE_OPAQUE)
            return item;
    }
    return callee;
}

static int rebuild_tensor(struct ind_pickle *pickle, ind_pickle_ref callee,
                          ind_pickle_ref arguments, ind_pickle_ref *out, struct ind_error *err)
{
    bool typed = pickle->values[callee].global == IND_GLOBAL_REBUILD_TYPED;
    if (!are_tensor_arguments(pickle, arguments, typed)) {
        if (opaque_call(pickle, guilty_of(pickle, callee, arguments), arguments, out, err))
            return IND_FAILED;
        pickle->values[*out].number = 1; /* a tensor it would be */
        return IND_OK;
    }
    struct ind_pickle_value *tensor = ind_pickle_new(pickle, IND_PICKLE_TENSOR, out, err);
    if (!tensor)
        return IND_FAILED;
    const struct ind_pickle_value *tuple = &pickle->values[arguments];
    tensor->storage = item_ref(pickle, tuple, 0);
    tensor->number = ind_pickle_item(pickle, tuple, 1)->number;
    tensor->sizes = item_ref(pickle, tuple, 2);
    tensor->strides = item_ref(pickle, tuple, 3);
    tensor->dtype =
        typed ? ind_pickle_item(pickle, tuple, 6)->dtype : pickle->values[tensor->storage].dtype;
    return IND_OK;
}

/* _rebuild_from_type_v2(function, type, arguments, attributes): a tensor with attributes. A type of
 * somebody's own may mean anything by its data. */
static int rebuild_from_type(struct ind_pickle *pickle, ind_pickle_ref callee,
                             ind_pickle_ref arguments, ind_pickle_ref *out, struct ind_error *err)
{
    const struct ind_pickle_value *tuple = &pickle->values[arguments];
    ind_pickle_ref function = item_ref(pickle, tuple, 0), type = item_ref(pickle, tuple, 1);
    ind_pickle_ref inner = item_ref(pickle, tuple, 2);
    if (kind_of(pickle, function) != IND_PICKLE_GLOBAL ||
        kind_of(pickle, inner) != IND_PICKLE_TUPLE)
        return opaque_call(pickle, callee, arguments, out, err);
    enum ind_pickle_global made_by = pickle->values[function].global;
    bool plain = kind_of(pickle, type) == IND_PICKLE_GLOBAL &&
                 pickle->values[type].global == IND_GLOBAL_TENSOR_TYPE;
    if (plain && (made_by == IND_GLOBAL_REBUILD_TENSOR || made_by == IND_GLOBAL_REBUILD_TYPED))
        return rebuild_tensor(pickle, function, inner, out, err);
    if (plain && made_by == IND_GLOBAL_REBUILD_PARAMETER)
        return ind_pickle_reduce(pickle, function, inner, out, err);
    if (opaque_call(pickle, kind_of(pickle, type) == IND_PICKLE_OPAQUE ? type : callee, arguments,
                    out, err) != IND_OK)
        return IND_FAILED;
    pickle->values[*out].number = 1;
    return IND_OK;
}

/* OrderedDict() or OrderedDict([[key, value], ...]). */
static int ordered_dict(struct ind_pickle *pickle, ind_pickle_ref callee, ind_pickle_ref arguments,
                        ind_pickle_ref *out, struct ind_error *err)
{
    ind_pickle_ref list = item_ref(pickle, &pickle->values[arguments], 0);
    if (list != IND_PICKLE_NOWHERE && pickle->values[list].kind != IND_PICKLE_LIST)
        return opaque_call(pickle, callee, arguments, out, err);
    if (!ind_pickle_new(pickle, IND_PICKLE_DICT, out, err))
        return IND_FAILED;
    ind_pickle_ref link = list == IND_PICKLE_NOWHERE ? list : pickle->values[list].first;
    for (; link != IND_PICKLE_NOWHERE; link = pickle->links[link].next) {
        const struct ind_pickle_value *pair = &pickle->values[pickle->links[link].value];
        bool two =
            (pair->kind == IND_PICKLE_LIST || pair->kind == IND_PICKLE_TUPLE) && pair->count == 2;
        if (!two)
            return opaque_call(pickle, callee, arguments, out, err);
        ind_pickle_ref key = item_ref(pickle, pair, 0), value = item_ref(pickle, pair, 1);
        if (ind_pickle_append(pickle, *out, key, err) != IND_OK ||
            ind_pickle_append(pickle, *out, value, err) != IND_OK)
            return IND_FAILED;
    }
    return IND_OK;
}

/* A call of what has a meaning here. */
static int known_call(struct ind_pickle *pickle, ind_pickle_ref callee, ind_pickle_ref arguments,
                      ind_pickle_ref *out, struct ind_error *err)
{
    ind_pickle_ref first = item_ref(pickle, &pickle->values[arguments], 0);
    enum ind_pickle_kind kind = kind_of(pickle, first);
    switch (pickle->values[callee].global) {
    case IND_GLOBAL_ORDERED_DICT:
        return ordered_dict(pickle, callee, arguments, out, err);
    case IND_GLOBAL_REBUILD_TENSOR:
    case IND_GLOBAL_REBUILD_TYPED:
        return rebuild_tensor(pickle, callee, arguments, out, err);
    case IND_GLOBAL_REBUILD_FROM_TYPE:
        return rebuild_from_type(pickle, callee, arguments, out, err);
    case IND_GLOBAL_REBUILD_PARAMETER:
        if (kind != IND_PICKLE_TENSOR && kind != IND_PICKLE_OPAQUE)
            break;
        *out = first;
        return IND_OK;
    case IND_GLOBAL_SIZE:
        if (kind != IND_PICKLE_TUPLE)
            break;
        *out = first;
        return IND_OK;
    case IND_GLOBAL_STORAGE:
    case IND_GLOBAL_DTYPE:
    case IND_GLOBAL_TENSOR_TYPE:
        break;
    }
    return opaque_call(pickle, callee, arguments, out, err);
}

int ind_pickle_reduce(struct ind_pickle *pickle, ind_pickle_ref callee, ind_pickle_ref arguments,
                      ind_pickle_ref *out, struct ind_error *err)
{
    if (pickle->values[callee].kind == IND_PICKLE_OPAQUE)
        return opaque_call(pickle, callee, arguments, out, err);
    if (pickle->values[callee].kind != IND_PICKLE_GLOBAL ||
        pickle->values[arguments].kind != IND_PICKLE_TUPLE)
        return ind_fail(err, "refused: it calls what is no function");
    return known_call(pickle, callee, arguments, out, err);
}

/* An OrderedDict's state is its attributes (PyTorch's _metadata), a tensor's likewise: no weight
 * depends on them. */
void ind_pickle_build(struct ind_pickle *pickle, ind_pickle_ref object, ind_pickle_ref state)
{
    if (pickle->values[object].kind == IND_PICKLE_OPAQUE)
        pickle->values[object].state = state;
}

static bool is_storage_id(const struct ind_pickle *pickle, const struct ind_pickle_value *tuple)
{
    const struct ind_pickle_value *word = ind_pickle_item(pickle, tuple, 0);
    const struct ind_pickle_value *type = ind_pickle_item(pickle, tuple, 1);
    const struct ind_pickle_value *key = ind_pickle_item(pickle, tuple, 2);
    const struct ind_pickle_value *elements = ind_pickle_item(pickle, tuple, 4);
    return tuple->kind == IND_PICKLE_TUPLE && elements && word->kind == IND_PICKLE_TEXT &&
           text_is(word->text, word->length, "storage") && type->kind == IND_PICKLE_GLOBAL &&
           type->global == IND_GLOBAL_STORAGE && key->kind == IND_PICKLE_TEXT &&
           elements->kind == IND_PICKLE_INT && elements->number >= 0;
}

int ind_pickle_storage(struct ind_pickle *pickle, ind_pickle_ref id, ind_pickle_ref *out,
                       struct ind_error *err)
{
    static const char STRANGE[] = "a persistent id";
    const struct ind_pickle_value *tuple = &pickle->values[id];
    if (!is_storage_id(pickle, tuple)) {
        ind_pickle_ref type =
            tuple->kind == IND_PICKLE_TUPLE ? item_ref(pickle, tuple, 1) : IND_PICKLE_NOWHERE;
        if (kind_of(pickle, type) == IND_PICKLE_OPAQUE)
            return opaque_call(pickle, type, id, out, err);
        return ind_pickle_opaque(pickle, "torch", 5, STRANGE, strlen(STRANGE), out, err)
                   ? IND_OK
                   : IND_FAILED;
    }
    struct ind_pickle_value *storage = ind_pickle_new(pickle, IND_PICKLE_STORAGE, out, err);
    if (!storage)
        return IND_FAILED;
    tuple = &pickle->values[id];
    storage->dtype = ind_pickle_item(pickle, tuple, 1)->dtype;
    storage->number = ind_pickle_item(pickle, tuple, 4)->number;
    storage->storage = item_ref(pickle, tuple, 2);
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
