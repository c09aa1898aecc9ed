/*
 * A changed model against the model as it is, on the same sequences: what programs that intervene
 * (ablations, dropped terms, grafts) print of every period.
 */
#ifndef INDUCT_TOOL_CONTRAST_H
#define INDUCT_TOOL_CONTRAST_H

#include <induct/tool/field.h>
#include <induct/tool/sample.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Both sides of one period, from the counts of all sequences. */
struct ind_contrasted {
    struct ind_accuracy clean, changed;        /* values without intervals */
    struct ind_accuracy_difference difference; /* changed minus clean, 95 % intervals by a bootstrap
                                                  over sequences, paired */
};
void ind_arms_compare(struct ind_arms *arms, const struct ind_eval_count *changed,
                      const struct ind_eval_count *clean, struct ind_contrasted *out);

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
