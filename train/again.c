#include "again.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <induct/run/checkpoint.h>
#include <induct/tool/stop.h>

#include "back.h"

/* A window being trained. */
struct again {
    struct session *session;
    struct ind_schedule window; /* one window */
    struct ind_params before;   /* of a checkpoint that is there */
    long first, last, added, compared;
};

static int parse_window(struct again *again, const char *text, struct ind_error *err)
{
    if (ind_schedule_parse(text, &again->window, err))
        return ind_error_context(err, "--window");
    if (again->window.window_count != 1 || again->window.every > 0)
        return ind_fail(err, "--window takes one A:B or A:B:C, not '%s'", text);
    again->first = again->window.windows[0].first;
    again->last = again->window.windows[0].last;
    return IND_OK;
}

static int open_again(struct again *again, const struct settings *settings,
                      const struct ind_tool *tool, struct ind_error *err)
{
    struct session *session = again->session;
    if (parse_window(again, settings->window, err) ||
        ind_run_resume(&session->run, settings->again, settings->durable, err))
        return IND_FAILED;
    session->run_open = true;
    session->quiet = tool->quiet;
    if (again->first < session->run.recipe.from_epoch)
        return ind_fail(err, "%s begins at epoch %ld", session->run.path,
                        session->run.recipe.from_epoch);
    if (again->last > session->run.recipe.epochs)
        again->last = session->run.recipe.epochs;
    if (ind_trainer_init(&session->trainer, &session->run.recipe, tool->threads, err) ||
        ind_params_init(&again->before, &session->trainer.layout, err))
        return IND_FAILED;
    return back_to(session, again->first, true, err);
}

/* What is there must be what is trained; what is not, and is wanted, is added. */
static int record(struct again *again, struct ind_error *err)
{
    struct session *session = again->session;
    const struct ind_params *weights = &session->trainer.weights;
    const long epoch = session->trainer.epoch;
    struct stat st;
    char *path = ind_checkpoint_path(session->run.path, epoch);
    int status = path ? IND_OK : ind_fail(err, "out of memory");
    if (status == IND_OK && stat(path, &st) == 0) {
        status = back_compare(path, weights, &again->before, err);
        again->compared++;
    } else if (status == IND_OK && epoch >= again->first && epoch <= again->last &&
               (epoch - again->first) % again->window.windows[0].step == 0) {
        status = ind_run_save_checkpoint(&session->run, weights, epoch, err);
        again->added++;
    }
    free(path);
    return status;
}

static int train(struct again *again, struct ind_error *err)
{
    struct session *session = again->session;
    struct ind_trainer *trainer = &session->trainer;
    struct ind_loss loss;
    while (!ind_stop_signal()) {
        if (record(again, err))
            return IND_FAILED;
        if (trainer->epoch >= again->last)
            return IND_OK;
        if (ind_trainer_step(trainer, &loss, err))
            return IND_FAILED;
        if (ind_progress_due(&session->progress))
            ind_progress_update(&session->progress, trainer->epoch, "again");
    }
    return ind_fail(err, "interrupted at epoch %ld", trainer->epoch);
}

int train_again(struct session *session, const struct settings *settings,
                const struct ind_tool *tool, struct ind_error *err)
{
    struct again again = {.session = session};
    int status = open_again(&again, settings, tool, err);
    if (status == IND_OK) {
        const long from = session->trainer.epoch;
        ind_progress_start(&session->progress, "epochs", from, again.last, tool->quiet);
        status = train(&again, err);
        ind_progress_end(&session->progress);
        if (status == IND_OK)
            ind_tool_warn(tool,
                          "%s: trained again from epoch %ld: %ld checkpoints added, %ld that "
                          "were there are the same",
                          session->run.path, from, again.added, again.compared);
    }
    ind_params_release(&again.before);
    return status;
}
