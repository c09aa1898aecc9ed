/* resume.safetensors and kept states, and what is put in order before training goes on. */
#include <induct/run/run.h>

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/run/checkpoint.h>

#include "recipe/config_json.h"
#include "run/kept.h"
#include "run/metrics.h"
#include "run/tensors.h"

static const char *const MOMENT1 = "adamw.moment1.", *const MOMENT2 = "adamw.moment2.",
                         *const AVERAGE = "average.";

char *ind_kept_path(const char *folder, long epoch)
{
    return ind_text("%s/state-%08ld.safetensors", folder, epoch);
}

/* The epoch in the name of a kept state, or -1. */
static long kept_epoch(const char *name)
{
    char *end;
    if (strncmp(name, "state-", 6) != 0 || name[6] < '0' || name[6] > '9')
        return -1;
    errno = 0;
    long epoch = strtol(name + 6, &end, 10);
    return strcmp(end, ".safetensors") == 0 && errno == 0 && epoch <= IND_EPOCH_MAX ? epoch : -1;
}

/* ---- Writing --------------------------------------------------------------------------------- */

static int fill_list(struct ind_tensor_list *list, const struct ind_run_state *state,
                     struct ind_error *err)
{
    if (ind_tensor_list_add(list, "", state->weights, err) != IND_OK ||
        ind_tensor_list_add(list, MOMENT1, state->moment1, err) != IND_OK ||
        ind_tensor_list_add(list, MOMENT2, state->moment2, err) != IND_OK)
        return IND_FAILED;
    return state->average ? ind_tensor_list_add(list, AVERAGE, state->average, err) : IND_OK;
}

static int write_state(const struct ind_run *run, const char *path,
                       const struct ind_run_state *state, struct ind_error *err)
{
    char epoch[24], seed[24], seconds[32];
    struct ind_tensor_list list = {0};
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
    ind_tensor_list_release(&list);
    free(config);
    return status;
}

int ind_run_save_state(struct ind_run *run, const struct ind_run_state *state,
                       struct ind_error *err)
{
    char *path = ind_text("%s/resume.safetensors", run->path);
    int status = write_state(run, path, state, err);
    if (status == IND_OK)
        run->has_state = true;
    free(path);
    return status;
}

int ind_run_keep_state(const struct ind_run *run, const struct ind_run_state *state,
                       struct ind_error *err)
{
    char *path = ind_kept_path(run->path, state->epoch);
    int status = write_state(run, path, state, err);
    free(path);
    return status;
}

/* ---- Reading --------------------------------------------------------------------------------- */

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
static int check_origin(const struct ind_safetensors *file, const struct ind_recipe *recipe,
                        bool *foreign, struct ind_error *err)
{
    char seed[24];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)recipe->seed);
    const char *stored = ind_safetensors_metadata(file, "seed");
    *foreign = !stored || strcmp(stored, seed) != 0;
    if (*foreign)
        return ind_fail(err, "belongs to a run with seed %.24s, config.json says %s",
                        stored ? stored : "(none)", seed);
    return IND_OK;
}

/* A run that has only now been given an average starts it at the weights. */
static int read_average(const struct ind_safetensors *file, struct ind_run_state *state, int *used,
                        struct ind_error *err)
{
    char first[64];
    if (!state->average)
        return IND_OK;
    snprintf(first, sizeof first, "%s%s", AVERAGE, state->average->layout->tensors[0].name);
    if (ind_safetensors_find(file, first))
        return ind_checkpoint_take(file, AVERAGE, state->average, used, err);
    ind_params_copy(state->average, state->weights);
    return IND_OK;
}

/* A mean of squares: the root of less than nothing would be in the weights after a step. */
static int check_squares(const struct ind_params *moment2, struct ind_error *err)
{
    const struct ind_layout *layout = moment2->layout;
    for (int t = 0; t < layout->tensor_count; t++) {
        const struct ind_tensor *tensor = &layout->tensors[t];
        for (size_t i = 0; i < tensor->count; i++) {
            if (moment2->data[tensor->offset + i] < 0)
                return ind_fail(err, "the second moment of %s holds a negative number",
                                tensor->name);
        }
    }
    return IND_OK;
}

