#include "session.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>

#include <induct/math/simd.h>
#include <induct/recipe/config_file.h>
#include <induct/run/checkpoint.h>

#include "making.h"
#include "mend.h"

static double share(long part, long whole)
{
    return whole ? (double)part / (double)whole : (double)NAN;
}

double session_loss(const struct session *session)
{
    return session->loss.loss / (double)session->loss.targets;
}

double session_accuracy(const struct session *session)
{
    return share(session->loss.correct, session->loss.predictions);
}

double session_induction(const struct session *session)
{
    return share(session->loss.induction_correct, session->loss.induction);
}

double session_period(const struct session *session)
{
    const struct ind_recipe *recipe = &session->trainer.recipe;
    const struct ind_task task = ind_recipe_task(recipe);
    double sum = 0;
    for (int s = 0; s < recipe->batch; s++)
        sum += ind_task_period_of(&task, recipe->seed, (uint32_t)session->trainer.epoch, s);
    return sum / recipe->batch;
}

double session_excess(const struct session *session)
{
    const struct ind_recipe *recipe = &session->trainer.recipe;
    const struct ind_task task = ind_recipe_task(recipe);
    const double least = recipe->loss_repeated ? 0 : ind_task_floor(&task, session_period(session));
    return session_loss(session) - least;
}

double session_seconds(const struct session *session)
{
    return session->seconds_before + ind_seconds() - session->started;
}

/* The trainer's, as it is now; to be written or, but for epoch and seconds, read into. */
static struct ind_run_state state_of(struct session *session)
{
    struct ind_trainer *trainer = &session->trainer;
    return (struct ind_run_state){.weights = &trainer->weights,
                                  .moment1 = &trainer->moment1,
                                  .moment2 = &trainer->moment2,
                                  .average = trainer->recipe.average > 0 ? &trainer->average : NULL,
                                  .epoch = trainer->epoch,
                                  .seconds = session_seconds(session)};
}

int session_save(struct session *session, struct ind_error *err)
{
    const struct ind_run_state state = state_of(session);
    session->saved = ind_seconds();
    session->fresh = false;
    return ind_run_save_state(&session->run, &state, err);
}

int session_keep(struct session *session, struct ind_error *err)
{
    const struct ind_run_state state = state_of(session);
    return ind_run_keep_state(&session->run, &state, err);
}

/* The folder of the averages, with a config.json. */
static int open_average(const struct ind_run *run, const char *folder, struct ind_error *err)
{
    bool exists = false;
    if (ind_folder_make(folder, run->durable, err) || ind_run_config_exists(folder, &exists, err))
        return IND_FAILED;
    return exists ? IND_OK : ind_run_config_write(folder, &run->recipe, false, run->durable, err);
}

int session_save_average(struct session *session, struct ind_error *err)
{
    struct ind_run *run = &session->run;
    char *folder = ind_text("%s/average", run->path);
    int status = folder ? open_average(run, folder, err) : ind_fail(err, "out of memory");
    if (status == IND_OK)
        status = ind_checkpoint_write(folder, &session->trainer.average, session->trainer.epoch,
                                      run->durable, err);
    free(folder);
    return status;
}

/* The folder of a new run: -o, or runs/PRESET-seedSEED; of a model of one's own the name says its
 * shape and what departs from the preset, so that two of them are not taken for one. */
static const char *new_path(const struct settings *settings, const struct ind_recipe *recipe,
                            char *room, size_t size)
{
    if (settings->output)
        return settings->output;
    const struct ind_config *model = &recipe->model;
    struct ind_recipe preset;
    struct ind_error ignored;
    char shape[64] = "", departures[160] = "";
    if (strcmp(recipe->preset, "custom") == 0 &&
        ind_recipe_preset(settings->preset ? settings->preset : default_preset, &preset,
                          &ignored) == IND_OK) {
        snprintf(shape, sizeof shape, "-%dL%dH-d%d", model->layers, model->heads, model->d_model);
        settings_departures(settings, &preset, departures, sizeof departures);
    }
    snprintf(room, size, "runs/%s%s%s-seed%llu", recipe->preset, shape, departures,
             (unsigned long long)recipe->seed);
    return room;
}

/* A branch starts from its parent's state, any other run from the seed. */
static int load_parent(struct session *session, struct ind_error *err)
{
    const struct ind_recipe *recipe = &session->trainer.recipe;
    struct ind_run_state state = state_of(session);
    struct ind_run_config parent;
    session->fresh = true;
    if (!recipe->from[0])
        return IND_OK;
    if (ind_run_config_read(recipe->from, &parent, err) ||
        ind_run_read_state(recipe->from, &parent.recipe, recipe->from_epoch, &state, err))
        return IND_FAILED;
    session->trainer.epoch = state.epoch;
    memcpy(session->vectors, parent.vectors, sizeof session->vectors);
    return IND_OK;
}

