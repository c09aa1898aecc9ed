/*
 * A changed model against the model as it is, on the same sequences: what programs that intervene
 * (ablations, dropped terms, grafts) print of every period.
 *
 * A contrast holds what all workers share: evaluation data of every period and the bootstrap. Its
 * arms are one thread's own: the evaluator, and the counts of both sides by sequence. The program
 * fills the counts, in whatever way its two sides share work, and has the cells of a row of them.
 */
#ifndef INDUCT_TOOL_CONTRAST_H
#define INDUCT_TOOL_CONTRAST_H

#include <induct/tool/field.h>
#include <induct/tool/sample.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Which periods outside training there are beside those given, or by default the trained ones. */
enum ind_contrast_ood {
    IND_OOD_BY_DEFAULT, /* those that the run's recipe measures, unless periods are given */
    IND_OOD_NEVER,
    IND_OOD_ALWAYS /* the recipe's and the study's, 10, 15, 35, 40, also beside periods given */
};

/* What a program's options say; the program's own. */
struct ind_contrast_choices {
    struct ind_ints periods; /* released by the program */
    bool periods_set;
    enum ind_contrast_ood ood;
    int sequences; /* >= 1 */
    int resamples; /* 0 = no intervals: they are NaN */
};

/* Owner; read-only after init, hence shared by threads. The choices are borrowed. */
struct ind_contrast {
    struct ind_contrast_choices *choices;
    struct ind_eval_data *data; /* [choices->periods.count] */
    struct ind_bootstrap bootstrap;
};

/* Unless all periods were given, fills choices->periods: the first, middle and last trained ones
 * (or those given) and those outside training that choices->ood asks for, ascending, as far as the
 * context lets them repeat. Fails on a given period that leaves nothing to predict. */
int ind_contrast_init(struct ind_contrast *contrast, struct ind_contrast_choices *choices,
                      const struct ind_recipe *recipe, uint64_t seed, struct ind_error *err);
void ind_contrast_release(struct ind_contrast *contrast);

int ind_contrast_arms(struct ind_arms *arms, const struct ind_contrast *contrast,
                      const struct ind_config *config, struct ind_error *err);

/* Both sides of one period, from the counts of all sequences. */
struct ind_contrasted {
    struct ind_accuracy clean, changed;        /* values without intervals */
    struct ind_accuracy_difference difference; /* changed minus clean, 95 % intervals by a bootstrap
                                                  over sequences, paired */
};
void ind_arms_compare(struct ind_arms *arms, const struct ind_eval_count *changed,
                      const struct ind_eval_count *clean, struct ind_contrasted *out);

/* Appends the cells of the columns
 *
 *   accuracy accuracy_X accuracy_delta delta_lo delta_hi loss loss_X loss_delta predictions
 *
 * (eight reals and an integer): the model as it is, the changed one, changed minus clean. */
void ind_contrasted_put(const struct ind_contrasted *contrasted, struct ind_rows *rows);

/* The fields of a struct ind_contrasted called `both` in a row; `arm` names the changed side in the
 * columns: accuracy accuracy_ARM accuracy_delta delta_lo delta_hi loss loss_ARM loss_delta
 * predictions. */
#define IND_CONTRASTED_FIELDS(row, both, arm)                                                     \
    IND_FIELD_AS("accuracy", row, both.clean.accuracy.value,                                      \
                 "share of predictions at inputs i >= period that are right, as in induct-eval"), \
        IND_FIELD_AS("accuracy_" arm, row, both.changed.accuracy.value, "the same, " arm),        \
        IND_FIELD_AS("accuracy_delta", row, both.difference.accuracy.value,                       \
                     arm " minus as it is"),                                                      \
        IND_FIELD_AS("delta_lo", row, both.difference.accuracy.lo,                                \
                     "its 95 % interval: bootstrap over sequences, paired"),                      \
        IND_FIELD_AS("delta_hi", row, both.difference.accuracy.hi, "and the upper end"),          \
        IND_FIELD_AS("loss", row, both.clean.loss.value, "nats a prediction"),                    \
        IND_FIELD_AS("loss_" arm, row, both.changed.loss.value, "the same, " arm),                \
        IND_FIELD_AS("loss_delta", row, both.difference.loss.value, arm " minus as it is"),       \
        IND_FIELD_AS("predictions", row, both.clean.predictions, "how many there are")

#ifdef __cplusplus
}
#endif
#endif
