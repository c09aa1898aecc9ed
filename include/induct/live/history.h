/*
 * What a live view knows of a run: scores of every head and accuracies at some periods, over the
 * epochs that were looked at, and the events in them.
 *
 * EVENTS are crossings as induct-onset finds them (onset/onset.h: the first of three in a row above
 * a level that is fixed beforehand), hence known two points after they happened and never taken
 * back, but where the run itself goes back (ind_live_history_cut):
 *
 *   a head's previous-token or induction score   above three times that of uniform attention
 *   accuracy at a period                         above one half
 *   its fall from the highest so far             above .2
 */
#ifndef INDUCT_LIVE_HISTORY_H
#define INDUCT_LIVE_HISTORY_H

#include <stdbool.h>

#include <induct/base/error.h>
#include <induct/recipe/recipe.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The scores of a head, in this order. */
enum { IND_LIVE_PREVIOUS, IND_LIVE_INDUCTION, IND_LIVE_SCORES };

enum { IND_LIVE_PERIODS_MAX = IND_OOD_MAX + 1 };

enum ind_live_what {
    IND_LIVE_HEAD_PREVIOUS,
    IND_LIVE_HEAD_INDUCTION,
    IND_LIVE_PERIOD_ABOVE,
    IND_LIVE_PERIOD_FALLS
};

struct ind_live_event {
    enum ind_live_what what;
    int of;     /* the head layer * heads + head, or the place of the period */
    long epoch; /* when it happened */
    long known; /* the epoch of the third value in a row: it is shown from there on */
};

/* Owner. */
struct ind_live_history {
    int layers, heads;
    int periods[IND_LIVE_PERIODS_MAX]; /* the first is the one that heads are scored at */
    int period_count;
    double chance[IND_LIVE_SCORES]; /* of a head's scores: uniform attention */
    double accuracy_chance;         /* 1 / (vocab - 1) */

    long *epochs; /* [count] ascending */
    double
        *values; /* [count, width]: layers * heads times IND_LIVE_SCORES, then period_count; NaN =
                    cannot be had (a context too short for the score) */
    int count, width;
    struct ind_live_event *events; /* [event_count] in the order in which they became known */
    int event_count;
    size_t room[3]; /* private: of the three above */
};

/* Empty, of a model of that recipe: its middle period and those it measures outside training, as
 * far as its context lets them be measured. `chance` is the caller's to fill. */
void ind_live_history_init(struct ind_live_history *history, const struct ind_recipe *recipe);
void ind_live_history_release(struct ind_live_history *history);

/* Room for the values of an epoch, to be filled before the point is taken in; NULL without memory
 * (err says so). */
double *ind_live_history_next(struct ind_live_history *history, struct ind_error *err);

/* Takes in what was written there. `epoch` is later than the last one. */
IND_CHECKED int ind_live_history_take(struct ind_live_history *history, long epoch,
                                      struct ind_error *err);

/* The run goes back: forgets what is later than `epoch` (-1: everything). */
void ind_live_history_cut(struct ind_live_history *history, long epoch);

/* Keeps every second of the points once there are more than `most`: for trainings without end. */
void ind_live_history_thin(struct ind_live_history *history, int most);

/* The curve of a head's score, or of a period's accuracy: value i is curve[i * history->width]. */
const double *ind_live_score(const struct ind_live_history *history, int head, int score);
const double *ind_live_accuracy(const struct ind_live_history *history, int period);

/* "epoch 2,130: period 25 passes one half", "epoch 1,700: induction of L1H0, L1H2 passes three
 * times chance": event `first` together with those after it that happened at the same epoch and are
 * of its kind, in text [room]; returns the first that is another, at most `count`. */
int ind_live_event_text(const struct ind_live_history *history, int first, int count, char *text,
                        size_t room);

/* How many events are known at that epoch. */
int ind_live_events_known(const struct ind_live_history *history, long epoch);

#ifdef __cplusplus
}
#endif
#endif
