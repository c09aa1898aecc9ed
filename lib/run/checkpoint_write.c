#include <induct/run/checkpoint.h>

#include <stdio.h>
#include <stdlib.h>

#include "run/checkpoint_form.h"
#include "run/tensors.h"

int ind_checkpoint_form_init(struct ind_st_form *form, const struct ind_params *weights,
                             struct ind_error *err)
{
    *form = (struct ind_st_form){0};
    struct ind_tensor_list list = {0};
    char *config = ind_checkpoint_config_text(&weights->layout->config);
    const struct ind_st_pair metadata[] = {{"epoch", ""}, {"config", config}};
    int status =
        config ? ind_tensor_list_add(&list, "", weights, err) : ind_fail(err, "out of memory");
    if (status == IND_OK)
        status = ind_st_form_init(form, list.items, list.count, metadata, 2, err);
    ind_tensor_list_release(&list);
    free(config);
    return status;
}

int ind_checkpoint_form_write(const struct ind_st_form *form, const char *folder,
                              const struct ind_params *weights, long epoch, bool durable,
                              struct ind_error *err)
{
    char *path = ind_checkpoint_path(folder, epoch);
    if (!path)
        return ind_fail(err, "out of memory");
    char number[24];
    snprintf(number, sizeof number, "%ld", epoch);
    struct iovec parts[2] = {{0}, {weights->data, weights->layout->total * sizeof *weights->data}};
    int status = ind_st_form_write(form, path, number, parts, 2, durable, err);
    free(path);
    return status;
}

int ind_checkpoint_write(const char *folder, const struct ind_params *weights, long epoch,
                         bool durable, struct ind_error *err)
{
    struct ind_st_form form;
    if (ind_checkpoint_form_init(&form, weights, err) != IND_OK)
        return IND_FAILED;
    int status = ind_checkpoint_form_write(&form, folder, weights, epoch, durable, err);
    ind_st_form_release(&form);
    return status;
}
