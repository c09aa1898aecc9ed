/* Parameters as the list of tensors that a file is written from. Private to lib/run. */
#ifndef INDUCT_LIB_RUN_TENSORS_H
#define INDUCT_LIB_RUN_TENSORS_H

#include <induct/model/params.h>
#include <induct/format/safetensors.h>

/* Owner of the names; the data stay the parameters'. Zero-initialise. */
struct ind_tensor_list {
    struct ind_st_write *items;
    int count;
    size_t room;
};

/* Appends every tensor of the parameters, in the layout's order, named PREFIX + name. */
IND_CHECKED int ind_tensor_list_add(struct ind_tensor_list *list, const char *prefix,
                                    const struct ind_params *params, struct ind_error *err);
void ind_tensor_list_release(struct ind_tensor_list *list);

/* A tensor that TransformerLens stores beside the weights and computes itself. */
bool ind_is_lens_buffer(const char *name);

#endif
