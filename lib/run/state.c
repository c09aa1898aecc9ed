/* resume.safetensors, and what is put in order before training goes on from it. */
#include <induct/run/run.h>

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <induct/base/file.h>
#include <induct/run/checkpoint.h>

#include "recipe/config_json.h"
#include "run/metrics.h"
#include "run/tensors.h"

static const char *const MOMENT1 = "adamw.moment1.", *const MOMENT2 = "adamw.moment2.";

static int fill_list(struct ind_tensor_list *list, const struct ind_run_state *state,
                     struct ind_error *err)
{
    if (ind_tensor_list_add(list, "", state->weights, err) != IND_OK ||
        ind_tensor_list_add(list, MOMENT1, state->moment1, err) != IND_OK)
        return IND_FAILED;
    return ind_tensor_list_add(list, MOMENT2, state->moment2, err);
}

int ind_run_save_state(struct ind_run *run, const struct ind_run_state *state,
                       struct ind_error *err)
{
    char epoch[24], seed[24], seconds[32];
    struct ind_tensor_list list = {0};
    char *path = ind_text("%s/resume.safetensors", run->path);
    char *config = ind_checkpoint_config_text(&state->weights->layout->config);
    snprintf(epoch, sizeof epoch, "%ld", state->epoch);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)run->recipe.seed);
    snprintf(seconds, sizeof seconds, "%.17g", state->seconds);
    const struct ind_st_pair metadata[] = {
        {"epoch", epoch}, {"seed", seed}, {"seconds", seconds}, {"config", config}};
    int status = path && config ? fill_list(&list, state, err) : ind_fail(err, "out of memory");
    if (status == IND_OK)
        status =
            ind_safetensors_write(path, list.items, list.count, metadata, 4, run->durable, err);
    if (status == IND_OK)
        run->has_state = true;
    ind_tensor_list_release(&list);
    free(config);
    free(path);
    return status;
}

static int read_epoch(const struct ind_safetensors *file, long *epoch, struct ind_error *err)
{
    const char *text = ind_safetensors_metadata(file, "epoch");
    char *end = NULL;
    errno = 0;
    long value = text ? strtol(text, &end, 10) : -1;
    if (!text || end == text || *end || errno || value < 0 || value > IND_EPOCH_MAX)
        return ind_fail(err, "metadata epoch is no epoch");
    *epoch = value;
    return IND_OK;
}

/* A state copied from another run would go on with the wrong data and never be noticed. */
static int check_origin(const struct ind_safetensors *file, const struct ind_run *run,
                        struct ind_error *err)
{
    char seed[24];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)run->recipe.seed);
    const char *stored = ind_safetensors_metadata(file, "seed");
    if (!stored || strcmp(stored, seed) != 0)
        return ind_fail(err, "belongs to a run with seed %.24s, config.json says %s",
                        stored ? stored : "(none)", seed);
    return IND_OK;
}

static int read_state(const struct ind_safetensors *file, const struct ind_run *run,
                      struct ind_run_state *state, struct ind_error *err)
{
    int used = 0;
    if (ind_safetensors_verify(file, err) != IND_OK || check_origin(file, run, err) != IND_OK ||
        read_epoch(file, &state->epoch, err) != IND_OK ||
        ind_checkpoint_take(file, "", state->weights, &used, err) != IND_OK ||
        ind_checkpoint_take(file, MOMENT1, state->moment1, &used, err) != IND_OK ||
        ind_checkpoint_take(file, MOMENT2, state->moment2, &used, err) != IND_OK)
        return IND_FAILED;
    const struct ind_params *parts[] = {state->weights, state->moment1, state->moment2};
    for (int i = 0; i < 3; i++) {
        const char *bad = ind_params_find_nonfinite(parts[i]);
        if (bad)
            return ind_fail(err, "tensor %s holds a NaN or an infinity", bad);
    }
    const char *seconds = ind_safetensors_metadata(file, "seconds");
    double value = seconds ? strtod(seconds, NULL) : 0;
    state->seconds = isfinite(value) && value > 0 ? value : 0;
    return IND_OK;
}

/* Is it a file that a killed writer of this folder left? Others' are not touched. */
static bool is_leftover(const char *name)
{
    static const char *const ours[] = {"epoch-", "resume.safetensors.", "config.json."};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (ind_file_is_temporary(name) && strncmp(name, ours[i], strlen(ours[i])) == 0)
            return true;
    return false;
}

/* Removes leftovers, and checkpoints of epochs beyond `last`. */
static int tidy_folder(const struct ind_run *run, long last, struct ind_error *err)
{
    DIR *folder = opendir(run->path);
    if (!folder)
        return ind_fail_errno(err, "%s: cannot open", run->path);
    int status = IND_OK;
    for (struct dirent *entry; status == IND_OK && (entry = readdir(folder));) {
        if (!is_leftover(entry->d_name) && ind_checkpoint_epoch(entry->d_name) <= last)
            continue;
        if (unlinkat(dirfd(folder), entry->d_name, 0) != 0 && errno != ENOENT)
            status = ind_fail_errno(err, "%s/%s: cannot remove", run->path, entry->d_name);
    }
    closedir(folder);
    return status;
}

/* Point 1 of run.h: where the state has never been saved, there is no checkpoint. */
static int start_over(struct ind_run *run, struct ind_error *err)
{
    long *epochs;
    int count;
    if (ind_checkpoint_list(run->path, &epochs, &count, err) != IND_OK)
        return IND_FAILED;
    free(epochs);
    if (count > 0)
        return ind_fail(err,
                        "%s holds %d checkpoint%s but no resume.safetensors: cannot train further",
                        run->path, count, count == 1 ? "" : "s");
    if (tidy_folder(run, IND_EPOCH_MAX, err) != IND_OK)
        return IND_FAILED;
    return ind_metrics_cut(run, -1, err);
}

int ind_run_load_state(struct ind_run *run, struct ind_run_state *state, bool *found,
                       struct ind_error *err)
{
    *found = run->has_state;
    if (!run->has_state)
        return start_over(run, err);
    char *path = ind_text("%s/resume.safetensors", run->path);
    if (!path)
        return ind_fail(err, "out of memory");
    struct ind_safetensors file;
    int status = ind_safetensors_open(&file, path, err);
    if (status == IND_OK) {
        status = read_state(&file, run, state, err);
        ind_safetensors_close(&file);
        if (status != IND_OK)
            ind_error_context(err, "%s", path);
    }
    free(path);
    if (status != IND_OK || tidy_folder(run, state->epoch, err) != IND_OK)
        return IND_FAILED;
    /* The state of epoch 0 comes before row 0 (point 1 of run.h), which is written again. */
    return ind_metrics_cut(run, state->epoch > 0 ? state->epoch : -1, err);
}
