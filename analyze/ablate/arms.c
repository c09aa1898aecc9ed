/* What both tables of induct-ablate stand on: modes and sets by name, reference sequences. */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

/* ---- Words ---------------------------------------------------------------------------------- */

const char *ablating_mode_name(int mode)
{
    return mode == MEDIATED ? "mediated" : ind_ablation_mode_name((enum ind_ablation_mode)mode);
}

static int parse_mode(const char *word, int *out, struct ind_error *err)
{
    enum ind_ablation_mode mode;
    *out = MEDIATED;
    if (strcmp(word, ablating_mode_name(MEDIATED)) == 0)
        return IND_OK;
    if (ind_ablation_mode_parse(word, &mode, err))
        return ind_fail(err, "'%s' is none of %s", word, MODE_WORDS);
    *out = (int)mode;
    return IND_OK;
}

static void add_mode(struct ablating *ablating, int mode)
{
    for (int m = 0; m < ablating->mode_count; m++) {
        if (ablating->modes[m] == mode)
            return;
    }
    ablating->modes[ablating->mode_count++] = mode;
}

int ablating_parse_modes(struct ablating *ablating, const char *list, struct ind_error *err)
{
    const char *rest = list;
    for (;;) {
        const size_t length = strcspn(rest, ",");
        int mode;
        char word[32];
        if (length >= sizeof word)
            return ind_fail(err, "'%s' is no list of modes", rest);
        memcpy(word, rest, length);
        word[length] = '\0';
        if (parse_mode(word, &mode, err))
            return IND_FAILED;
        add_mode(ablating, mode);
        if (rest[length] == '\0')
            return IND_OK;
        rest += length + 1;
    }
}

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

/* ---- Reference sequences ---------------------------------------------------------------------- */

static int make_reference(struct ablating *ablating, const struct ind_study *study,
                          struct ind_error *err)
{
    const struct ind_config *config = study->config;
    const size_t sequences = (size_t)study->sample.sequences;
    const size_t row = (size_t)config->context * sizeof **ablating->reference;
    bool refers = false;
    for (int m = 0; m < ablating->mode_count; m++)
        refers |= ind_ablation_mode_refers((enum ind_ablation_mode)ablating->modes[m]);
    if (!refers)
        return IND_OK;
    ablating->periods = study->sample.count;
    if (ind_alloc_into(&ablating->reference, (size_t)ablating->periods, sizeof *ablating->reference,
                       err))
        return IND_FAILED;
    for (int p = 0; p < ablating->periods; p++) {
        if (ind_alloc_into(&ablating->reference[p], sequences, row, err))
            return IND_FAILED;
        ind_ablation_reference(config->vocab, config->context, study->tool->seed,
                               study->sample.data[p].period, study->sample.sequences,
                               ablating->reference[p]);
    }
    return IND_OK;
}

int ablating_init(struct ablating *ablating, const struct ind_study *study, struct ind_error *err)
{
    const struct settings *s = study->settings;
    return ablating_parse_modes(ablating, s->modes, err) || make_reference(ablating, study, err)
               ? IND_FAILED
               : IND_OK;
}

void ablating_release(struct ablating *ablating)
{
    for (int p = 0; ablating->reference != NULL && p < ablating->periods; p++)
        free(ablating->reference[p]);
    free(ablating->reference);
}
