#include "plot/work.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/optim/llc.h>

#include "plot/arguments.h"

enum { SAMPLE = 64, LLC_SAMPLE = 1024, MATRIX_ROWS = 4096 }; /* the programs' own defaults */

static const struct ind_config *config_of(const struct ind_plot_run *run)
{
    return &run->series->layout.config;
}

/* So many passes, each of one sequence. */
static double passes(const struct ind_plot_run *run, double count)
{
    const struct ind_config *config = config_of(run);
    return count * ind_config_operations(config, config->context - 1);
}

static double heads_of(const struct ind_plot_run *run)
{
    return (double)config_of(run)->layers * config_of(run)->heads;
}

/* Of an earlier layer's head with a later one's. */
static double pairs_of(const struct ind_plot_run *run)
{
    return heads_of(run) * (heads_of(run) - config_of(run)->heads) / 2;
}

/* Sequences of an intervention, of every period of causes. */
static double sequences_of_causes(const struct ind_plot_run *run)
{
    char *list = ind_plot_periods_of_causes(run);
    double count = 1;
    for (const char *at = list; at && (at = strchr(at, ',')); at++)
        count++;
    free(list);
    return count * run->choices.sequences;
}

/* ---- Of each table --------------------------------------------------------------------------- */

double ind_work_scores(const struct ind_plot_run *run)
{
    return passes(run, SAMPLE);
}

double ind_work_periods(const struct ind_plot_run *run)
{
    char *list = ind_plot_profile_of_periods(run);
    int lo = 1, hi = 1, step = 1;
    if (list)
        sscanf(list, "%d:%d:%d", &lo, &hi, &step);
    free(list);
    return passes(run, SAMPLE * ((hi - lo) / step + 1.0));
}

double ind_work_clean(const struct ind_plot_run *run)
{
    return passes(run, sequences_of_causes(run));
}

/* Predictions are compared with those of every rule. */
double ind_work_strategy(const struct ind_plot_run *run)
{
    return passes(run, 2 * sequences_of_causes(run));
}

/* Two periods; the unembedding once more a layer. */
double ind_work_lens(const struct ind_plot_run *run)
{
    const struct ind_config *c = config_of(run);
    const double unembedding = (c->context - 1.0) * 2 * c->d_model * c->vocab;
    return 2 * run->choices.sequences * (passes(run, 1) + c->layers * unembedding);
}

/* Every source of every head's Q, K and V, and of the logits; each from the reader's layer on, half
 * a pass in the mean. */
double ind_work_edges(const struct ind_plot_run *run)
{
    const double edges = 3 * (2 * heads_of(run) + pairs_of(run)) + 2 + heads_of(run);
    return passes(run, run->choices.sequences * edges / 2);
}

/* Decompositions of two matrices a head, by vector units less well used than by products. */
double ind_work_spectrum(const struct ind_plot_run *run)
{
    const struct ind_config *c = config_of(run);
    return 400 * heads_of(run) * c->d_model * c->d_head * c->d_head;
}

/* Matrices of the vocabulary: of every head, and of every pair through which one matches. */
double ind_work_circuit(const struct ind_plot_run *run)
{
    const struct ind_config *c = config_of(run);
    const double rows = c->vocab < MATRIX_ROWS ? c->vocab : MATRIX_ROWS;
    return (heads_of(run) + pairs_of(run)) * rows * c->vocab * 2 * c->d_head;
}

/* Q, K and V of every pair, and what heads put out. */
double ind_work_compose(const struct ind_plot_run *run)
{
    const struct ind_config *c = config_of(run);
    return passes(run, SAMPLE) + pairs_of(run) * 3 * 4 * c->d_model * c->d_head * c->d_head;
}

/* A pass without each head, from its layer on. */
double ind_work_ablate(const struct ind_plot_run *run)
{
    return passes(run, sequences_of_causes(run) * (1 + heads_of(run) / 2));
}

/* Every subset; what they have in common is computed once. */
double ind_work_shapley(const struct ind_plot_run *run)
{
    return passes(run, run->choices.sequences * exp2(heads_of(run)) / 4);
}

double ind_work_llc(const struct ind_plot_run *run)
{
    const struct ind_llc_settings settings = {
        .chains = IND_LLC_CHAINS, .burn_in = IND_LLC_BURN_IN, .steps = IND_LLC_STEPS};
    const int batch = ind_llc_batch(run->series->recipe.batch, LLC_SAMPLE);
    const int parts = 1 + (run->has & IND_NEEDS_FEW ? (int)heads_of(run) : 0);
    return passes(run, 3 * batch * ind_llc_gradients(&settings, parts) + LLC_SAMPLE);
}

/* Virtual heads are pairs of heads. */
double ind_work_paths(const struct ind_plot_run *run)
{
    return passes(run, run->choices.sequences * (4 + heads_of(run) * heads_of(run) / 32));
}

double ind_work_split(const struct ind_plot_run *run)
{
    return passes(run, 2 * run->choices.sequences);
}

double ind_work_drop(const struct ind_plot_run *run)
{
    return passes(run, 2 * sequences_of_causes(run));
}

/* Two periods; the donor, the target and what is grafted. */
double ind_work_graft(const struct ind_plot_run *run)
{
    return passes(run, 6 * run->choices.sequences);
}

/* The head and its placebos: all others of its layer, and random ones. */
double ind_work_rescue(const struct ind_plot_run *run)
{
    return passes(run, sequences_of_causes(run) * (2 + config_of(run)->heads));
}
