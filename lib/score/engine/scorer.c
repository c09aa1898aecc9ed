/*
 * The engine: forward passes over a few sequences at a time, then every chosen score of every
 * pattern.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/model/pass.h>

#include "score/engine/outputs.h"
#include "score/engine/scorer.h"
#include "score/engine/value_weight.h"

/* Does the model have a position table whose effect on a pattern can be told apart? */
static bool has_positions(const struct ind_config *config)
{
    return config->norm == IND_NORM_NONE && config->positions != IND_POSITIONS_NONE &&
           config->positions != IND_POSITIONS_ROTARY;
}

int ind_scorer_init(struct ind_scorer *scorer, const struct ind_config *config,
                    const int32_t *tokens, int sequences, int period, enum ind_score_compat compat,
                    struct ind_error *err)
{
    int length = config->context - 1;
    *scorer = (struct ind_scorer){.tokens = tokens,
                                  .sequences = sequences,
                                  .context = config->context,
                                  .period = period,
                                  .compat = compat};
    if (length < 1)
        return ind_fail(err, "a context of %d token leaves nothing to score", config->context);
    scorer->batch = ind_pass_size(config, length, sequences);
    struct ind_config unbiased = *config; /* of pos QK pos^T, where biases take no part */
    unbiased.bias = false;
    const size_t heads = (size_t)config->layers * (size_t)config->heads;
    if (ind_cache_init(&scorer->cache, config, scorer->batch, length,
                       IND_LAYER_PATTERNS | IND_BY_TOKEN | IND_KEEP_ENTROPIES, err) ||
        ind_alloc_into(&scorer->outputs, heads,
                       ind_score_output_room(config->d_head) * sizeof(double), err) ||
        ind_alloc_into(&scorer->sizes, (size_t)length, sizeof *scorer->sizes, err) ||
        ind_alloc_into(&scorer->widest, (size_t)length, sizeof *scorer->widest, err) ||
        (has_positions(config) &&
         ind_cache_init(&scorer->positions, &unbiased, 1, length, IND_LAYER_PATTERNS, err))) {
        ind_scorer_release(scorer);
        return IND_FAILED;
    }
    for (int i = 0; i < length; i++)
        scorer->widest[i] = log(i + 1.0);
    return IND_OK;
}

void ind_scorer_release(struct ind_scorer *scorer)
{
    ind_cache_release(&scorer->cache);
    ind_cache_release(&scorer->positions);
    free(scorer->outputs);
    free(scorer->sizes);
    free(scorer->widest);
    *scorer = (struct ind_scorer){0};
}

/* Where values go: added up over sequences, or each on its own. */
struct sink {
    const struct ind_score_choices *choices;
    double *out;
    bool each;
    size_t cells; /* heads * choices: values of one sequence */
};

static void put(const struct sink *sink, int sequence, size_t cell, double value)
{
    if (sink->each)
        sink->out[(size_t)sequence * sink->cells + cell] = value;
    else
        sink->out[cell] += value;
}

/* Scores of one head on one sequence that look at the pattern of the forward pass. */
static void score_pattern(const struct ind_scorer *scorer, const struct sink *sink, int sequence,
                          int head, const float *pattern, const double *entropies)
{
    const struct ind_score_choices *choices = sink->choices;
    struct ind_score_input input = {.pattern = pattern,
                                    .entropies = scorer->value_weighted ? NULL : entropies,
                                    .widest = scorer->widest,
                                    .tokens =
                                        scorer->tokens + (size_t)sequence * (size_t)scorer->context,
                                    .length = scorer->context - 1,
                                    .period = scorer->period,
                                    .compat = scorer->compat};
    for (int c = 0; c < choices->count; c++) {
        if (choices->items[c].score->positional || choices->items[c].score->of_output)
            continue;
        input.argument = choices->items[c].argument;
        put(sink, sequence, (size_t)head * (size_t)choices->count + (size_t)c,
            choices->items[c].score->value(&input));
    }
}

bool ind_scorer_wants_outputs(const struct ind_score_choices *choices)
{
    for (int c = 0; c < choices->count; c++)
        if (choices->items[c].score->of_output)
            return true;
    return false;
}

