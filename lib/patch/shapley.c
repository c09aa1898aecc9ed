/*
 * Shapley values: the tree of subsets over layers, and the sums over it.
 */
#include <induct/patch/shapley.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

#include "patch/work.h"

/* ---- Terms of a game ------------------------------------------------------------------------ */

int ind_shapley_count(int players)
{
    return IND_SHAPLEY_VALUES + players + players * (players - 1) / 2;
}

/* s! (n-s-1)! / n!: the share of the n! orders in which a given player comes after s given
   others. */
static double share(int n, int s)
{
    double value = 1.0 / n;
    for (int i = 1; i <= s; i++)
        value *= (double)i / (n - i);
    return value;
}

static double value_of(int n, const double *game, unsigned player)
{
    double sum = 0.0;
    for (unsigned s = 0; s < 1U << n; s++) {
        if ((s & player) == 0)
            sum += share(n, __builtin_popcount(s)) * (game[s | player] - game[s]);
    }
    return sum;
}

/* What b gains with a there, less what it gains without: exactly 0 if either changes nothing. */
static double interaction_of(int n, const double *game, unsigned a, unsigned b)
{
    double sum = 0.0;
    for (unsigned s = 0; s < 1U << n; s++) {
        if ((s & (a | b)) == 0)
            sum += share(n - 1, __builtin_popcount(s)) *
                   ((game[s | a | b] - game[s | a]) - (game[s | b] - game[s]));
    }
    return sum;
}

void ind_shapley_terms(int players, const double *game, double *terms)
{
    assert(players >= 1 && players <= IND_SHAPLEY_PLAYERS);
    *terms++ = game[0];
    *terms++ = game[(1U << players) - 1];
    for (int i = 0; i < players; i++)
        *terms++ = value_of(players, game, 1U << i);
    for (int i = 0; i < players; i++) {
        for (int j = i + 1; j < players; j++)
            *terms++ = interaction_of(players, game, 1U << i, 1U << j);
    }
}

/* ---- The game of heads ---------------------------------------------------------------------- */

int ind_shapley_init(struct ind_shapley *shapley, const struct ind_config *config, int length,
                     enum ind_ablation_mode mode, const struct ind_head *heads, int players,
                     struct ind_error *err)
{
    *shapley = (struct ind_shapley){.mode = mode, .heads = heads, .players = players};
    assert(players >= 1);
    if (players > IND_SHAPLEY_PLAYERS)
        return ind_fail(err, "%d heads have too many subsets: at most %d", players,
                        IND_SHAPLEY_PLAYERS);
    const size_t subsets = (size_t)1 << players;
    if (ind_ablator_init(&shapley->ablator, config, length, ind_ablation_mode_needs(mode), err))
        return IND_FAILED;
    const size_t batch = (size_t)shapley->ablator.evaluator.batch;
    const size_t parts = config->position_part ? 2 : 1;
    const size_t z = parts * batch * (size_t)length * ind_z_width(config);
    if (ind_alloc_into(&shapley->present, (size_t)config->layers, z * sizeof(float), err) ||
        ind_alloc_into(&shapley->counts, subsets, batch * sizeof *shapley->counts, err) ||
        ind_alloc_into(&shapley->game, subsets, sizeof(double), err)) {
        ind_shapley_release(shapley);
        return IND_FAILED;
    }
    return IND_OK;
}

void ind_shapley_release(struct ind_shapley *shapley)
{
    ind_ablator_release(&shapley->ablator);
    free(shapley->present);
    free(shapley->counts);
    free(shapley->game);
    *shapley = (struct ind_shapley){0};
}

/* One batch on its way through the tree. */
struct descent {
    struct ind_shapley *shapley;
    const struct ind_params *params;
    const struct ind_eval_data *data;
    int first; /* sequence of the batch */
};

static void descend(const struct descent *at, int layer, int player, unsigned subset);

