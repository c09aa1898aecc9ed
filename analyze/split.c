/*
 * induct-split: the exact content/position split of attention scores at every checkpoint.
 *
 * One table a call: means by offset, the positional bump, sources, or accuracy with terms dropped.
 * They share the choice of heads and little else; each is a walk of its own (analyze/split/).
 */
#include "split/parts.h"

#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/data/task.h>

/* The middle of what the model was trained on, as far as its context lets it repeat. */
static int default_period(const struct ind_series *series)
{
    const int middle = (series->recipe.period_lo + series->recipe.period_hi) / 2;
    const int most = series->layout.config.context / 2;
    return middle < most ? middle : most > 1 ? most : 1;
}

/* All heads after layer 0 unless others are named; in a model of one layer those of that one. */
static int choose_heads(struct split *split, const char *selector, struct ind_error *err)
{
    const struct ind_config *config = &split->series->layout.config;
    struct ind_heads *heads = &split->heads;
    if (ind_heads_select(heads, config, selector != NULL ? selector : "*", err))
        return ind_error_context(err, "--heads");
    if (selector == NULL && config->layers > 1) {
        heads->count -= config->heads;
        memmove(heads->items, heads->items + config->heads,
                (size_t)heads->count * sizeof *heads->items);
    }
    return IND_OK;
}

/* ---- The data of all tables but one ---------------------------------------------------------- */

static int make_tokens(struct split *split, struct ind_error *err)
{
    const struct ind_config *config = &split->series->layout.config;
    const int sequences = split->choices->sequences;
    if (split->period == 0)
        split->period = default_period(split->series);
    if (ind_alloc_into(&split->tokens, (size_t)sequences,
                       (size_t)config->context * sizeof *split->tokens, err))
        return IND_FAILED;
    ind_task_eval(config->vocab, config->context, split->tool->seed, split->period, 0, sequences,
                  split->tokens);
    return IND_OK;
}

int split_cache_init(struct ind_cache *cache, const struct split *split, struct ind_error *err)
{
    const struct ind_config *config = &split->series->layout.config;
    return ind_cache_init(cache, config, SPLIT_BATCH, config->context - 1, 0, err);
}

const int32_t *split_pass(const struct split *split, const struct ind_params *params, int first,
                          struct ind_cache *cache)
{
    const int context = split->series->layout.config.context;
    const int last_layer = split->heads.items[split->heads.count - 1].layer;
    const int left = split->choices->sequences - first;
    const int32_t *tokens = split->tokens + (size_t)first * (size_t)context;
    cache->batch = left < SPLIT_BATCH ? left : SPLIT_BATCH;
    ind_embed(params, tokens, context, cache);
    for (int layer = 0; layer < last_layer; layer++) {
        ind_forward_attention(params, layer, NULL, 0, cache);
        ind_forward_output(params, layer, cache);
    }
    ind_forward_attention(params, last_layer, NULL, 0, cache);
    return tokens;
}

/* ---- The program ----------------------------------------------------------------------------- */

static int check_data(const struct split *split, struct ind_error *err)
{
    const struct ind_config *config = &split->series->layout.config;
    if (config->vocab < 2)
        return ind_fail(err, "a vocabulary of %d leaves no token to draw", config->vocab);
    if (config->context < 2)
        return ind_fail(err, "a context of %d leaves nothing to repeat", config->context);
    return IND_OK;
}

static int split_series(struct split *split, const struct split_settings *s)
{
    struct ind_error *err = &split->tool->error;
    const struct ind_config *config = &split->series->layout.config;
    if (ind_split_check(config, err) || check_data(split, err))
        return ind_error_context(err, "%s", split->tool->run);
    if (choose_heads(split, s->heads, err))
        return IND_FAILED;
    if (s->drop != NULL)
        return split_drop(split, s->drop);
    if (make_tokens(split, err))
        return IND_FAILED;
    return s->sources ? split_sources(split) : split_offsets(split, s->bump, &s->offsets);
}

static int run(struct ind_tool *tool, struct split_settings *s)
{
    struct ind_series series;
    struct split split = {
        .tool = tool, .series = &series, .choices = &s->choices, .period = s->period};
    if ((s->drop != NULL) + s->sources + s->bump > 1)
        ind_tool_usage(tool, "--drop, --sources and --bump are tables of their own: say one");
    if (s->drop != NULL && s->period != 0)
        ind_tool_usage(tool, "--drop measures accuracy at --periods, not at one --period");
    if (s->drop == NULL && (s->choices.periods_set || s->resamples_set))
        ind_tool_usage(tool, "--periods and --resamples go with --drop");
    if (ind_tool_series(tool, &series))
        return IND_FAILED;
    const int status = split_series(&split, s);
    ind_heads_release(&split.heads);
    free(split.tokens);
    ind_series_close(&series);
    return status;
}