static int open_new(struct session *session, const struct settings *settings,
                    const struct ind_recipe *recipe, int threads, struct ind_error *err)
{
    char room[320];
    if (ind_trainer_init(&session->trainer, recipe, threads, err) || load_parent(session, err) ||
        ind_run_create(&session->run, new_path(settings, recipe, room, sizeof room), recipe,
                       settings->durable, err))
        return IND_FAILED;
    session->run_open = true;
    return IND_OK;
}

/* Where the last session left off; a run without a resume file starts anew. */
static int load_state(struct session *session, const struct ind_tool *tool, struct ind_error *err)
{
    struct ind_run_state state = state_of(session);
    struct ind_error instead;
    bool found = false;
    if (ind_run_load_state(&session->run, &state, &found, &instead, err))
        return IND_FAILED;
    if (*instead.text)
        ind_tool_complain(tool,
                          "%s: it goes on from state-%08ld.safetensors, and what came after epoch "
                          "%ld is made again",
                          instead.text, state.epoch, state.epoch);
    if (!found)
        return load_parent(session, err);
    session->trainer.epoch = state.epoch;
    memcpy(session->vectors, session->run.vectors, sizeof session->vectors);
    /* the first state comes before its record */
    session->recorded = state.epoch > session->run.recipe.from_epoch ? state.epoch : -1;
    session->seconds_before = state.seconds;
    return IND_OK;
}

/* Damaged checkpoints may have been made again from an earlier state. */
static int mend(struct session *session, const struct ind_tool *tool, struct ind_error *err)
{
    bool moved = false;
    if (session->fresh)
        return IND_OK;
    if (mend_checkpoints(session, tool, &moved, err))
        return IND_FAILED;
    return moved ? load_state(session, tool, err) : IND_OK;
}

/* What was trained with other vectors than these remains on record. */
static void note_vectors(struct session *session)
{
    struct ind_run *run = &session->run;
    if (session->fresh)
        run->before[0] = '\0';
    else if (strcmp(run->vectors, ind_simd_name()) != 0)
        ind_run_config_change(run->before, run->vectors, session->trainer.epoch);
}

static int open_resumed(struct session *session, const struct settings *settings,
                        const struct ind_tool *tool, struct ind_error *err)
{
    struct ind_run *run = &session->run;
    if (ind_run_resume(run, settings->resume, settings->durable, err))
        return IND_FAILED;
    session->run_open = true;
    if (extend_recipe(settings, &run->recipe, err) ||
        ind_trainer_init(&session->trainer, &run->recipe, tool->threads, err) ||
        load_state(session, tool, err))
        return IND_FAILED;
    if (run->recipe.epochs < session->trainer.epoch)
        return ind_fail(err, "%s is at epoch %ld already: --epochs %ld lies behind it", run->path,
                        session->trainer.epoch, run->recipe.epochs);
    if (mend(session, tool, err))
        return IND_FAILED;
    note_vectors(session);
    return ind_run_write_config(run, err);
}

/* Other vectors round otherwise: the run remains a sound one, but not to the byte the one that it
 * would have been. Not silenced by --quiet: so the log of a sweep has it. */
static void warn_of_other_vectors(const struct session *session, const struct ind_tool *tool)
{
    const char *before = session->vectors, *now = ind_simd_name();
    if (session->trainer.epoch > 0 && strcmp(before, now) != 0)
        ind_tool_complain(tool,
                          "begun with %s vectors, goes on with %s: later checkpoints are not those "
                          "of one uninterrupted run",
                          *before ? before : "an earlier version's", now);
}

int session_open(struct session *session, const struct settings *settings,
                 const struct ind_recipe *recipe, const struct ind_tool *tool,
                 struct ind_error *err)
{
    *session = (struct session){.recorded = -1,
                                .row = {.epoch = -1},
                                .save_every = settings->save_every,
                                .quiet = tool->quiet};
    const int status = settings->resume ? open_resumed(session, settings, tool, err)
                                        : open_new(session, settings, recipe, tool->threads, err);
    if (status)
        return IND_FAILED;
    warn_of_other_vectors(session, tool);
    session->first = session->trainer.epoch;
    session->started = ind_seconds();
    session->limit = limit_start(settings->time_limit, tool);
    if (ood_init(&session->ood, &session->run.recipe, err) ||
        scored_init(&session->scored, &session->run.recipe, err))
        return IND_FAILED;
    return panel_init(&session->panel, &session->run.recipe, session->run.path,
                      settings->live && !tool->quiet, tool, err);
}

void session_close(struct session *session)
{
    panel_release(&session->panel);
    ood_release(&session->ood);
    scored_release(&session->scored);
    ind_trainer_release(&session->trainer);
    if (session->run_open)
        ind_run_close(&session->run);
}