/* Patterns of one layer, which are there until the next one's are. */
static void score_patterns(const struct ind_scorer *scorer, const struct sink *sink, int layer,
                           int first)
{
    const struct ind_cache *cache = &scorer->cache;
    const int heads = cache->config.heads;
    const size_t matrix = (size_t)cache->length * (size_t)cache->length;
    const float *pattern = cache->layers[layer].pattern;
    const double *entropies = cache->layers[layer].entropies;
    for (int b = 0; b < cache->batch; b++)
        for (int h = 0; h < heads; h++, pattern += matrix, entropies += cache->length)
            score_pattern(scorer, sink, first + b, layer * heads + h, pattern, entropies);
}

/* What one layer's attention, which has run, shows. */
static void score_layer(struct ind_scorer *scorer, const struct ind_params *params,
                        const struct sink *sink, int layer, int first)
{
    const struct ind_config *c = &scorer->cache.config;
    if (ind_scorer_wants_outputs(sink->choices))
        ind_score_output_add(&scorer->cache, layer, scorer->period,
                             scorer->outputs +
                                 (size_t)layer * c->heads * ind_score_output_room(c->d_head));
    if (scorer->value_weighted)
        ind_value_weight(params, layer, &scorer->cache, scorer->sizes);
    score_patterns(scorer, sink, layer, first);
}

/* As far as the last layer's patterns: what it writes is of no interest, unless its values are. */
static void score_pass(struct ind_scorer *scorer, const struct ind_params *params,
                       const struct sink *sink, const struct ind_pass *pass)
{
    struct ind_cache *cache = &scorer->cache;
    const int last = cache->config.layers - 1;
    cache->batch = pass->count;
    ind_embed(params, scorer->tokens + (size_t)pass->first * (size_t)scorer->context,
              scorer->context, cache);
    for (int layer = 0; layer < last; layer++) {
        ind_forward_attention(params, layer, NULL, 0, cache);
        score_layer(scorer, params, sink, layer, pass->first);
        ind_forward_output(params, layer, cache);
    }
    if (scorer->value_weighted || ind_scorer_wants_outputs(sink->choices))
        ind_forward_attention(params, last, NULL, 0, cache);
    else
        ind_forward_pattern(params, last, cache);
    score_layer(scorer, params, sink, last, pass->first);
}

static bool wants_positions(const struct ind_score_choices *choices)
{
    for (int c = 0; c < choices->count; c++)
        if (choices->items[c].score->positional)
            return true;
    return false;
}

/* Is a pattern taken from another model, which looks at tokens? */
static bool takes_from_donor(const struct ind_params *params)
{
    return params->standing && params->standing->donor_count > 0;
}

/* A layer that reads nothing but positions: they are its whole input (shortformer adds them
 * itself). */
const float *ind_scorer_positions(struct ind_scorer *scorer, const struct ind_params *params,
                                  int layer)
{
    struct ind_cache *cache = &scorer->positions;
    if (!has_positions(&scorer->cache.config) || takes_from_donor(params))
        return NULL;
    size_t count = (size_t)cache->length * (size_t)cache->config.d_model;
    if (cache->config.positions == IND_POSITIONS_SHORTFORMER)
        memset(cache->residual[layer], 0, count * sizeof(float));
    else
        memcpy(cache->residual[layer], params->W_pos, count * sizeof(float));
    if (cache->position)
        memcpy(cache->position[layer], params->W_pos, count * sizeof(float));
    ind_forward_pattern(params, layer, cache);
    return cache->layers[layer].pattern;
}

/* Positional scores of one head: its pattern (NULL = none) is the same for all sequences. */
static void score_positional_head(const struct ind_scorer *scorer, const struct sink *sink,
                                  int head, const float *pattern)
{
    const struct ind_score_choices *choices = sink->choices;
    struct ind_score_input input = {.pattern = pattern,
                                    .length = scorer->context - 1,
                                    .period = scorer->period,
                                    .compat = scorer->compat};
    for (int c = 0; c < choices->count; c++) {
        if (!choices->items[c].score->positional)
            continue;
        input.argument = choices->items[c].argument;
        double value = pattern ? choices->items[c].score->value(&input) : (double)NAN;
        for (int sequence = 0; sequence < scorer->sequences; sequence++)
            put(sink, sequence, (size_t)head * (size_t)choices->count + (size_t)c, value);
    }
}