int main(int argc, char **argv)
{
    struct split_settings s = {.choices = {.sequences = 64, .resamples = 1000}};
    const struct ind_option options[] = {
        {IND_OPTION("heads", struct split_settings, heads), .arg = "HEADS",
         .help = "whose scores, as L1H0 or 'L1H*' (quote it: an unquoted * is the shell's); "
                 "default all "
                 "after layer 0"},
        {IND_OPTION("bump", struct split_settings, bump),
         .help = "the positional bump: one number a head"},
        {IND_OPTION("sources", struct split_settings, sources),
         .help = "the induction target's score advantage, by sources of query and key"},
        {IND_OPTION("drop", struct split_settings, drop), .arg = "LIST",
         .help = "accuracy with terms taken from the scores: cc, cp, pc, pp, each alone; pp+cp "
                 "together"},
        {IND_OPTION("sequences", struct split_settings, choices.sequences), .key = 'n', .arg = "N",
         .help = "sequences behind each figure (default 64)", .minimum = 1, .maximum = 1e5},
        {IND_OPTION("period", struct split_settings, period), .arg = "N",
         .help = "their period (default: the middle of the trained ones)", .minimum = 1,
         .maximum = 65536},
        {IND_OPTION("offsets", struct split_settings, offsets), .arg = "A:B",
         .help =
             "offsets that count as trained, for --bump (default: the trained periods minus one)",
         .minimum = 0, .maximum = 65536},
        {IND_OPTION("periods", struct split_settings, choices.periods), .key = 'p', .arg = "LIST",
         .help = "with --drop: periods (default: the trained ones' first, middle and last, and "
                 "those that "
                 "the run measured outside them)",
         .minimum = 1, .maximum = 65536},
        {IND_OPTION("resamples", struct split_settings, choices.resamples), .arg = "N",
         .help = "with --drop: bootstrap resamples (default 1000; 0 = no intervals)", .minimum = 0,
         .maximum = 1e4},
        {0}};
    const struct ind_about about = {
        .name = "induct-split",
        .summary = "content and position terms of attention scores at every checkpoint of a run",
        .details =
            "With the patterns of earlier layers held, every residual is a content part\n"
            "(from W_E) plus a position part (from W_pos), both carried through earlier\n"
            "heads; so a later head's score is exactly cc + cp + pc + pp, the first letter\n"
            "for the query, the second for the key. Biases count as content. Models with\n"
            "LayerNorm, or without a position table in the residual, have no such split.\n"
            "\n"
            "Columns: epoch head offset cc cp pc pp total pairs\n"
            "\n"
            "  cc .. pp  mean of each term over all query-key pairs at that offset\n"
            "            (query position minus key position), in units of scores\n"
            "  total     the same of the model's scores: what the terms sum to\n"
            "\n"
            "--bump: epoch head bump within inside beyond before\n"
            "\n"
            "  inside    mean of pp over the trained offsets, period - 1 of each trained\n"
            "            period: where the induction target lies\n"
            "  beyond    mean over all longer offsets; before: over shorter ones, from 1\n"
            "  bump      inside - beyond\n"
            "  within    the difference taken in each row that sees both, then averaged:\n"
            "            softmax compares within a row alone\n"
            "\n"
            "--sources: epoch head query_source key_source advantage\n"
            "\n"
            "  advantage  in row i of the second copy, the score at the induction target\n"
            "             i - period + 1 minus the mean over the other visible keys, of the\n"
            "             part of the score whose query and key come from these sources:\n"
            "             token, position, each earlier head (and bias). A head's rows sum\n"
            "             to the advantage of its whole score\n"
            "\n"
            "--drop: epoch dropped period accuracy accuracy_dropped accuracy_delta delta_lo\n"
            "delta_hi loss loss_dropped loss_delta predictions\n"
            "\n"
            "  dropped    terms taken from the scores of --heads; their values stay\n"
            "  accuracy   as in induct-eval; _delta = dropped minus as it is, with a 95 %\n"
            "             interval (paired bootstrap over sequences)",
        .examples = "induct-split runs/2L-varied-60k-seed0 --epochs last\n"
                    "induct-split --bump -o bump.tsv\n"
                    "induct-split --drop pp --periods 5,10,25,35,40 --epochs ::1000\n"
                    "induct-split --sources --heads L1H0 --epochs 20000,60000 --period 25",
        .operand = IND_OPERAND_RUN,
        .epochs = true,
        .table = true};
    struct ind_tool tool;
    ind_tool_start(&tool, &about, options, &s, argc, argv);
    s.choices.periods_set = ind_tool_given(&tool, "periods");
    s.resamples_set = ind_tool_given(&tool, "resamples");
    const int status = run(&tool, &s);
    ind_ints_release(&s.choices.periods);
    ind_ints_release(&s.offsets);
    return ind_tool_finish(&tool, status);
}
