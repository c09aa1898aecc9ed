/* What is asked of heads and weights, kept until it is carried out. */
#include "lab/work.h"

#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

static struct ind_lab_head *head_of(struct ind_lab *lab, int layer, int head)
{
    return &lab->heads[layer * lab->layout.config.heads + head];
}

void ind_lab_reset(struct ind_lab *lab)
{
    const struct ind_config *c = &lab->layout.config;
    for (int h = 0; h < c->layers * c->heads; h++) {
        lab->heads[h] = (struct ind_lab_head){.pattern = IND_LAB_AS_IT_IS};
        lab->replaced[h] = false;
    }
    if (lab->graft_count > 0)
        lab->means_of = -1;
    lab->graft_count = 0;
}

int ind_lab_zero(struct ind_lab *lab, int layer, int head)
{
    if (!ind_lab_has_head(lab, layer, head))
        return IND_FAILED;
    head_of(lab, layer, head)->z = IND_LAB_Z_ZERO;
    lab->replaced[layer * lab->layout.config.heads + head] = true;
    return IND_OK;
}

int ind_lab_mean(struct ind_lab *lab, int layer, int head)
{
    if (!ind_lab_has_head(lab, layer, head))
        return IND_FAILED;
    if (lab->reference == NULL)
        return ind_fail(&lab->error, "a mean is over reference sequences: there are none yet");
    head_of(lab, layer, head)->z = IND_LAB_Z_MEAN;
    lab->replaced[layer * lab->layout.config.heads + head] = true;
    return IND_OK;
}

int ind_lab_reference(struct ind_lab *lab, const int32_t *tokens, int sequences)
{
    if (sequences < 1)
        return ind_fail(&lab->error, "%d reference sequences: at least 1 is needed", sequences);
    const size_t count = (size_t)sequences * (size_t)lab->layout.config.context;
    int32_t *copy;
    if (!ind_lab_has_tokens(lab, tokens, count) ||
        ind_alloc_into(&copy, count, sizeof *copy, &lab->error))
        return IND_FAILED;
    memcpy(copy, tokens, count * sizeof *copy);
    free(lab->reference);
    lab->reference = copy;
    lab->reference_count = sequences;
    lab->means_of = -1;
    return IND_OK;
}

int ind_lab_freeze(struct ind_lab *lab, int layer, int head, int source)
{
    if (!ind_lab_has_head(lab, layer, head) || (source >= 0 && !ind_lab_has_set(lab, source)))
        return IND_FAILED;
    if (source < IND_LAB_AS_IT_IS)
        return ind_fail(&lab->error, "pattern %d: there is no such source", source);
    head_of(lab, layer, head)->pattern = source;
    return IND_OK;
}

int ind_lab_graft(struct ind_lab *lab, int from, int kind, int layer, int head)
{
    if (!ind_lab_has_set(lab, from))
        return IND_FAILED;
    if (kind < IND_GRAFT_HEAD || kind > IND_GRAFT_UNEMBEDDING)
        return ind_fail(&lab->error, "graft %d: there is no such kind", kind);
    const struct ind_graft piece = {(enum ind_graft_kind)kind, {layer, head}};
    const bool of_head = kind <= IND_GRAFT_OV;
    if (kind <= IND_GRAFT_LAYER && !ind_lab_has_head(lab, layer, of_head ? head : 0))
        return IND_FAILED;
    if (ind_grow(&lab->grafts, &lab->graft_room, lab->graft_count + 1, sizeof *lab->grafts,
                 &lab->error))
        return IND_FAILED;
    lab->grafts[lab->graft_count++] = (struct ind_lab_graft){from, piece};
    lab->means_of = -1;
    return IND_OK;
}

int ind_lab_drop(struct ind_lab *lab, int layer, int head, int terms)
{
    if (!ind_lab_has_head(lab, layer, head) || ind_split_check(&lab->layout.config, &lab->error))
        return IND_FAILED;
    if (terms < 0 || terms >= 1 << IND_SPLIT_TERMS)
        return ind_fail(&lab->error, "terms %d: a set of four bits is wanted", terms);
    head_of(lab, layer, head)->terms = (unsigned)terms;
    return IND_OK;
}

const struct ind_params *ind_lab_effective(struct ind_lab *lab, int set, struct ind_params *grafted)
{
    if (!ind_lab_has_set(lab, set))
        return NULL;
    if (lab->graft_count == 0)
        return &lab->sets[set];
    if (grafted->data == NULL && ind_params_init(grafted, &lab->layout, &lab->error))
        return NULL;
    ind_params_copy(grafted, &lab->sets[set]);
    for (size_t i = 0; i < lab->graft_count; i++)
        ind_graft_apply(grafted, &lab->sets[lab->grafts[i].from], &lab->grafts[i].piece, 1);
    return grafted;
}
