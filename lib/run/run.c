#include <induct/run/run.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/run/checkpoint.h>
#include <induct/recipe/config_file.h>

#include "run/checkpoint_form.h"
#include "run/kept.h"
#include "run/metrics.h"

/* The lock file stays when the run is closed: removing it would let two processes lock two files of
 * one name. flock() ends with the process, however it ends. Who only looks whether a run is being
 * trained (induct-sweep status) holds it for microseconds: hence a few tries. */
static int take_lock(struct ind_run *run, struct ind_error *err)
{
    char *path = ind_text("%s/lock", run->path);
    if (!path)
        return ind_fail(err, "out of memory");
    run->lock = ind_file_open_within(path, O_RDWR | O_CREAT, err);
    free(path);
    if (run->lock < 0)
        return IND_FAILED;
    for (int tries = 0; tries < 5; tries++) {
        if (flock(run->lock, LOCK_EX | LOCK_NB) == 0)
            return IND_OK;
        if (errno != EWOULDBLOCK)
            break;
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    if (errno == EWOULDBLOCK)
        return ind_fail(err, "another induct-train is writing to %s", run->path);
    return ind_fail_errno(err, "%s: cannot lock", run->path);
}

int ind_run_is_trained(const char *path, bool *trained, struct ind_error *err)
{
    return ind_file_is_locked(path, "lock", trained, err);
}

/* Would the run that is there, trained further, be the one that is wanted? */
static bool is_same_training(const struct ind_recipe *a, const struct ind_recipe *b)
{
    char *one = ind_checkpoint_config_text(&a->model),
         *other = ind_checkpoint_config_text(&b->model);
    const bool same_model = one && other && strcmp(one, other) == 0;
    free(one);
    free(other);
    return same_model && a->seed == b->seed && a->period_lo == b->period_lo &&
           a->period_hi == b->period_hi && a->batch == b->batch && a->lr == b->lr &&
           a->beta1 == b->beta1 && a->beta2 == b->beta2 && a->eps == b->eps &&
           a->weight_decay == b->weight_decay && a->from_epoch == b->from_epoch &&
           strcmp(a->from, b->from) == 0;
}

static int fail_occupied(const struct ind_run *run, struct ind_error *err)
{
    struct ind_run_config there;
    struct ind_error ignored;
    if (ind_run_config_read(run->path, &there, &ignored) == IND_OK &&
        !is_same_training(&there.recipe, &run->recipe))
        return ind_fail(err, "%s already holds another run: name a folder with -o", run->path);
    return ind_fail(err, "%s already holds a run (--resume %s trains it further)", run->path,
                    run->path);
}

/* What a run consists of must not be there yet. The lock may: making a run was interrupted. */
static int check_vacant(const struct ind_run *run, struct ind_error *err)
{
    bool config, state, metrics;
    if (ind_file_exists(run->path, "config.json", &config, err) != IND_OK ||
        ind_file_exists(run->path, "resume.safetensors", &state, err) != IND_OK ||
        ind_file_exists(run->path, "metrics.tsv", &metrics, err) != IND_OK)
        return IND_FAILED;
    if (config)
        return fail_occupied(run, err);
    long *epochs;
    int count;
    if (ind_checkpoint_list(run->path, &epochs, &count, err) != IND_OK)
        return IND_FAILED;
    free(epochs);
    if (count > 0 || state || metrics)
        return ind_fail(err, "%s holds files of a run but no config.json: choose another folder",
                        run->path);
    return IND_OK;
}

static int start(struct ind_run *run, const char *path, bool durable, struct ind_error *err)
{
    *run = (struct ind_run){.path = strdup(path), .durable = durable, .lock = -1, .metrics = -1};
    return run->path ? IND_OK : ind_fail(err, "out of memory");
}

static int create(struct ind_run *run, struct ind_error *err)
{
    if (ind_recipe_check(&run->recipe, err) != IND_OK ||
        ind_folder_make(run->path, run->durable, err) != IND_OK || take_lock(run, err) != IND_OK ||
        check_vacant(run, err) != IND_OK || ind_run_write_config(run, err) != IND_OK)
        return IND_FAILED;
    return ind_metrics_open(run, err);
}

int ind_run_create(struct ind_run *run, const char *path, const struct ind_recipe *recipe,
                   bool durable, struct ind_error *err)
{
    int status = start(run, path, durable, err);
    if (status == IND_OK) {
        run->recipe = *recipe;
        status = create(run, err);
    }
    if (status != IND_OK)
        ind_run_close(run);
    return status;
}

/* Frees the path. *damaged: it is the file that does not fit, not the machine that fails. */
static int fits(char *path, const struct ind_layout *layout, bool *damaged, struct ind_error *err)
{
    errno = path ? 0 : ENOMEM;
    const int status =
        path ? ind_checkpoint_fits(path, layout, 3, err) : ind_fail(err, IND_NO_MEMORY);
    *damaged = status != IND_OK && !ind_errno_is_of_machine(errno);
    free(path);
    return status;
}

/* resume.safetensors, or a kept state that can take its place. */
static int some_state_fits(const struct ind_run *run, const struct ind_layout *layout,
                           struct ind_error *err)
{
    struct ind_error flaw;
    bool damaged;
    long *epochs;
    int count;
    if (fits(ind_text("%s/resume.safetensors", run->path), layout, &damaged, &flaw) == IND_OK)
        return IND_OK;
    if (!damaged)
        return ind_fail(err, "%s", flaw.text);
    if (ind_run_list_states(run->path, &epochs, &count, err) != IND_OK)
        return IND_FAILED;
    int status = IND_FAILED;
    for (int i = count - 1; i >= 0 && damaged && status != IND_OK; i--)
        status = fits(ind_kept_path(run->path, epochs[i]), layout, &damaged, err);
    free(epochs);
    return status == IND_OK || !damaged ? status : ind_kept_fail(&flaw, err);
}

/* Before memory is taken for the model of config.json. */
static int check_state_size(const struct ind_run *run, struct ind_error *err)
{
    struct ind_layout layout;
    if (ind_layout_init(&layout, &run->recipe.model, err) != IND_OK)
        return IND_FAILED;
    const int status = some_state_fits(run, &layout, err);
    ind_layout_release(&layout);
    return status;
}

static int resume(struct ind_run *run, struct ind_error *err)
{
    struct ind_run_config config;
    bool configured; /* before the lock: no file is made where there is no run */
    if (ind_file_exists(run->path, "config.json", &configured, err) != IND_OK)
        return IND_FAILED;
    if (!configured)
        return ind_fail(err, "%s: no run to resume: there is no config.json in it", run->path);
    if (take_lock(run, err) != IND_OK || ind_run_config_read(run->path, &config, err) != IND_OK)
        return IND_FAILED;
    if (config.imported)
        return ind_fail(err, "%s holds an imported model: how to train it further is not known",
                        run->path);
    run->recipe = config.recipe;
    memcpy(run->vectors, config.vectors, sizeof run->vectors);
    memcpy(run->before, config.before, sizeof run->before);
    if (ind_file_exists(run->path, "resume.safetensors", &run->has_state, err) != IND_OK)
        return IND_FAILED;
    if (run->has_state && check_state_size(run, err) != IND_OK)
        return IND_FAILED;
    return ind_metrics_open(run, err);
}

int ind_run_resume(struct ind_run *run, const char *path, bool durable, struct ind_error *err)
{
    int status = start(run, path, durable, err);
    if (status == IND_OK)
        status = resume(run, err);
    if (status != IND_OK)
        ind_run_close(run);
    return status;
}

int ind_run_write_config(const struct ind_run *run, struct ind_error *err)
{
    return ind_run_config_update(run->path, &run->recipe, run->before, run->durable, err);
}

/* Once for all checkpoints: their weights are in one layout, the recipe's. */
static int make_form(struct ind_run *run, const struct ind_params *weights, struct ind_error *err)
{
    if (ind_alloc_into(&run->form, 1, sizeof *run->form, err) != IND_OK)
        return IND_FAILED;
    if (ind_checkpoint_form_init(run->form, weights, err) == IND_OK)
        return IND_OK;
    free(run->form);
    run->form = NULL;
    return IND_FAILED;
}

int ind_run_save_checkpoint(struct ind_run *run, const struct ind_params *weights, long epoch,
                            struct ind_error *err)
{
    if (!run->has_state)
        return ind_fail(err, "%s: a checkpoint before the first state", run->path);
    if (!run->form && make_form(run, weights, err) != IND_OK)
        return IND_FAILED;
    return ind_checkpoint_form_write(run->form, run->path, weights, epoch, run->durable, err);
}

void ind_run_close(struct ind_run *run)
{
    if (!run->path)
        return;
    if (run->metrics >= 0)
        close(run->metrics);
    if (run->lock >= 0)
        close(run->lock);
    if (run->form)
        ind_st_form_release(run->form);
    free(run->form);
    free(run->path);
    *run = (struct ind_run){.lock = -1, .metrics = -1};
}
