/*
 * The loop. At the top of each turn the trainer stands at epoch E, its weights after E steps:
 *
 *   gradient on batch E      fails if the loss is not finite: nothing of epoch E is then written
 *   record                   metrics row E, checkpoint E and state E, where schedules want them
 *   save                     the resume file, every few seconds and at the end
 *   update                   to epoch E+1
 *
 * The resume file of epoch E is written after row and checkpoint E, so a session that starts from
 * it has recorded E already and begins with the gradient that leads to E+1. Only that of the first
 * epoch comes before everything else (induct/run/run.h).
 */
#include "session.h"

#include <stdio.h>
#include <unistd.h>

#include <induct/tool/stop.h>

enum { WIDE = 112 }; /* columns that the long form of the progress line takes */

static int log_row(struct session *session, struct ind_error *err)
{
    session->row = (struct ind_metrics){.epoch = session->trainer.epoch,
                                        .loss = session_loss(session),
                                        .accuracy = session_accuracy(session),
                                        .induction_accuracy = session_induction(session),
                                        .batch_period = session_period(session),
                                        .excess_loss = session_excess(session)};
    ood_measure(&session->ood, &session->trainer.weights, session->row.ood);
    if (session->trainer.recipe.average > 0)
        ood_measure(&session->ood, &session->trainer.average, session->row.average);
    scored_measure(&session->scored, &session->trainer.weights);
    session->row.scores = session->scored.values;
    session->row.seconds = session_seconds(session);
    return ind_run_log(&session->run, &session->row, err);
}

/* Row and checkpoint of the present epoch, as far as they are wanted and not on disk yet. */
static int record(struct session *session, struct ind_error *err)
{
    const struct ind_recipe *recipe = &session->run.recipe;
    const long epoch = session->trainer.epoch;
    if (epoch <= session->recorded)
        return IND_OK;
    if ((epoch % recipe->log_every == 0 || epoch == recipe->epochs) && log_row(session, err))
        return IND_FAILED;
    const bool wanted =
        ind_schedule_wants(&recipe->checkpoints, epoch, recipe->from_epoch, recipe->epochs);
    if (wanted && ind_run_save_checkpoint(&session->run, &session->trainer.weights, epoch, err))
        return IND_FAILED;
    if (recipe->average > 0 && wanted && session_save_average(session, err))
        return IND_FAILED;
    if (recipe->states_every > 0 && epoch % recipe->states_every == 0 && epoch > 0 &&
        session_keep(session, err))
        return IND_FAILED;
    session->recorded = epoch;
    return IND_OK;
}

/* This epoch's batch, and the last row's accuracies outside training:
 *   wide     "loss 1.7312  induction 97.9 %  OOD 10: 95.1  35: 80.2"
 *   narrow   "loss 1.73 ind 98% ood 95 80", so that rate and time left stay on the line */
static void describe(const struct session *session, bool narrow, char *text, size_t room)
{
    const double mean = session_loss(session), induction = 100 * session_induction(session);
    const int count = session->row.epoch < 0 ? 0 : session->ood.count;
    int used =
        snprintf(text, room, narrow ? "loss %.2f ind %.0f%%%s" : "loss %.4f  induction %5.1f %%%s",
                 mean, induction,
                 count == 0 ? ""
                 : narrow   ? " ood"
                            : "  OOD");
    for (int i = 0; i < count && used > 0 && (size_t)used < room; i++) {
        const double ood = 100 * session->row.ood[i];
        char *to = text + used;
        const size_t left = room - (size_t)used;
        used += narrow ? snprintf(to, left, " %.0f", ood)
                       : snprintf(to, left, " %d: %.1f ", session->run.recipe.ood[i], ood);
    }
}

static void show(struct session *session, bool at_end)
{
    const long epoch = session->trainer.epoch;
    panel_update(&session->panel, &session->trainer.weights, epoch, at_end);
    if (!ind_progress_due(&session->progress))
        return;
    char text[512];
    const struct ind_terminal terminal = ind_terminal_of(STDERR_FILENO);
    describe(session, terminal.is_terminal && terminal.columns < WIDE, text, sizeof text);
    ind_progress_update(&session->progress, epoch, text);
    if (session->panel.on)
        fputc('\r', stderr); /* the ^C that a terminal echoes must not wrap the line */
}

/* The resume file stays what it was before the loss was lost: training from it comes to the same
 * point again. */
static int fail_diverged(struct session *session, struct ind_error *err)
{
    struct ind_error said = *err;
    session->diverged = true;
    return ind_fail(err, "%s: %s; the checkpoints before it are kept", session->run.path,
                    said.text);
}

static int train(struct session *session, struct ind_error *err)
{
    struct ind_trainer *trainer = &session->trainer;
    const long last = session->run.recipe.epochs;
    if (session->fresh && session_save(session, err))
        return IND_FAILED;
    for (;;) {
        if (ind_trainer_gradient(trainer, &session->loss, err))
            return fail_diverged(session, err);
        if (record(session, err))
            return IND_FAILED;
        if (limit_is_near(&session->limit))
            ind_stop_request_requeue();
        if (trainer->epoch >= last)
            ind_stop_withdraw_requeue();
        const bool at_end = trainer->epoch >= last || ind_stop_signal();
        show(session, at_end);
        if (at_end)
            return session_save(session, err);
        if (ind_seconds() - session->saved >= session->save_every && session_save(session, err))
            return IND_FAILED;
        ind_trainer_update(trainer);
    }
}

int session_train(struct session *session, struct ind_error *err)
{
    ind_progress_start(&session->progress, "epochs", session->trainer.epoch,
                       session->run.recipe.epochs, session->quiet);
    const int status = train(session, err);
    ind_progress_end(&session->progress);
    panel_end(&session->panel);
    return status;
}
