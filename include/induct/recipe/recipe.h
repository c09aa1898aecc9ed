/*
 * How a model is trained: every hyperparameter of a run, and the study's presets by name
 * (DEFINITIONS, section 2).
 */
#ifndef INDUCT_RECIPE_RECIPE_H
#define INDUCT_RECIPE_RECIPE_H

#include <stdbool.h>
#include <stdint.h>

#include <induct/base/error.h>
#include <induct/data/task.h>
#include <induct/model/config.h>
#include <induct/model/params.h>
#include <induct/recipe/intervention.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { IND_OOD_MAX = 32 };

/* Checkpoints of other tools are numbered by tokens, too: 12 digits. induct's own training stops at
 * IND_EPOCH_MAX. */
#define IND_CHECKPOINT_EPOCH_MAX 999999999999L

enum { IND_WINDOWS_MAX = 8, IND_TENSOR_VALUES_MAX = 8 };

/* Which epochs are saved: a run's first and last, every `every`-th (0 = none), the log-spaced ones
 * if asked, and those of windows. */
struct ind_schedule {
    long every;
    int per_decade; /* log-spaced: round(10^(i/per_decade)), i = 0, 1, ...; 0 = off */
    struct ind_window {
        long first, last, step; /* first, first + step, ... up to last */
    } windows[IND_WINDOWS_MAX];
    int window_count;
};

/* How the learning rate changes. With w = warmup and the span first..last, the step from epoch E
 * has the rate lr * min(1, (E - first + 1) / w) * f((E - first) / (last - first)), f(x) = 1, 1 - x
 * or (1 + cos(pi x)) / 2: from last on linear and cosine are 0. */
enum ind_rate_shape { IND_RATE_CONSTANT, IND_RATE_LINEAR, IND_RATE_COSINE };
struct ind_rate {
    enum ind_rate_shape shape;
    long warmup;
    long first, last; /* as the run that the schedule was given to began and was to end */
};

/* "constant", ...; NULL for a number that is no shape. */
const char *ind_rate_shape_name(enum ind_rate_shape shape);

/* The factor of lr in the step from `epoch`. */
double ind_rate_factor(const struct ind_rate *rate, long epoch);

/* A value for some tensors: "embed=0" (words: ind_layout_select). Of several that fit a tensor the
 * last counts. */
struct ind_tensor_value {
    char tensors[96];
    double value;
};

/* "embed=0,attn=0.01": into items [IND_TENSOR_VALUES_MAX], replacing what was there. Words before
 * one with a value share it. Values are finite and at least 0. */
IND_CHECKED int ind_tensor_values_parse(const char *list, struct ind_tensor_value *items,
                                        int *count, struct ind_error *err);

/* values [layout->tensor_count]: those of the list, `otherwise` for tensors that it does not
 * name. */
IND_CHECKED int ind_tensor_values_resolve(const struct ind_tensor_value *items, int count,
                                          const struct ind_layout *layout, double otherwise,
                                          double *values, struct ind_error *err);

struct ind_recipe {
    char preset[32]; /* "2L-varied", or "custom" */
    struct ind_config model;
    int period_lo, period_hi;
    bool periods_unknown; /* of a model trained elsewhere, where nobody said: the two above are then
                             the study's and say nothing (ind_recipe_trained_known) */
    int batch;
    long epochs; /* optimizer steps in all */
    uint64_t seed;
    double lr, beta1, beta2, eps, weight_decay;
    struct ind_schedule checkpoints;
    long states_every; /* states kept for branches: every so many epochs; 0 = none */
    long log_every;
    int ood[IND_OOD_MAX]; /* periods measured while training */
    int ood_count;
    int ood_sequences;    /* sequences behind each OOD figure */
    int ood_first;        /* the number of the first of them; 0, as evaluations have, in runs begun
                             before there was IND_FIRST_MONITORED */
    char log_scores[256]; /* scores of every head that metrics.tsv carries, "prev_token,induction";
                             "" = none (score/score.h: names alone, one argument each) */

    /* A branch: what it goes on from. */
    char from[256];  /* the parent's folder; "" = trained from its seed */
    long from_epoch; /* the first epoch of this run, 0 without a parent */

    /* What departs from plain training; all off in ind_recipe_default(). */
    bool period_per_sequence;
    bool loss_repeated; /* of predictions at i >= period alone */
    double clip;        /* of the gradient's norm: g *= min(1, clip / norm); 0 = off */
    double average;     /* decay of an exponential moving average of the weights; 0 = off */
    struct ind_rate rate;
    struct ind_tensor_value decays[IND_TENSOR_VALUES_MAX]; /* in place of weight_decay */
    int decay_count;
    struct ind_tensor_value rates[IND_TENSOR_VALUES_MAX]; /* factors of lr */
    int rate_count;
    struct ind_intervention interventions[IND_INTERVENTIONS_MAX];
    int intervention_count;
};

/* Adds interventions (recipe/intervention.h) and notes in `model` what room they need in a pass. */
IND_CHECKED int ind_recipe_intervene(struct ind_recipe *recipe, enum ind_intervention_kind kind,
                                     const char *list, struct ind_error *err);

/* What the study's runs have in common (DEFINITIONS, section 2), as a 2L-varied run named "custom":
 * batch 32, AdamW at 1e-3 with betas (0.9, 0.98) and decay 0.01, seed 0; a checkpoint and a logged
 * row every 100 epochs; OOD periods 10, 15, 35, 40 on 64 sequences each. */
struct ind_recipe ind_recipe_default(void);

/* The preset's recipe; an unknown name fails listing the known ones. */
IND_CHECKED int ind_recipe_preset(const char *name, struct ind_recipe *recipe,
                                  struct ind_error *err);

/* Name of preset `index`, NULL past the last: for --help. */
const char *ind_recipe_preset_name(int index);

/* Refuses what cannot be trained (a period beyond context-2, which leaves nothing to predict from
 * an earlier copy; batch < 1, beta outside [0,1), non-finite rates ...), naming the field. */
IND_CHECKED int ind_recipe_check(const struct ind_recipe *recipe, struct ind_error *err);

/* Does the recipe say which periods the model was trained on? Not for an imported model unless
 * induct-import --trained did. What needs them then refuses or says what it assumes. */
bool ind_recipe_trained_known(const struct ind_recipe *recipe);

/* The period at which a model is looked at unless another is named: the middle of the trained ones
 * (of the study's, where they are not known), as far as its context lets it repeat. */
int ind_recipe_middle_period(const struct ind_recipe *recipe);

/* The periods LO..HI of a model trained elsewhere, refused where no such sequence fits its context
 * (as ind_recipe_check() does). */
IND_CHECKED int ind_recipe_set_trained(struct ind_recipe *recipe, int lo, int hi,
                                       struct ind_error *err);

struct ind_task ind_recipe_task(const struct ind_recipe *recipe);

/* Is `epoch` one that the schedule saves, in a run from epoch `first` to `last`? */
int ind_schedule_wants(const struct ind_schedule *schedule, long epoch, long first, long last);

/* "100,0:3000:1,3000::500": K (every K-th), and A:B[:C] windows whose ends may be left out (0, and
 * no end). Replaces every and windows; per_decade stays. */
IND_CHECKED int ind_schedule_parse(const char *list, struct ind_schedule *schedule,
                                   struct ind_error *err);

#ifdef __cplusplus
}
#endif
#endif
