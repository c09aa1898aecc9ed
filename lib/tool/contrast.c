/* Two sides of an intervention on the same sequences. */
#include <induct/tool/contrast.h>

#include <math.h>

static struct ind_estimate bare(double value)
{
    return (struct ind_estimate){value, (double)NAN, (double)NAN};
}

void ind_arms_compare(struct ind_arms *arms, const struct ind_eval_count *changed,
                      const struct ind_eval_count *clean, struct ind_contrasted *out)
{
    ind_accuracy_summarise(clean, arms->sequences, NULL, &out->clean);
    ind_accuracy_summarise(changed, arms->sequences, NULL, &out->changed);
    if (arms->resampled.bootstrap != NULL)
        ind_accuracy_compare(changed, clean, arms->sequences, &arms->resampled, &out->difference);
    else
        out->difference = (struct ind_accuracy_difference){
            bare(out->changed.accuracy.value - out->clean.accuracy.value),
            bare(out->changed.loss.value - out->clean.loss.value)};
}
