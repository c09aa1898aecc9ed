#include "back.h"

#include <stdlib.h>
#include <string.h>

#include <induct/recipe/config_file.h>
#include <induct/run/checkpoint.h>

static int read_state(struct session *session, const char *path, const struct ind_recipe *recipe,
                      long epoch, struct ind_error *err)
{
    struct ind_trainer *trainer = &session->trainer;
    struct ind_run_state state = {.weights = &trainer->weights,
                                  .moment1 = &trainer->moment1,
                                  .moment2 = &trainer->moment2,
                                  .average =
                                      trainer->recipe.average > 0 ? &trainer->average : NULL};
    if (ind_run_read_state(path, recipe, epoch, &state, err))
        return IND_FAILED;
    trainer->epoch = epoch;
    return IND_OK;
}

static int to_first(struct session *session, struct ind_error *err)
{
    struct ind_trainer *trainer = &session->trainer;
    const struct ind_recipe *recipe = &session->run.recipe;
    const int threads = trainer->threads;
    struct ind_run_config parent;
    ind_trainer_release(trainer);
    if (ind_trainer_init(trainer, recipe, threads, err))
        return IND_FAILED;
    if (!recipe->from[0])
        return IND_OK;
    if (ind_run_config_read(recipe->from, &parent, err))
        return IND_FAILED;
    return read_state(session, recipe->from, &parent.recipe, recipe->from_epoch, err);
}

int back_to(struct session *session, long epoch, bool anew, struct ind_error *err)
{
    const struct ind_run *run = &session->run;
    const bool there = !anew && session->trainer.epoch <= epoch;
    const long earliest = there ? session->trainer.epoch : run->recipe.from_epoch;
    long *kept;
    int count;
    if (ind_run_list_states(run->path, &kept, &count, err))
        return IND_FAILED;
    bool found = false, touched = false;
    for (int i = count; i-- > 0 && kept[i] > earliest && !found;) {
        if (kept[i] > epoch)
            continue;
        found = read_state(session, run->path, &run->recipe, kept[i], err) == IND_OK;
        touched = true;
    }
    free(kept);
    return found || (there && !touched) ? IND_OK : to_first(session, err);
}

int back_compare(const char *path, const struct ind_params *weights, struct ind_params *room,
                 struct ind_error *err)
{
    if (ind_checkpoint_read(path, room, err))
        return IND_FAILED;
    if (memcmp(room->data, weights->data, weights->layout->total * sizeof(float)) == 0)
        return IND_OK;
    return ind_fail(err,
                    "%s: trained again it has other bytes: the run was trained by other vector "
                    "instructions or another version",
                    path);
}
