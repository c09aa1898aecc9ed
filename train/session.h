/*
 * One training session: a run directory open for writing, the trainer of its model, and what is
 * shown meanwhile. A run may take many sessions; each begins where the last one's resume file says.
 */
#ifndef INDUCT_TRAIN_SESSION_H
#define INDUCT_TRAIN_SESSION_H

#include <induct/optim/trainer.h>
#include <induct/run/run.h>
#include <induct/tool/progress.h>
#include <induct/tool/tool.h>

#include "limit.h"
#include "ood.h"
#include "options.h"
#include "panel.h"
#include "scored.h"

/* Owner. Not to be moved once open. */
struct session {
    struct ind_run run;
    struct ind_trainer trainer;
    struct ood ood;
    struct scored scored;
    struct panel panel;
    struct ind_progress progress;
    struct ind_loss loss;   /* of the present epoch's batch */
    struct ind_metrics row; /* the last one that this session wrote; epoch -1 = none */
    long first;             /* epoch at which this session began */
    long recorded;          /* last epoch whose row and checkpoint are on disk; -1 = none */
    double seconds_before;  /* training time of earlier sessions */
    double save_every;      /* seconds */
    double started, saved;  /* monotonic: when this one began, when the resume file was written */
    char vectors[16];       /* what the state that it began with was made on; see struct ind_run */
    struct limit limit;     /* on its time */
    bool run_open, quiet;
    bool fresh;    /* its first state has not been saved yet */
    bool diverged; /* the loss was not finite: a resumed run would come to the same point */
};

/* A new run of `recipe`, or the continuation of settings->resume (recipe is not used then). */
IND_CHECKED int session_open(struct session *session, const struct settings *settings,
                             const struct ind_recipe *recipe, const struct ind_tool *tool,
                             struct ind_error *err);
void session_close(struct session *session);

/* Trains to the recipe's last epoch or until asked to stop; either way the state is saved. */
IND_CHECKED int session_train(struct session *session, struct ind_error *err);

/* Writes resume.safetensors; a state to be kept. */
IND_CHECKED int session_save(struct session *session, struct ind_error *err);
IND_CHECKED int session_keep(struct session *session, struct ind_error *err);

/* A checkpoint of the averaged weights, into RUN/average, a run of its own to every analysis. */
IND_CHECKED int session_save_average(struct session *session, struct ind_error *err);

/* Of the present epoch's batch: mean loss over its targets, and the shares of predictions that are
 * right, of all and at input positions i >= period. */
double session_loss(const struct session *session);
double session_accuracy(const struct session *session);
double session_induction(const struct session *session);

/* Its period, the mean where each sequence has one of its own; its loss less the least that this
 * allows. */
double session_period(const struct session *session);
double session_excess(const struct session *session);

/* Training time of the run so far, all sessions. */
double session_seconds(const struct session *session);

#endif
