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

#ifdef __cplusplus
extern "C" {
#endif

enum {
    IND_OOD_MAX = 32,
    IND_EPOCH_MAX = 2000000000 /* fits the generator's 32-bit counter and a long anywhere */
};

/* Checkpoints of other tools are numbered by tokens, too: 12 digits. induct's own training stops at
 * IND_EPOCH_MAX. */
#define IND_CHECKPOINT_EPOCH_MAX 999999999999L

/* Which epochs are saved: 0, every `every`-th (0 = none), the log-spaced ones if asked, and the
 * last. */
struct ind_schedule {
    long every;
    int per_decade; /* log-spaced: round(10^(i/per_decade)), i = 0, 1, ...; 0 = off */
};

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
    long log_every;
    int ood[IND_OOD_MAX]; /* periods measured while training */
    int ood_count;
    int ood_sequences; /* sequences behind each OOD figure */
};

/* What the study's runs have in common (DEFINITIONS, section 2), as a 2L-varied run named "custom":
 * batch 32, AdamW at 1e-3 with betas (0.9, 0.98) and decay 0.01, seed 0; a checkpoint and a logged
 * row every 100 epochs; OOD periods 10, 15, 35, 40 on 64 sequences each. */
struct ind_recipe ind_recipe_default(void);

/* The preset's recipe; an unknown name fails listing the known ones. */
int ind_recipe_preset(const char *name, struct ind_recipe *recipe, struct ind_error *err);

/* Name of preset `index`, NULL past the last: for --help. */
const char *ind_recipe_preset_name(int index);

/* Refuses what cannot be trained (a period beyond context-2, which leaves nothing to predict from
 * an earlier copy; batch < 1, beta outside [0,1), non-finite rates ...), naming the field. */
int ind_recipe_check(const struct ind_recipe *recipe, struct ind_error *err);

/* Does the recipe say which periods the model was trained on? Not for an imported model unless
 * induct-import --trained did. What needs them then refuses or says what it assumes. */
bool ind_recipe_trained_known(const struct ind_recipe *recipe);

/* The periods LO..HI of a model trained elsewhere, refused where no such sequence fits its context
 * (as ind_recipe_check() does). */
int ind_recipe_set_trained(struct ind_recipe *recipe, int lo, int hi, struct ind_error *err);

struct ind_task ind_recipe_task(const struct ind_recipe *recipe);

/* Is `epoch` one that the schedule saves, in a run of `epochs`? */
int ind_schedule_wants(const struct ind_schedule *schedule, long epoch, long epochs);

#ifdef __cplusplus
}
#endif
#endif
