#include <induct/exchange/export.h>

#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

void ind_export_release(struct ind_export *list)
{
    for (int i = 0; i < list->count; i++) {
        free((char *)list->items[i].name);
        free(list->owned[i]);
    }
    free(list->items);
    free(list->owned);
    *list = (struct ind_export){0};
}

static int add(struct ind_export *list, const char *name, enum ind_dtype dtype, int rank,
               const int64_t *shape, const void *data, void *owned, struct ind_error *err)
{
    size_t need = (size_t)list->count + 1;
    if (ind_grow(&list->items, &list->item_room, need, sizeof *list->items, err) != IND_OK ||
        ind_grow(&list->owned, &list->owned_room, need, sizeof *list->owned, err) != IND_OK)
        return IND_FAILED;
    char *copy = strdup(name);
    if (!copy)
        return ind_fail(err, "out of memory");
    struct ind_st_write *item = &list->items[list->count];
    *item = (struct ind_st_write){.name = copy, .dtype = dtype, .rank = rank, .data = data};
    for (int i = 0; i < rank; i++)
        item->shape[i] = shape[i];
    list->owned[list->count++] = owned;
    return IND_OK;
}

int ind_export_borrow(struct ind_export *list, const char *name, enum ind_dtype dtype, int rank,
                      const int64_t *shape, const void *data, struct ind_error *err)
{
    return add(list, name, dtype, rank, shape, data, NULL, err);
}

void *ind_export_new(struct ind_export *list, const char *name, enum ind_dtype dtype, int rank,
                     const int64_t *shape, struct ind_error *err)
{
    size_t count = 1;
    for (int i = 0; i < rank; i++)
        if (__builtin_mul_overflow(count, (size_t)shape[i], &count))
            count = SIZE_MAX;
    void *data;
    if (ind_alloc_into(&data, count, ind_dtype_size(dtype), err) != IND_OK)
        return NULL;
    if (add(list, name, dtype, rank, shape, data, data, err) == IND_OK)
        return data;
    free(data);
    return NULL;
}