static void score_positions(struct ind_scorer *scorer, const struct ind_params *params,
                            const struct sink *sink)
{
    const struct ind_config *config = &scorer->cache.config;
    size_t matrix = (size_t)scorer->cache.length * (size_t)scorer->cache.length;
    for (int layer = 0; layer < config->layers; layer++) {
        const float *patterns = ind_scorer_positions(scorer, params, layer);
        for (int h = 0; h < config->heads; h++)
            score_positional_head(scorer, sink, layer * config->heads + h,
                                  patterns ? patterns + (size_t)h * matrix : NULL);
    }
}

/* Scores of outputs are the same for all sequences. */
static void score_output(const struct ind_scorer *scorer, const struct ind_params *params,
                         const struct sink *sink, int head)
{
    const struct ind_config *config = &scorer->cache.config;
    const struct ind_score_choices *choices = sink->choices;
    const double rows = (double)scorer->sequences * (scorer->context - 1 - scorer->period);
    const struct ind_score_output output = ind_score_output_of(
        params, (struct ind_head){head / config->heads, head % config->heads}, rows,
        scorer->outputs + (size_t)head * ind_score_output_room(config->d_head));
    for (int c = 0; c < choices->count; c++) {
        if (!choices->items[c].score->of_output)
            continue;
        const double value = rows > 0.0 ? choices->items[c].score->of_output(&output) : (double)NAN;
        for (int sequence = 0; sequence < scorer->sequences; sequence++)
            put(sink, sequence, (size_t)head * (size_t)choices->count + (size_t)c, value);
    }
}

static void score_all(struct ind_scorer *scorer, const struct ind_params *params,
                      const struct sink *sink)
{
    const struct ind_config *config = &scorer->cache.config;
    const int heads = config->layers * config->heads;
    struct ind_pass pass = {0};
    memset(scorer->outputs, 0,
           (size_t)heads * ind_score_output_room(config->d_head) * sizeof *scorer->outputs);
    while (ind_pass_next(&pass, scorer->batch, scorer->sequences))
        score_pass(scorer, params, sink, &pass);
    if (wants_positions(sink->choices))
        score_positions(scorer, params, sink);
    for (int head = 0; head < heads && ind_scorer_wants_outputs(sink->choices); head++)
        score_output(scorer, params, sink, head);
}

size_t ind_scorer_cells(const struct ind_scorer *scorer, const struct ind_score_choices *choices)
{
    const struct ind_config *config = &scorer->cache.config;
    return (size_t)config->layers * (size_t)config->heads * (size_t)choices->count;
}

void ind_scorer_run(struct ind_scorer *scorer, const struct ind_params *params,
                    const struct ind_score_choices *choices, double *out)
{
    struct sink sink = {choices, out, false, ind_scorer_cells(scorer, choices)};
    memset(out, 0, sink.cells * sizeof *out);
    score_all(scorer, params, &sink);
    for (size_t i = 0; i < sink.cells; i++)
        out[i] /= scorer->sequences;
}

void ind_scorer_run_each(struct ind_scorer *scorer, const struct ind_params *params,
                         const struct ind_score_choices *choices, double *out)
{
    struct sink sink = {
        .choices = choices, .each = true, .cells = ind_scorer_cells(scorer, choices)};
    sink.out = out;
    score_all(scorer, params, &sink);
}

void ind_scorer_run_share(struct ind_scorer *scorer, const struct ind_params *params,
                          const struct ind_score_choices *choices, int share, int shares,
                          double *each)
{
    struct sink sink = {
        .choices = choices, .out = each, .each = true, .cells = ind_scorer_cells(scorer, choices)};
    struct ind_pass pass = {0};
    for (int turn = 0; ind_pass_next(&pass, scorer->batch, scorer->sequences); turn++)
        if (turn % shares == share)
            score_pass(scorer, params, &sink, &pass);
    if (share == 0 && wants_positions(choices))
        score_positions(scorer, params, &sink);
}
