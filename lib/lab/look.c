/* One sequence: patterns, scores, logits. */
#include "lab/work.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

int ind_lab_run(struct ind_lab *lab, int set, const int32_t *tokens, int length)
{
    const int context = lab->layout.config.context;
    const struct ind_params *params = ind_lab_effective(lab, set, &lab->run_grafted);
    if (params == NULL)
        return IND_FAILED;
    if (length < 1 || length > context)
        return ind_fail(&lab->error, "%d tokens: the model reads 1 to %d", length, context);
    if (!ind_lab_has_tokens(lab, tokens, (size_t)length))
        return IND_FAILED;
    lab->has_run = lab->has_logits = false;
    if (ind_lab_stage_prepare(lab, &lab->one, 1, length, IND_KEEP_SCORES) ||
        ind_lab_stage_run(lab, &lab->one, set, params, tokens, length))
        return IND_FAILED;
    memcpy(lab->tokens, tokens, (size_t)length * sizeof *tokens);
    lab->run_set = set;
    lab->run_params = params;
    lab->has_run = true;
    return IND_OK;
}

static size_t square(const struct ind_lab *lab)
{
    return (size_t)lab->one.cache.length * (size_t)lab->one.cache.length;
}

const float *ind_lab_pattern(struct ind_lab *lab, int layer, int head)
{
    if (!ind_lab_has_row(lab, 0) || !ind_lab_has_head(lab, layer, head))
        return NULL;
    return lab->one.cache.layers[layer].pattern + (size_t)head * square(lab);
}

const float *ind_lab_scores(struct ind_lab *lab, int layer, int head)
{
    if (!ind_lab_has_row(lab, 0) || !ind_lab_has_head(lab, layer, head))
        return NULL;
    return lab->one.cache.layers[layer].scores + (size_t)head * square(lab);
}

/* ---- Logits ---------------------------------------------------------------------------------- */

const float *ind_lab_logits(struct ind_lab *lab)
{
    if (!ind_lab_has_row(lab, 0))
        return NULL;
    if (lab->has_logits)
        return lab->logits;
    const struct ind_cache *cache = &lab->one.cache;
    free(lab->logits);
    if (ind_alloc_into(&lab->logits, (size_t)cache->length,
                       (size_t)cache->config.vocab * sizeof *lab->logits, &lab->error))
        return NULL;
    ind_logits(lab->run_params, cache, 0, cache->length, lab->logits);
    lab->has_logits = true;
    return lab->logits;
}

/* log of the sum of exponentials */
static double log_sum(const float *logits, int vocab)
{
    float largest = -INFINITY; /* in float: gcc 12 for arm64 dies of the maximum of widened ones */
    double sum = 0.0;
    for (int v = 0; v < vocab; v++)
        largest = fmaxf(largest, logits[v]);
    for (int v = 0; v < vocab; v++)
        sum += exp((double)logits[v] - (double)largest);
    return (double)largest + log(sum);
}

int ind_lab_top(struct ind_lab *lab, int row, int count, int32_t *tokens, float *probabilities)
{
    const float *logits = ind_lab_logits(lab);
    const int vocab = lab->layout.config.vocab;
    if (logits == NULL)
        return IND_FAILED;
    if (!ind_lab_has_row(lab, row))
        return IND_FAILED;
    if (count < 1 || count > vocab)
        return ind_fail(&lab->error, "%d best: there are %d tokens", count, vocab);
    logits += (size_t)row * (size_t)vocab;
    const double all = log_sum(logits, vocab);
    int found = 0;
    for (int v = 0; v < vocab; v++) {
        int place = found;
        while (place > 0 && logits[v] > logits[tokens[place - 1]])
            place--;
        if (place >= count)
            continue;
        found += found < count;
        memmove(tokens + place + 1, tokens + place, (size_t)(found - 1 - place) * sizeof *tokens);
        tokens[place] = v;
    }
    for (int n = 0; n < count; n++)
        probabilities[n] = (float)exp((double)logits[tokens[n]] - all);
    return IND_OK;
}
