#include <induct/run/checkpoint.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/format/json.h>
#include <induct/recipe/recipe.h>

#include "recipe/config_json.h"
#include "run/tensors.h"

char *ind_checkpoint_path(const char *folder, long epoch)
{
    return ind_text("%s/epoch-%08ld.safetensors", folder, epoch);
}

char *ind_checkpoint_config_text(const struct ind_config *config)
{
    json_t *object = ind_config_to_json(config);
    char *text = object ? ind_json_text(object, JSON_COMPACT) : NULL;
    json_decref(object);
    return text;
}

long ind_checkpoint_epoch(const char *name)
{
    const char *digits = name + 6;
    if (strncmp(name, "epoch-", 6) != 0)
        return -1;
    size_t count = strspn(digits, "0123456789");
    if (count < 8 || count > 12 || (count > 8 && *digits == '0') ||
        strcmp(digits + count, ".safetensors") != 0)
        return -1;
    long epoch = strtol(digits, NULL, 10);
    return epoch <= IND_CHECKPOINT_EPOCH_MAX ? epoch : -1;
}

long ind_checkpoint_epoch_of_path(const char *path)
{
    const char *slash = strrchr(path, '/');
    return ind_checkpoint_epoch(slash ? slash + 1 : path);
}

static int by_epoch(const void *left, const void *right)
{
    long a = *(const long *)left, b = *(const long *)right;
    return (a > b) - (a < b);
}

int ind_checkpoint_list(const char *folder, long **epochs, int *count, struct ind_error *err)
{
    *epochs = NULL;
    *count = 0;
    DIR *listing = opendir(folder);
    if (!listing)
        return ind_fail_errno(err, "%s: cannot open", folder);
    size_t used = 0, room = 0;
    int status;
    const char *name;
    while ((status = ind_folder_next(listing, folder, &name, err)) == IND_OK && name) {
        long epoch = ind_checkpoint_epoch(name);
        if (epoch < 0)
            continue;
        status = ind_grow(epochs, &room, used + 1, sizeof **epochs, err);
        if (status != IND_OK)
            break;
        (*epochs)[used++] = epoch;
    }
    closedir(listing);
    if (status != IND_OK) {
        free(*epochs);
        *epochs = NULL;
        return status;
    }
    if (used)
        qsort(*epochs, used, sizeof **epochs, by_epoch);
    *count = (int)used;
    return IND_OK;
}

static int take_one(const struct ind_safetensors *file, const struct ind_st_tensor *from,
                    const struct ind_tensor *tensor, float *data, struct ind_error *err)
{
    char found[96], wanted[96];
    int64_t shape[3];
    bool same = from->rank == tensor->rank;
    for (int i = 0; i < tensor->rank; i++) {
        shape[i] = tensor->shape[i];
        same = same && from->shape[i] == shape[i];
    }
    if (!same)
        return ind_fail(err, "tensor %s is %s, the model's is %s", from->name,
                        ind_shape_text(from->rank, from->shape, found),
                        ind_shape_text(tensor->rank, shape, wanted));
    if (from->dtype != IND_F32)
        return ind_fail(err, "tensor %s is %s, not F32", from->name, ind_dtype_name(from->dtype));
    memcpy(data + tensor->offset, file->data + from->begin, tensor->count * sizeof *data);
    return IND_OK;
}

/* Our own files hold the tensors in the layout's order, hence the look at `next` first. */
static const struct ind_st_tensor *find_from(const struct ind_safetensors *file, int next,
                                             const char *name)
{
    if (next < file->tensor_count && strcmp(file->tensors[next].name, name) == 0)
        return &file->tensors[next];
    return ind_safetensors_find(file, name);
}

int ind_checkpoint_take(const struct ind_safetensors *file, const char *prefix,
                        struct ind_params *params, int *used, struct ind_error *err)
{
    const struct ind_layout *layout = params->layout;
    int next = *used;
    for (int i = 0; i < layout->tensor_count; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s%s", prefix, layout->tensors[i].name);
        const struct ind_st_tensor *from = find_from(file, next, name);
        if (!from)
            return ind_fail(err, "tensor %s is missing", name);
        if (take_one(file, from, &layout->tensors[i], params->data, err) != IND_OK)
            return IND_FAILED;
        next = (int)(from - file->tensors) + 1;
        ++*used;
    }
    return IND_OK;
}

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name), tail = strlen(end);
    return length >= tail && strcmp(name + length - tail, end) == 0;
}

