/*
 * The live view: what forms in a run while it is trained, followed or replayed. One and the same for
 * induct-train --live and induct-watch:
 *
 *     ind_live_init(&live, &recipe, &err);
 *     ... ind_live_look(&live, &params, epoch, &err)               now and then, or each checkpoint
 *     ... ind_live_draw(&live.history, &frame, stream, &err)     the picture (live/frame.h)
 *
 * Scores are induct-score's and accuracies induct-eval's (DEFINITIONS, sections 4 and 5), on so many
 * sequences as cost a training step no more than a fraction; they are those that training measures
 * itself on (IND_FIRST_MONITORED), so that what is chosen by the eye is reported on others.
 */
#ifndef INDUCT_LIVE_LIVE_H
#define INDUCT_LIVE_LIVE_H

#include <induct/eval/accuracy.h>
#include <induct/live/history.h>
#include <induct/score/score.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { IND_LIVE_SEQUENCES = 16 };

/* Owner. Not to be moved. */
struct ind_live {
    struct ind_live_history history;
    struct ind_score_choices choices;
    struct ind_scorer scorer;
    struct ind_evaluator evaluator;
    struct ind_eval_data data[IND_LIVE_PERIODS_MAX]; /* [data_count]: of history.periods */
    int data_count;
    bool scorer_on, evaluator_on;
};

/* For models of the recipe's configuration. A model that no sequence of the task fits (a vocabulary
 * of one token, a context of two) is refused. */
IND_CHECKED int ind_live_init(struct ind_live *live, const struct ind_recipe *recipe,
                              struct ind_error *err);
void ind_live_release(struct ind_live *live);

/* Measures a model and takes the values in as the run's at `epoch`, later than the last one. */
IND_CHECKED int ind_live_look(struct ind_live *live, const struct ind_params *params, long epoch,
                              struct ind_error *err);

#ifdef __cplusplus
}
#endif
#endif
