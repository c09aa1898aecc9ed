/* The list of tensors that a foreign file has, whatever its format. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

#include "format/foreign/source.h"

struct ind_foreign_tensor *ind_foreign_add(struct ind_foreign *foreign, const char *name,
                                           struct ind_error *err)
{
    if (ind_grow(&foreign->tensors, &foreign->source->tensor_room, (size_t)foreign->count + 1,
                 sizeof *foreign->tensors, err) != IND_OK)
        return NULL;
    struct ind_foreign_tensor *tensor = &foreign->tensors[foreign->count];
    *tensor = (struct ind_foreign_tensor){.name = strdup(name)};
    if (!tensor->name) {
        ind_fail(err, "out of memory");
        return NULL;
    }
    foreign->count++;
    return tensor;
}

int ind_foreign_spoil(struct ind_foreign_tensor *tensor, struct ind_error *err, const char *format,
                      ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (tensor->flaw)
        return IND_OK;
    tensor->flaw = strdup(text);
    return tensor->flaw ? IND_OK : ind_fail(err, "out of memory");
}

static int by_name(const void *left, const void *right)
{
    const struct ind_foreign_tensor *a = *(struct ind_foreign_tensor *const *)left;
    const struct ind_foreign_tensor *b = *(struct ind_foreign_tensor *const *)right;
    return strcmp(a->name, b->name);
}

int ind_foreign_mark_doubles(struct ind_foreign *foreign, struct ind_error *err)
{
    struct ind_foreign_tensor **sorted;
    size_t count = (size_t)foreign->count;
    if (ind_alloc_into(&sorted, count, sizeof *sorted, err) != IND_OK)
        return IND_FAILED;
    for (size_t i = 0; i < count; i++)
        sorted[i] = &foreign->tensors[i];
    qsort(sorted, count, sizeof *sorted, by_name);
    int status = IND_OK;
    for (size_t i = 1; i < count && status == IND_OK; i++)
        for (size_t k = i - 1; k <= i && strcmp(sorted[i - 1]->name, sorted[i]->name) == 0; k++)
            status = ind_foreign_spoil(sorted[k], err, "the file has two of that name");
    free(sorted);
    return status;
}

const struct ind_foreign_tensor *ind_foreign_find(const struct ind_foreign *foreign,
                                                  const char *name)
{
    for (int i = 0; i < foreign->count; i++)
        if (strcmp(foreign->tensors[i].name, name) == 0)
            return &foreign->tensors[i];
    return NULL;
}

size_t ind_foreign_elements(const struct ind_foreign_tensor *tensor)
{
    size_t elements = 1;
    for (int i = 0; i < tensor->rank; i++)
        elements *= (size_t)tensor->shape[i];
    return elements;
}
