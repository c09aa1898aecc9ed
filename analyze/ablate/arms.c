/* What both tables of induct-ablate stand on: modes and sets by name, reference sequences. */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

/* ---- Words ---------------------------------------------------------------------------------- */

/* In the order of enum ind_ablation_mode, and mediated after it. */
const char *const ablating_modes[] = {
    "zero", "mean", "resample", "frozen", "pattern-uniform", "pattern-prev", "mediated", NULL};

char *ablating_set_name(const struct ind_head *heads, int count)
{
    enum { NAME = 16 };
    char *name = ind_alloc((size_t)count * NAME + 2, 1);
    char *end = name;
    if (count == 0 && name != NULL)
        *name = '-';
    for (int h = 0; h < count && name != NULL; h++) {
        if (h > 0)
            *end++ = '+';
        end += strlen(ind_head_name(heads[h], end));
    }
    return name;
}

const int32_t *ablating_reference(const struct ablating *ablating, int period)
{
    return ablating->reference == NULL ? NULL : ablating->reference[period];
}

/* ---- Reference sequences --------------------------------------------------------------------- */

int ablating_init(struct ablating *ablating, const struct ind_study *study, struct ind_error *err)
{
    const struct ind_words *modes = &((const struct settings *)study->settings)->modes;
    const struct ind_config *config = study->config;
    const int measured = study->sample.sequences;
    const int sequences = measured > IND_ABLATION_REFERENCES ? measured : IND_ABLATION_REFERENCES;
    const size_t row = (size_t)config->context * sizeof **ablating->reference;
    bool refers = false;
    for (int m = 0; m < modes->count; m++)
        refers |= ind_ablation_mode_refers((enum ind_ablation_mode)modes->items[m]);
    if (!refers)
        return IND_OK;
    ablating->periods = study->sample.count;
    if (ind_alloc_into(&ablating->reference, (size_t)ablating->periods, sizeof *ablating->reference,
                       err))
        return IND_FAILED;
    for (int p = 0; p < ablating->periods; p++) {
        if (ind_alloc_into(&ablating->reference[p], (size_t)sequences, row, err))
            return IND_FAILED;
        ind_ablation_reference(config->vocab, config->context, study->tool->seed,
                               study->sample.data[p].period, sequences, ablating->reference[p]);
    }
    return IND_OK;
}

void ablating_release(struct ablating *ablating)
{
    for (int p = 0; ablating->reference != NULL && p < ablating->periods; p++)
        free(ablating->reference[p]);
    free(ablating->reference);
}
