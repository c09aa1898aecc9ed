/* The tensors of a safetensors file, and those that its metadata says are others by another
 * name. */
#include <stdlib.h>
#include <string.h>

#include <induct/format/json.h>

#include "format/foreign/source.h"

static int add_one(struct ind_foreign *foreign, const char *name, size_t index,
                   struct ind_error *err)
{
    const struct ind_st_tensor *from = &foreign->source->safetensors.tensors[index];
    struct ind_foreign_tensor *tensor = ind_foreign_add(foreign, name, err);
    if (!tensor)
        return IND_FAILED;
    tensor->dtype = from->dtype;
    tensor->rank = from->rank;
    tensor->storage = index;
    int64_t stride = 1;
    for (int k = from->rank; k-- > 0;) {
        tensor->shape[k] = from->shape[k];
        tensor->stride[k] = stride;
        stride *= from->shape[k] ? from->shape[k] : 1;
    }
    return IND_OK;
}

/* safetensors.torch.save_model() writes tied weights once, and in the metadata "lm_head.weight":
 * "transformer.wte.weight". */
static int add_aliases(struct ind_foreign *foreign, struct ind_error *err)
{
    const struct ind_safetensors *file = &foreign->source->safetensors;
    for (int i = 0; i < file->metadata_count; i++) {
        const struct ind_st_pair *pair = &file->metadata[i];
        const struct ind_st_tensor *kept = ind_safetensors_find(file, pair->value);
        if (kept && !ind_safetensors_find(file, pair->key) &&
            add_one(foreign, pair->key, (size_t)(kept - file->tensors), err) != IND_OK)
            return IND_FAILED;
    }
    return IND_OK;
}

static int explain(const struct ind_error *reason, struct ind_error *err)
{
    bool cut = strstr(reason->text, "outside the file") || strstr(reason->text, "truncated");
    return ind_fail(err, "%s%s", reason->text,
                    cut ? ": the file is cut off; copy or download it again" : "");
}

int ind_foreign_look_safetensors(int fd, struct ind_error *err)
{
    struct ind_error reason;
    return ind_safetensors_look(fd, &reason) == IND_OK ? IND_OK : explain(&reason, err);
}

int ind_foreign_from_safetensors(struct ind_foreign *foreign, const void *bytes, size_t size,
                                 struct ind_error *err)
{
    struct ind_safetensors *file = &foreign->source->safetensors;
    struct ind_error reason;
    if (ind_safetensors_parse(file, bytes, size, &reason) != IND_OK)
        return explain(&reason, err);
    if (ind_safetensors_verify(file, err) != IND_OK)
        return IND_FAILED;
    foreign->metadata = json_object();
    for (int i = 0; i < file->metadata_count; i++)
        ind_json_put(&foreign->metadata, file->metadata[i].key,
                     json_string(file->metadata[i].value));
    if (!foreign->metadata)
        return ind_fail(err, IND_NO_MEMORY);
    for (int i = 0; i < file->tensor_count; i++)
        if (add_one(foreign, file->tensors[i].name, (size_t)i, err) != IND_OK)
            return IND_FAILED;
    return add_aliases(foreign, err);
}