static int read_tensors(const struct ind_safetensors *file, struct ind_run_state *state,
                        struct ind_error *err)
{
    int used = 0;
    if (ind_checkpoint_take(file, "", state->weights, &used, err) != IND_OK ||
        ind_checkpoint_take(file, MOMENT1, state->moment1, &used, err) != IND_OK ||
        ind_checkpoint_take(file, MOMENT2, state->moment2, &used, err) != IND_OK ||
        read_average(file, state, &used, err) != IND_OK)
        return IND_FAILED;
    const struct ind_params *parts[] = {state->weights, state->moment1, state->moment2,
                                        state->average};
    for (int i = 0; i < 4; i++) {
        const char *bad = parts[i] ? ind_params_find_nonfinite(parts[i]) : NULL;
        if (bad)
            return ind_fail(err, "tensor %s holds a NaN or an infinity", bad);
    }
    return check_squares(state->moment2, err);
}

static int read_state(const struct ind_safetensors *file, const struct ind_recipe *recipe,
                      struct ind_run_state *state, bool *foreign, struct ind_error *err)
{
    if (ind_safetensors_verify(file, err) != IND_OK ||
        check_origin(file, recipe, foreign, err) != IND_OK ||
        read_epoch(file, &state->epoch, err) != IND_OK || read_tensors(file, state, err) != IND_OK)
        return IND_FAILED;
    const char *seconds = ind_safetensors_metadata(file, "seconds");
    double value = seconds ? strtod(seconds, NULL) : 0;
    state->seconds = isfinite(value) && value > 0 ? value : 0;
    return IND_OK;
}

/* *damaged: it is the file's own bytes that make it fail. */
static int read_file(const char *path, const struct ind_recipe *recipe, struct ind_run_state *state,
                     bool *damaged, struct ind_error *err)
{
    struct ind_safetensors file;
    bool foreign = false;
    errno = 0;
    /* weights, two moments and, of some runs, their average */
    int status =
        ind_safetensors_open(&file, path, 4 * state->weights->layout->total * sizeof(float), err);
    *damaged = status != IND_OK && !ind_errno_is_of_machine(errno);
    if (status != IND_OK)
        return status;
    status = read_state(&file, recipe, state, &foreign, err);
    ind_safetensors_close(&file);
    *damaged = status != IND_OK && !foreign;
    return status == IND_OK ? IND_OK : ind_error_context(err, "%s", path);
}

static int by_epoch(const void *left, const void *right)
{
    long a = *(const long *)left, b = *(const long *)right;
    return (a > b) - (a < b);
}

int ind_run_list_states(const char *path, long **epochs, int *count, struct ind_error *err)
{
    size_t room = 0, used = 0;
    DIR *folder = opendir(path);
    *epochs = NULL;
    *count = 0;
    if (!folder)
        return ind_fail_errno(err, "%s: cannot open", path);
    int status;
    const char *name;
    while ((status = ind_folder_next(folder, path, &name, err)) == IND_OK && name) {
        const long epoch = kept_epoch(name);
        if (epoch < 0)
            continue;
        status = ind_grow(epochs, &room, used + 1, sizeof **epochs, err);
        if (status != IND_OK)
            break;
        (*epochs)[used++] = epoch;
    }
    closedir(folder);
    if (used)
        qsort(*epochs, used, sizeof **epochs, by_epoch);
    *count = (int)used;
    return status;
}

/* "no state of epoch 5: there are 10000, 20000 and, in resume.safetensors, 60000" */
static int fail_no_state(const char *path, long wanted, long resumable, struct ind_error *err)
{
    char text[200] = "";
    long *epochs;
    int count;
    size_t used = 0;
    if (ind_run_list_states(path, &epochs, &count, err) != IND_OK)
        return IND_FAILED;
    for (int i = 0; i < count && used < sizeof text - 24; i++)
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "%s%ld", i ? ", " : "", epochs[i]);
    const bool kept = count > 0 && epochs[count - 1] == resumable;
    free(epochs);
    if (resumable >= 0 && !kept)
        snprintf(text + used, sizeof text - used, "%s%ld", count ? ", " : "", resumable);
    return ind_fail(err, "%s holds no state of epoch %ld; it has %s", path, wanted,
                    *text ? text : "none");
}

int ind_run_read_state(const char *path, const struct ind_recipe *recipe, long epoch,
                       struct ind_run_state *state, struct ind_error *err)
{
    enum ind_file_kind kind = IND_FILE_NONE;
    bool damaged;
    char *kept = ind_kept_path(path, epoch), *resume = ind_text("%s/resume.safetensors", path);
    int status = kept && resume ? IND_OK : ind_fail(err, "out of memory");
    state->epoch = -1;
    const char *from = kept;
    if (status == IND_OK)
        status = ind_file_look(kept, &kind, err);
    if (status == IND_OK && kind == IND_FILE_NONE)
        status = ind_file_look(from = resume, &kind, err);
    if (status == IND_OK && kind != IND_FILE_NONE)
        status = read_file(from, recipe, state, &damaged, err);
    if (status == IND_OK && state->epoch != epoch)
        status = fail_no_state(path, epoch, state->epoch, err);
    free(kept);
    free(resume);
    return status;
}

