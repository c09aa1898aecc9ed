#include "parts.h"

int strategy_trained(const struct ind_study *study, struct ind_trained *trained,
                     struct ind_error *err)
{
    const struct ind_ints *told = &((const struct strategy_settings *)study->settings)->trained;
    const struct ind_recipe *recipe = &study->series->recipe;
    if (told->count > 0) {
        *trained = (struct ind_trained){told->items[0], told->items[told->count - 1]};
        if (trained->hi - trained->lo + 1 != told->count)
            return ind_fail(err, "--trained takes one range, LO:HI");
        return IND_OK;
    }
    if (!ind_recipe_trained_known(recipe))
        return ind_fail(
            err, "the periods that this model was trained on are not known: --trained LO:HI");
    *trained = (struct ind_trained){recipe->period_lo, recipe->period_hi};
    return IND_OK;
}
