#include "mend.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/math/simd.h>
#include <induct/run/checkpoint.h>
#include <induct/tool/stop.h>

#include "back.h"

/* The checkpoints of a run or of its average. */
struct folder {
    char *path;
    const struct ind_params *weights; /* the trainer's */
    long *epochs, *damaged;           /* ascending */
    int count, damaged_count;
    size_t room;
};

struct mend {
    struct session *session;
    const struct ind_tool *tool;
    struct ind_params read; /* a checkpoint's weights */
    struct folder folders[2];
    int folder_count;
};

/* ---- Noticing -------------------------------------------------------------------------------- */

static int look_at(struct mend *mend, struct folder *folder, long epoch, struct ind_error *err)
{
    struct ind_error flaw;
    char *path = ind_checkpoint_path(folder->path, epoch);
    if (!path)
        return ind_fail(err, "out of memory");
    errno = 0;
    int status = ind_checkpoint_read(path, &mend->read, &flaw);
    free(path);
    if (status == IND_OK)
        return IND_OK;
    if (ind_errno_is_of_machine(errno))
        return ind_fail(err, "%s", flaw.text);
    if (ind_grow(&folder->damaged, &folder->room, (size_t)folder->damaged_count + 1,
                 sizeof *folder->damaged, err))
        return IND_FAILED;
    folder->damaged[folder->damaged_count++] = epoch;
    ind_tool_complain(mend->tool, "%s: damaged, it is written again", flaw.text);
    return IND_OK;
}

static int look_through(struct mend *mend, const char *path, const struct ind_params *weights,
                        struct ind_error *err)
{
    struct folder *folder = &mend->folders[mend->folder_count++];
    folder->path = strdup(path);
    folder->weights = weights;
    if (!folder->path)
        return ind_fail(err, "out of memory");
    if (ind_checkpoint_list(path, &folder->epochs, &folder->count, err))
        return IND_FAILED;
    for (int i = 0; i < folder->count; i++) {
        if (ind_stop_signal())
            return ind_fail(err, "interrupted while its checkpoints were looked through");
        if (folder->epochs[i] <= mend->session->trainer.epoch &&
            look_at(mend, folder, folder->epochs[i], err))
            return IND_FAILED;
    }
    return IND_OK;
}

static int look_through_all(struct mend *mend, struct ind_error *err)
{
    const struct ind_trainer *trainer = &mend->session->trainer;
    const char *path = mend->session->run.path;
    bool averaged = false;
    if (look_through(mend, path, &trainer->weights, err))
        return IND_FAILED;
    if (trainer->recipe.average <= 0)
        return IND_OK;
    if (ind_file_exists(path, "average", &averaged, err))
        return IND_FAILED;
    char *folder = averaged ? ind_text("%s/average", path) : NULL;
    int status = IND_OK;
    if (averaged)
        status = folder ? look_through(mend, folder, &trainer->average, err)
                        : ind_fail(err, "out of memory");
    free(folder);
    return status;
}

/* ---- Writing again --------------------------------------------------------------------------- */

static int by_epoch(const void *left, const void *right)
{
    long a = *(const long *)left, b = *(const long *)right;
    return (a > b) - (a < b);
}

static bool holds(const long *epochs, int count, long epoch)
{
    return count > 0 && bsearch(&epoch, epochs, (size_t)count, sizeof *epochs, by_epoch);
}

/* At the trainer's epoch: what is damaged is written, what is whole must be the same. */
static int settle(struct mend *mend, struct ind_error *err)
{
    const struct ind_trainer *trainer = &mend->session->trainer;
    const long epoch = trainer->epoch;
    int status = IND_OK;
    for (int f = 0; f < mend->folder_count && status == IND_OK; f++) {
        const struct folder *folder = &mend->folders[f];
        char *path = ind_checkpoint_path(folder->path, epoch);
        if (!path)
            return ind_fail(err, "out of memory");
        if (holds(folder->damaged, folder->damaged_count, epoch))
            status = ind_checkpoint_write(folder->path, folder->weights, epoch,
                                          mend->session->run.durable, err);
        else if (holds(folder->epochs, folder->count, epoch))
            status = back_compare(path, folder->weights, &mend->read, err);
        free(path);
    }
    return status;
}

/* The first damaged epoch behind `behind`, -1 if there is none. */
static long next_damaged(const struct mend *mend, long behind)
{
    long next = -1;
    for (int f = 0; f < mend->folder_count; f++)
        for (int i = 0; i < mend->folders[f].damaged_count; i++) {
            const long epoch = mend->folders[f].damaged[i];
            if (epoch > behind && (next < 0 || epoch < next))
                next = epoch;
        }
    return next;
}

static int train_to(struct mend *mend, long epoch, struct ind_error *err)
{
    struct session *session = mend->session;
    struct ind_loss loss;
    for (;;) {
        if (settle(mend, err))
            return IND_FAILED;
        if (session->trainer.epoch >= epoch)
            return IND_OK;
        if (ind_stop_signal())
            return ind_fail(err, "interrupted at epoch %ld", session->trainer.epoch);
        if (ind_trainer_step(&session->trainer, &loss, err))
            return IND_FAILED;
        if (ind_progress_due(&session->progress))
            ind_progress_update(&session->progress, session->trainer.epoch, "damaged ones again");
    }
}

/* The state's own epoch needs no training; the others are made in their order. */
static int write_again(struct mend *mend, bool *moved, struct ind_error *err)
{
    struct session *session = mend->session;
    const struct ind_run *run = &session->run;
    const long last = session->trainer.epoch;
    if (settle(mend, err))
        return IND_FAILED;
    long epoch = next_damaged(mend, -1);
    if (epoch == last)
        return IND_OK;
    if (strcmp(run->vectors, ind_simd_name()) != 0)
        return ind_fail(err, "%s was trained with %s vectors, this is a machine of %s", run->path,
                        *run->vectors ? run->vectors : "an earlier version's", ind_simd_name());
    if (*run->before)
        return ind_fail(err,
                        "%s was trained with more than one set of vectors (%s): what is "
                        "damaged would not come out the same",
                        run->path, run->before);
    ind_progress_start(&session->progress, "epochs", epoch, last, mend->tool->quiet);
    int status = IND_OK;
    for (; epoch >= 0 && epoch < last && status == IND_OK; epoch = next_damaged(mend, epoch)) {
        status = back_to(session, epoch, !*moved, err);
        *moved = true;
        if (status == IND_OK)
            status = train_to(mend, epoch, err);
    }
    ind_progress_end(&session->progress);
    return status;
}

static void release(struct mend *mend)
{
    for (int f = 0; f < mend->folder_count; f++) {
        free(mend->folders[f].path);
        free(mend->folders[f].epochs);
        free(mend->folders[f].damaged);
    }
    ind_params_release(&mend->read);
}

int mend_checkpoints(struct session *session, const struct ind_tool *tool, bool *moved,
                     struct ind_error *err)
{
    struct mend mend = {.session = session, .tool = tool};
    *moved = false;
    int status = ind_params_init(&mend.read, &session->trainer.layout, err);
    if (status == IND_OK)
        status = look_through_all(&mend, err);
    if (status == IND_OK && next_damaged(&mend, -1) >= 0) {
        status = write_again(&mend, moved, err);
        if (status && !ind_stop_signal()) {
            const struct ind_error why = *err;
            status = ind_fail(err,
                              "%s; damaged checkpoints cannot be made again: remove them, and "
                              "--resume goes on without them",
                              why.text);
        }
    }
    release(&mend);
    return status;
}