/* ---- Order ----------------------------------------------------------------------------------- */

/* Is it a file that a killed writer of this folder left? Others' are not touched. */
static bool is_leftover(const char *name)
{
    static const char *const ours[] = {"epoch-", "state-", "resume.safetensors.", "config.json."};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (ind_file_is_temporary(name) && strncmp(name, ours[i], strlen(ours[i])) == 0)
            return true;
    return false;
}

/* Removes leftovers, and checkpoints and states of epochs beyond `last`. */
static int tidy_folder(const struct ind_run *run, long last, struct ind_error *err)
{
    DIR *folder = opendir(run->path);
    if (!folder)
        return ind_fail_errno(err, "%s: cannot open", run->path);
    int status;
    const char *name;
    while ((status = ind_folder_next(folder, run->path, &name, err)) == IND_OK && name) {
        if (!is_leftover(name) && ind_checkpoint_epoch(name) <= last && kept_epoch(name) <= last)
            continue;
        if (unlinkat(dirfd(folder), name, 0) != 0 && errno != ENOENT) {
            status = ind_fail_errno(err, "%s/%s: cannot remove", run->path, name);
            break;
        }
    }
    closedir(folder);
    return status;
}

/* In place of a state that is damaged or gone, for the reason `flaw`. */
static int read_newest_kept(const struct ind_run *run, const long *epochs, int count,
                            const struct ind_error *flaw, struct ind_run_state *state,
                            struct ind_error *err)
{
    bool damaged = true;
    for (int i = count - 1; i >= 0 && damaged; i--) {
        char *path = ind_kept_path(run->path, epochs[i]);
        if (!path)
            return ind_fail(err, IND_NO_MEMORY);
        const int status = read_file(path, &run->recipe, state, &damaged, err);
        free(path);
        if (status == IND_OK)
            return IND_OK;
    }
    if (!damaged)
        return IND_FAILED;
    return ind_kept_fail(flaw, err);
}

int ind_kept_fail(const struct ind_error *flaw, struct ind_error *err)
{
    return ind_fail(
        err,
        "%s, and no whole state was kept beside it (--states): its checkpoints are left "
        "as they are, but it is not trained further; what its config.json says gives "
        "the same run anew",
        flaw->text);
}

static int fall_back(struct ind_run *run, const struct ind_error *flaw, struct ind_run_state *state,
                     struct ind_error *err)
{
    long *epochs;
    int count;
    if (ind_run_list_states(run->path, &epochs, &count, err) != IND_OK)
        return IND_FAILED;
    const int status = read_newest_kept(run, epochs, count, flaw, state, err);
    free(epochs);
    return status == IND_OK ? ind_run_save_state(run, state, err) : IND_FAILED;
}

static int has_kept(const struct ind_run *run, bool *has, struct ind_error *err)
{
    long *epochs;
    int count;
    if (ind_run_list_states(run->path, &epochs, &count, err) != IND_OK)
        return IND_FAILED;
    free(epochs);
    *has = count > 0;
    return IND_OK;
}

/* resume.safetensors, or what can take its place. */
static int read_latest(struct ind_run *run, struct ind_run_state *state, struct ind_error *instead,
                       struct ind_error *err)
{
    bool damaged = true;
    int status = IND_FAILED;
    if (run->has_state) {
        char *path = ind_text("%s/resume.safetensors", run->path);
        if (!path)
            return ind_fail(err, IND_NO_MEMORY);
        status = read_file(path, &run->recipe, state, &damaged, instead);
        free(path);
    } else {
        ind_fail(instead, "%s holds no resume.safetensors", run->path);
    }
    if (status == IND_OK) {
        instead->text[0] = '\0';
        return IND_OK;
    }
    return damaged ? fall_back(run, instead, state, err) : ind_fail(err, "%s", instead->text);
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
                       struct ind_error *instead, struct ind_error *err)
{
    instead->text[0] = '\0';
    *found = run->has_state;
    if (!*found && has_kept(run, found, err) != IND_OK)
        return IND_FAILED;
    if (!*found)
        return start_over(run, err);
    if (read_latest(run, state, instead, err) != IND_OK ||
        tidy_folder(run, state->epoch, err) != IND_OK)
        return IND_FAILED;
    /* The state of the first epoch comes before its row (point 1 of run.h), which is written
     * again. */
    return ind_metrics_cut(run, state->epoch > run->recipe.from_epoch ? state->epoch : -1, err);
}