bool ind_is_lens_buffer(const char *name)
{
    return ends_with(name, ".attn.mask") || ends_with(name, ".attn.IGNORE") ||
           ends_with(name, ".attn.rotary_sin") || ends_with(name, ".attn.rotary_cos");
}

static int refuse_strangers(const struct ind_safetensors *file, const struct ind_layout *layout,
                            struct ind_error *err)
{
    for (int i = 0; i < file->tensor_count; i++) {
        const char *name = file->tensors[i].name;
        if (!ind_is_lens_buffer(name) && !ind_layout_find(layout, name))
            return ind_fail(err, "holds tensor %s, which this model does not have", name);
    }
    return IND_OK;
}

static int read_file(const struct ind_safetensors *file, struct ind_params *params,
                     struct ind_error *err)
{
    int used = 0;
    if (ind_safetensors_verify(file, err) != IND_OK ||
        ind_checkpoint_take(file, "", params, &used, err) != IND_OK)
        return IND_FAILED;
    if (used != file->tensor_count && refuse_strangers(file, params->layout, err) != IND_OK)
        return IND_FAILED;
    const char *bad = ind_params_find_nonfinite(params);
    return bad ? ind_fail(err, "tensor %s holds a NaN or an infinity", bad) : IND_OK;
}

/* A file that was renamed would be taken for another epoch without a word. */
static int check_epoch(const struct ind_safetensors *file, const char *path, struct ind_error *err)
{
    const long named = ind_checkpoint_epoch_of_path(path);
    const char *text = ind_safetensors_metadata(file, "epoch");
    char *end;
    if (named < 0 || text == NULL)
        return IND_OK;
    const long epoch = strtol(text, &end, 10);
    if (end == text || *end != '\0' || epoch == named)
        return IND_OK;
    return ind_fail(err, "is of epoch %ld, its metadata says: the name says another", epoch);
}

/* The weights, and what ind_is_lens_buffer() lets pass: a layer's mask, a number and two tables. */
static size_t most_data(const struct ind_layout *layout)
{
    const struct ind_config *config = &layout->config;
    const size_t context = (size_t)config->context;
    const size_t buffers = context * context + 1 + 2 * context * (size_t)config->d_head;
    return (layout->total + (size_t)config->layers * buffers) * sizeof(float);
}

int ind_checkpoint_fits(const char *path, const struct ind_layout *layout, size_t times,
                        struct ind_error *err)
{
    struct ind_safetensors file;
    if (ind_safetensors_open(&file, path, 0, err) != IND_OK)
        return IND_FAILED;
    const size_t found = file.data_size, wanted = times * layout->total * sizeof(float);
    ind_safetensors_close(&file);
    return found >= wanted
               ? IND_OK
               : ind_fail(err, "%s: %zu bytes of data, the model has %zu", path, found, wanted);
}

int ind_checkpoint_read(const char *path, struct ind_params *params, struct ind_error *err)
{
    struct ind_safetensors file;
    if (ind_safetensors_open(&file, path, most_data(params->layout), err) != IND_OK)
        return IND_FAILED;
    int status = check_epoch(&file, path, err);
    if (status == IND_OK)
        status = read_file(&file, params, err);
    ind_safetensors_close(&file);
    return status == IND_OK ? IND_OK : ind_error_context(err, "%s", path);
}

int ind_checkpoint_config(const char *path, struct ind_config *config, struct ind_error *err)
{
    struct ind_safetensors file;
    if (ind_safetensors_open(&file, path, 0, err) != IND_OK)
        return IND_FAILED;
    const char *text = ind_safetensors_metadata(&file, "config");
    int status = text ? ind_config_from_text(text, config, err)
                      : ind_fail(err, "does not say what model it holds");
    ind_safetensors_close(&file);
    return status == IND_OK ? IND_OK : ind_error_context(err, "%s", path);
}
