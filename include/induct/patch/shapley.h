/*
 * What each head contributes, if heads stand in for one another: Shapley values over all subsets.
 *
 * A game gives a value v(S) to every subset S of n players; here players are heads, and v(S) is the
 * number of right predictions, or the loss, of the model in which the players outside S are
 * ablated.
 *
 *   value        phi_i  = sum over S without i     of |S|! (n-|S|-1)! / n!     [v(S+i) - v(S)]
 *   interaction  I_ij   = sum over S without i, j  of |S|! (n-|S|-2)! / (n-1)! [v(S+i+j) - v(S+i) -
 *   v(S+j) + v(S)]
 *
 * (Shapley 1953; Grabisch and Roubens 1999.) Values sum to v(all) - v(none); a player that changes
 * no v(S) has value 0 and interaction 0 with all; players that can be exchanged have equal values.
 * Both are linear in v, so a mean over sequences of the terms is the term of the mean.
 *
 * All 2^n subsets are run, sharing what they can: subsets are a tree over layers, attention of a
 * layer is computed once for each subset of the heads before it.
 */
#ifndef INDUCT_PATCH_SHAPLEY_H
#define INDUCT_PATCH_SHAPLEY_H

#include <induct/patch/ablate.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { IND_SHAPLEY_PLAYERS = 12 };

/* Terms of a game of n players, in this order: v(none), v(all), n values, and n(n-1)/2 interactions
 * (0,1), (0,2) .. (1,2) .. */
enum { IND_SHAPLEY_NONE, IND_SHAPLEY_ALL, IND_SHAPLEY_VALUES };
int ind_shapley_count(int players);

/* game [2^players], subset S at index sum of 2^i over i in S; terms [ind_shapley_count(players)].
 * 1 <= players <= IND_SHAPLEY_PLAYERS. */
void ind_shapley_terms(int players, const double *game, double *terms);

/* The game of heads. One a thread; owner. */
struct ind_shapley {
    struct ind_ablator ablator;
    enum ind_ablation_mode mode;
    const struct ind_head *heads; /* [players], borrowed */
    int players;
    float *present; /* [layers, batch, length, heads, d_head]: z of present heads, and
                                      in each layer their position part behind it, if carried */
    struct ind_eval_count *counts; /* [2^players, batch] */
    double *game;                  /* [2^players] */
};

/* heads in layer-then-head order; more than IND_SHAPLEY_PLAYERS are an error. */
IND_CHECKED int ind_shapley_init(struct ind_shapley *shapley, const struct ind_config *config,
                                 int length, enum ind_ablation_mode mode,
                                 const struct ind_head *heads, int players, struct ind_error *err);
void ind_shapley_release(struct ind_shapley *shapley);

/* Terms of every sequence, correct [data->sequences, terms] of the number of right predictions and
 * loss, the same shape, of its sum. reference: as for ind_ablate. */
void ind_shapley_run(struct ind_shapley *shapley, const struct ind_params *params,
                     const struct ind_eval_data *data, const int32_t *reference, double *correct,
                     double *loss);

#ifdef __cplusplus
}
#endif
#endif
