/*
 * A pickle machine that can only build what a tensor state dict consists of.
 *
 * A pickle is a program: what makes it dangerous is that it may import any name and call it. This
 * machine imports nothing and calls nothing. It knows the opcodes for numbers, strings, tuples,
 * lists and dicts, and these names, for which it has a meaning of its own:
 *
 *   collections.OrderedDict                        a dict
 *   torch._utils._rebuild_tensor_v2, _v3           a tensor: storage, offset, sizes, strides
 *   torch._utils._rebuild_parameter(_with_state)   the tensor inside
 *   torch._tensor._rebuild_from_type_v2            the tensor inside, if its type is a plain one
 *   torch.Size                                     a tuple
 *   torch.FloatStorage, torch.float32, ...         an element type
 *
 * Anything else (a class, what calling it would give, an integer of 128 bits, a storage of a type
 * that is not read here) becomes OPAQUE: an inert value that knows its name, its arguments, its
 * attributes and its items. A checkpoint may hold many of them (numpy scalars, paths, generators'
 * states); only a weight that depends on one cannot be read. Values, links, stack and memo have at
 * most IND_PICKLE_MOST elements each, together 60 MB: 27,000 tensors, or a history of half a
 * million losses. Nothing recurses. Private to lib/format.
 */
#ifndef INDUCT_LIB_FORMAT_FOREIGN_PICKLE_H
#define INDUCT_LIB_FORMAT_FOREIGN_PICKLE_H

#include <stddef.h>
#include <stdint.h>

#include <induct/base/error.h>
#include <induct/format/safetensors.h>

enum ind_pickle_kind {
    IND_PICKLE_NONE,
    IND_PICKLE_BOOL,
    IND_PICKLE_INT,
    IND_PICKLE_FLOAT,
    IND_PICKLE_TEXT,
    IND_PICKLE_TUPLE,
    IND_PICKLE_LIST,
    IND_PICKLE_DICT,
    IND_PICKLE_GLOBAL,
    IND_PICKLE_STORAGE,
    IND_PICKLE_TENSOR,
    IND_PICKLE_OPAQUE,
    IND_PICKLE_MARK
};

enum ind_pickle_global {
    IND_GLOBAL_ORDERED_DICT,
    IND_GLOBAL_REBUILD_TENSOR,    /* _rebuild_tensor_v2: the storage has the element type */
    IND_GLOBAL_REBUILD_TYPED,     /* _rebuild_tensor_v3: argument 6 has it */
    IND_GLOBAL_REBUILD_PARAMETER, /* of its first argument */
    IND_GLOBAL_REBUILD_FROM_TYPE, /* function, type, its arguments, attributes */
    IND_GLOBAL_SIZE,
    IND_GLOBAL_STORAGE,
    IND_GLOBAL_DTYPE,
    IND_GLOBAL_TENSOR_TYPE /* Tensor, Parameter, Buffer: no change of meaning */
};

/* Values name each other by index: a pickle may hold cycles, and an index cannot dangle. */
typedef uint32_t ind_pickle_ref;
#define IND_PICKLE_MOST    (1 << 19)
#define IND_PICKLE_NOWHERE UINT32_MAX

struct ind_pickle_value {
    enum ind_pickle_kind kind;
    enum ind_pickle_global global; /* of GLOBAL */
    enum ind_dtype dtype;          /* of STORAGE, TENSOR, and of GLOBAL if that is a type */
    int64_t number;                /* of BOOL, INT; elements of STORAGE; offset of TENSOR */
    double real;                   /* of FLOAT */
    const char *module,
        *text; /* of TEXT: a view into the pickle, not ended by a zero; of GLOBAL and
                                  OPAQUE its name, module.text */
    size_t module_length, length;
    ind_pickle_ref first, last,
        count; /* of TUPLE, LIST, DICT and OPAQUE: links; those of a DICT and
                                          an OPAQUE are key, value, ... */
    ind_pickle_ref storage, sizes, strides; /* of TENSOR; `storage` of STORAGE is its key */
    ind_pickle_ref arguments, state;        /* of OPAQUE, or NOWHERE */
};

struct ind_pickle_link {
    ind_pickle_ref value, next;
};

/* Owner. The bytes that it was loaded from must outlive it. */
struct ind_pickle {
    struct ind_pickle_value *values;
    struct ind_pickle_link *links;
    ind_pickle_ref *stack, *memo;
    size_t value_count, value_room, link_count, link_room;
    size_t depth, stack_room, memo_count, memo_room;
    ind_pickle_ref root;
};

IND_CHECKED int ind_pickle_load(struct ind_pickle *pickle, const void *bytes, size_t size,
                                struct ind_error *err);
void ind_pickle_release(struct ind_pickle *pickle);

/* Item `index` of a tuple or list, NULL past its end. */
const struct ind_pickle_value *ind_pickle_item(const struct ind_pickle *pickle,
                                               const struct ind_pickle_value *of, uint32_t index);

/* ---- Between the machine's files ---- */

/* ind_grow() as far as IND_PICKLE_MOST: a byte of a pickle may ask for a hundred of memory. */
IND_CHECKED int ind_pickle_grow(void *items, size_t *room, size_t need, size_t size,
                                struct ind_error *err);

/* A new value of that kind: its index in *ref, its address (valid until the next one) as result;
 * NULL when memory ran out. */
struct ind_pickle_value *ind_pickle_new(struct ind_pickle *pickle, enum ind_pickle_kind kind,
                                        ind_pickle_ref *ref, struct ind_error *err);

/* Appends an item to a tuple, list or dict. */
IND_CHECKED int ind_pickle_append(struct ind_pickle *pickle, ind_pickle_ref to, ind_pickle_ref item,
                                  struct ind_error *err);

/* An opaque value named module.name (views that outlive the pickle); NULL when memory ran out. */
struct ind_pickle_value *ind_pickle_opaque(struct ind_pickle *pickle, const char *module,
                                           size_t module_length, const char *name,
                                           size_t name_length, ind_pickle_ref *out,
                                           struct ind_error *err);

/* The global named, opaque if it is none of those above. */
IND_CHECKED int ind_pickle_find_global(struct ind_pickle *pickle, const char *module,
                                       size_t module_length, const char *name, size_t name_length,
                                       ind_pickle_ref *out, struct ind_error *err);

/* What calling `callee` with the tuple `arguments` gives. */
IND_CHECKED int ind_pickle_reduce(struct ind_pickle *pickle, ind_pickle_ref callee,
                                  ind_pickle_ref arguments, ind_pickle_ref *out,
                                  struct ind_error *err);

/* Gives `object` the state that BUILD has for it. */
void ind_pickle_build(struct ind_pickle *pickle, ind_pickle_ref object, ind_pickle_ref state);

/* The storage that a persistent id ('storage', type, key, location, elements) names; opaque if its
 * type is. */
IND_CHECKED int ind_pickle_storage(struct ind_pickle *pickle, ind_pickle_ref id,
                                   ind_pickle_ref *out, struct ind_error *err);

#endif
