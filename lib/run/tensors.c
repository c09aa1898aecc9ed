#include "run/tensors.h"

#include <stdlib.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>

static int add_one(struct ind_tensor_list *list, const char *prefix, const struct ind_tensor *from,
                   const float *data, struct ind_error *err)
{
    if (ind_grow(&list->items, &list->room, (size_t)list->count + 1, sizeof *list->items, err))
        return IND_FAILED;
    struct ind_st_write *item = &list->items[list->count];
    *item = (struct ind_st_write){.name = ind_text("%s%s", prefix, from->name),
                                  .dtype = IND_F32,
                                  .rank = from->rank,
                                  .data = data + from->offset};
    if (!item->name)
        return ind_fail(err, "out of memory");
    for (int i = 0; i < from->rank; i++)
        item->shape[i] = from->shape[i];
    list->count++;
    return IND_OK;
}

int ind_tensor_list_add(struct ind_tensor_list *list, const char *prefix,
                        const struct ind_params *params, struct ind_error *err)
{
    const struct ind_layout *layout = params->layout;
    for (int i = 0; i < layout->tensor_count; i++)
        if (add_one(list, prefix, &layout->tensors[i], params->data, err) != IND_OK)
            return IND_FAILED;
    return IND_OK;
}

void ind_tensor_list_release(struct ind_tensor_list *list)
{
    for (int i = 0; i < list->count; i++)
        free((char *)list->items[i].name);
    free(list->items);
    *list = (struct ind_tensor_list){0};
}