/* Players first..end-1 are those of `layer`: every subset of them, the rest ablated. */
static void branch(const struct descent *at, int layer, int first, int end, unsigned subset)
{
    struct ind_shapley *shapley = at->shapley;
    struct ind_ablator *ablator = &shapley->ablator;
    struct ind_cache *arm = &ablator->arm;
    const size_t width = ind_z_width(&arm->config);
    const size_t size = (size_t)arm->batch * (size_t)arm->length * width;
    const size_t parts = arm->config.position_part ? 2 : 1;
    const size_t room = parts * (size_t)ablator->evaluator.batch * (size_t)arm->length * width;
    float *present = shapley->present + (size_t)layer * room;
    const bool entered = layer == shapley->heads[0].layer;
    memcpy(present, arm->layers[layer].z, size * sizeof *present);
    if (parts == 2)
        memcpy(present + size, arm->layers[layer].position_z, size * sizeof *present);
    for (unsigned chosen = 0; chosen < 1U << (end - first); chosen++) {
        memcpy(arm->layers[layer].z, present, size * sizeof *present);
        if (parts == 2)
            memcpy(arm->layers[layer].position_z, present + size, size * sizeof *present);
        for (int player = first; player < end; player++) {
            if ((chosen >> (player - first) & 1U) == 0)
                ind_ablator_replace(ablator, shapley->mode, shapley->heads[player],
                                    entered ? &ablator->evaluator.cache : arm);
        }
        ind_forward_output(at->params, layer, arm);
        descend(at, layer + 1, end, subset | chosen << first);
    }
}

/* From the arm's residual in front of `layer`, of which `player` is the first player not decided
 * on; in the first player's layer z is there already. */
static void descend(const struct descent *at, int layer, int player, unsigned subset)
{
    struct ind_shapley *shapley = at->shapley;
    struct ind_ablator *ablator = &shapley->ablator;
    int end = player;
    if (layer == ablator->arm.config.layers) {
        ind_ablator_count(ablator, at->params, at->data, at->first,
                          shapley->counts + (size_t)subset * ablator->evaluator.batch);
        return;
    }
    if (layer > shapley->heads[0].layer)
        ind_ablator_attend(ablator, at->params, shapley->mode, layer);
    while (end < shapley->players && shapley->heads[end].layer == layer)
        end++;
    branch(at, layer, player, end, subset);
}

/* Terms of the batch's sequences from the counts of all subsets. */
static void put_terms(struct ind_shapley *shapley, int first, double *correct, double *loss)
{
    const struct ind_ablator *ablator = &shapley->ablator;
    const size_t subsets = (size_t)1 << shapley->players;
    const size_t terms = (size_t)ind_shapley_count(shapley->players);
    const size_t batch = (size_t)ablator->evaluator.batch;
    for (int b = 0; b < ablator->arm.batch; b++) {
        const size_t sequence = (size_t)first + (size_t)b;
        for (size_t s = 0; s < subsets; s++)
            shapley->game[s] = shapley->counts[s * batch + b].correct;
        ind_shapley_terms(shapley->players, shapley->game, correct + sequence * terms);
        for (size_t s = 0; s < subsets; s++)
            shapley->game[s] = shapley->counts[s * batch + b].loss;
        ind_shapley_terms(shapley->players, shapley->game, loss + sequence * terms);
    }
}

void ind_shapley_run(struct ind_shapley *shapley, const struct ind_params *params,
                     const struct ind_eval_data *data, const int32_t *reference, double *correct,
                     double *loss)
{
    struct ind_ablator *ablator = &shapley->ablator;
    const int last = shapley->heads[shapley->players - 1].layer;
    const bool resampled = shapley->mode == IND_ABLATION_RESAMPLE;
    assert(reference != NULL || !(ablator->needs & IND_ABLATOR_REFERS));
    if (shapley->mode == IND_ABLATION_MEAN)
        ind_ablator_average(ablator, params, data, reference, last);
    struct ind_pass pass = {0};
    while (ind_pass_next(&pass, ablator->evaluator.batch, data->sequences)) {
        const struct descent at = {shapley, params, data, pass.first};
        ind_ablator_begin(ablator, params, data, &pass, resampled ? reference : NULL, last);
        ind_ablator_enter(ablator, shapley->heads[0].layer);
        descend(&at, shapley->heads[0].layer, 0, 0);
        put_terms(shapley, pass.first, correct, loss);
    }
}
