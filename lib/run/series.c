#include <induct/run/series.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/run/checkpoint.h>
#include <induct/recipe/config_file.h>

#include "run/series_form.h"

/* A folder of checkpoints alone: the first one says what the model is. */
static int config_of_first(struct ind_series *series, struct ind_error *err)
{
    char *path = ind_checkpoint_path(series->path, series->epochs[0]);
    if (!path)
        return ind_fail(err, "out of memory");
    series->recipe = ind_recipe_default();
    series->recipe.periods_unknown = true;
    int status = ind_checkpoint_config(path, &series->recipe.model, err);
    free(path);
    return status;
}

/* Of what kind the checkpoints are, the first one shows; a single one is read once. */
static int learn_form(struct ind_series *series, struct ind_error *err)
{
    char *path = ind_checkpoint_path(series->path, series->epochs[0]);
    int status =
        path ? ind_checkpoint_fits(path, &series->layout, 1, err) : ind_fail(err, "out of memory");
    if (status == IND_OK)
        status = ind_alloc_into(&series->form, 1, sizeof *series->form, err);
    if (status == IND_OK && series->count > 1)
        ind_series_form_learn(series->form, path, &series->layout);
    free(path);
    return status;
}

/* A checkpoint is not a run: its folder is. */
static int refuse_file(const char *path, struct ind_error *err)
{
    const char *slash = strrchr(path, '/');
    long epoch = ind_checkpoint_epoch(slash ? slash + 1 : path);
    if (epoch < 0)
        return ind_fail(err, "%s: a file, not a run's folder (induct-import makes runs of files)",
                        path);
    return ind_fail(err,
                    "%s: one checkpoint of a run: name the run's folder, %.*s, and the epoch, %ld",
                    path, slash ? (int)(slash - path) : 1, slash ? path : ".", epoch);
}

static int open_series(struct ind_series *series, struct ind_error *err)
{
    struct stat st;
    if (stat(series->path, &st) == 0 && S_ISREG(st.st_mode))
        return refuse_file(series->path, err);
    if (ind_checkpoint_list(series->path, &series->epochs, &series->count, err) != IND_OK)
        return IND_FAILED;
    bool configured;
    if (ind_file_exists(series->path, "config.json", &configured, err) != IND_OK)
        return IND_FAILED;
    if (series->count == 0)
        return ind_fail(err, configured ? "%s: no checkpoint in it yet" : "%s: no run of induct",
                        series->path);
    if (configured) {
        struct ind_run_config config;
        if (ind_run_config_read(series->path, &config, err) != IND_OK)
            return IND_FAILED;
        series->recipe = config.recipe;
        series->imported = config.imported;
    } else {
        series->imported = true; /* how it was trained, it does not say */
        if (config_of_first(series, err) != IND_OK)
            return IND_FAILED;
    }
    if (ind_replay_init(&series->replay, &series->recipe, err) != IND_OK)
        return ind_error_context(err, "%s", series->path);
    if (ind_layout_init(&series->layout, &series->recipe.model, err) != IND_OK)
        return IND_FAILED;
    return learn_form(series, err);
}

int ind_series_open(struct ind_series *series, const char *path, struct ind_error *err)
{
    *series = (struct ind_series){.path = strdup(path)};
    int status = series->path ? open_series(series, err) : ind_fail(err, "out of memory");
    if (status != IND_OK)
        ind_series_close(series);
    return status;
}

void ind_series_close(struct ind_series *series)
{
    ind_replay_release(&series->replay);
    ind_layout_release(&series->layout);
    if (series->form)
        ind_series_form_release(series->form);
    free(series->form);
    free(series->epochs);
    free(series->path);
    *series = (struct ind_series){0};
}

int ind_series_read(const struct ind_series *series, int index, struct ind_params *params,
                    struct ind_error *err)
{
    char *path = ind_checkpoint_path(series->path, series->epochs[index]);
    if (!path)
        return ind_fail(err, "out of memory");
    int status = ind_series_form_read(series->form, path, params)
                     ? IND_OK
                     : ind_checkpoint_read(path, params, err);
    free(path);
    params->standing = ind_replay_at(&series->replay, series->epochs[index]);
    return status;
}

static int compare_epoch(const void *key, const void *item)
{
    long a = *(const long *)key, b = *(const long *)item;
    return (a > b) - (a < b);
}

int ind_series_find(const struct ind_series *series, long epoch)
{
    const long *found = bsearch(&epoch, series->epochs, (size_t)series->count,
                                sizeof *series->epochs, compare_epoch);
    return found ? (int)(found - series->epochs) : -1;
}

int ind_series_is_run(const char *path, bool *is_run, struct ind_error *err)
{
    long *epochs;
    int count;
    if (ind_run_config_exists(path, is_run, err) != IND_OK)
        return IND_FAILED;
    if (*is_run)
        return IND_OK;
    errno = 0;
    if (ind_checkpoint_list(path, &epochs, &count, err) != IND_OK)
        return errno == ENOMEM || errno == EIO ? IND_FAILED : IND_OK;
    free(epochs);
    *is_run = count > 0;
    return IND_OK;
}

static bool is_own_name(const char *name)
{
    static const char *const names[] = {"config.json", "resume.safetensors", "metrics.tsv", "lock"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return strncmp(name, "state-", 6) == 0 || ind_checkpoint_epoch(name) >= 0;
}

int ind_run_guard(const char *path, struct ind_error *err)
{
    const char *slash = strrchr(path, '/');
    if (ind_file_check_target(path, err))
        return IND_FAILED;
    if (!is_own_name(slash ? slash + 1 : path))
        return IND_OK;
    char *folder = slash ? ind_text("%.*s", (int)(slash - path) + 1, path) : strdup(".");
    bool is_run;
    int status = folder ? ind_series_is_run(folder, &is_run, err) : ind_fail(err, "out of memory");
    free(folder);
    if (status == IND_OK && is_run)
        return ind_fail(err, "%s: cannot write: it is a run's own file", path);
    return status;
}
