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
    lab->run_set = set;
    lab->run_params = params;
    lab->has_run = true;
    return IND_OK;
}

static size_t square(const struct ind_lab *lab)
{
    return (size_t)lab->one.cache.length * (size_t)lab->one.cache.length;
}

static bool can_look(struct ind_lab *lab)
{
    if (!lab->has_run)
        ind_fail(&lab->error, "nothing has been run yet");
    return lab->has_run;
}

const float *ind_lab_pattern(struct ind_lab *lab, int layer, int head)
{
    if (!can_look(lab) || !ind_lab_has_head(lab, layer, head))
        return NULL;
    return lab->one.cache.layers[layer].pattern + (size_t)head * square(lab);
}

const float *ind_lab_scores(struct ind_lab *lab, int layer, int head)
{
    if (!can_look(lab) || !ind_lab_has_head(lab, layer, head))
        return NULL;
    return lab->one.cache.layers[layer].scores + (size_t)head * square(lab);
}

/* ---- Logits ---------------------------------------------------------------------------------- */

const float *ind_lab_logits(struct ind_lab *lab)
{
    if (!can_look(lab))
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
    double largest = -(double)INFINITY, sum = 0.0;
    for (int v = 0; v < vocab; v++)
        largest = fmax(largest, (double)logits[v]);
    for (int v = 0; v < vocab; v++)
        sum += exp((double)logits[v] - largest);
    return largest + log(sum);
}

int ind_lab_top(struct ind_lab *lab, int row, int count, int32_t *tokens, float *probabilities)
{
    const float *logits = ind_lab_logits(lab);
    const int vocab = lab->layout.config.vocab;
    if (logits == NULL)
        return IND_FAILED;
    if (row < 0 || row >= lab->one.cache.length || count < 1 || count > vocab)
        return ind_fail(&lab->error, "%d best of row %d: there are %d rows, %d tokens", count, row,
                        lab->one.cache.length, vocab);
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

/* ---- Scores by part -------------------------------------------------------------------------- */

/* Packed, with zeros above the diagonal. */
static void pack_term(const float *term, size_t stride, int length, float *out)
{
    for (int i = 0; i < length; i++, out += length, term += stride) {
        memcpy(out, term, (size_t)(i + 1) * sizeof *out);
        memset(out + i + 1, 0, (size_t)(length - i - 1) * sizeof *out);
    }
}

int ind_lab_split(struct ind_lab *lab, int layer, int head, float *out)
{
    const struct ind_config *c = &lab->layout.config;
    const struct ind_cache *cache = &lab->one.cache;
    if (!can_look(lab) || !ind_lab_has_head(lab, layer, head) || ind_split_check(c, &lab->error))
        return IND_FAILED;
    struct ind_splitter splitter;
    float *term;
    if (ind_splitter_init(&splitter, c, 1, cache->length, &lab->error))
        return IND_FAILED;
    const size_t stride = ind_splitter_stride(&splitter);
    int status = ind_alloc_into(&term, (size_t)cache->length, stride * sizeof *term, &lab->error);
    if (status == IND_OK) {
        splitter.replaced = lab->replaced;
        ind_splitter_start(&splitter, lab->run_params, cache);
        ind_splitter_reach(&splitter, lab->run_params, cache, layer);
        for (int t = 0; t < IND_SPLIT_TERMS; t++) {
            ind_splitter_term(&splitter, t, head, 0, (float)(1.0 / ind_config_scale(c)), term);
            pack_term(term, stride, cache->length, out + (size_t)t * square(lab));
        }
        free(term);
    }
    ind_splitter_release(&splitter);
    return status;
}
