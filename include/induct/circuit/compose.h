/*
 * Composition of an earlier head 1 (the writer) with a later head 2 (the reader): how much of what
 * the one writes the other reads, from the weights (Elhage et al. 2021, in row order; DEFINITIONS,
 * section 6).
 *
 *   Q   s = ||OV_1 QK_2||_F   / (||OV_1||_F ||QK_2||_F)      through the reader's queries
 *   K   s = ||OV_1 QK_2^T||_F / (||OV_1||_F ||QK_2||_F)      through its keys
 *   V   s = ||OV_1 OV_2||_F   / (||OV_1||_F ||OV_2||_F)      through its values
 *
 * The reader's side is B = R F^T with R = W_Q, W_K or W_V, what meets the writer, and F = W_K, W_Q
 * or W_O^T. With X = W_O1 R [k,k], all is k x k:
 *
 *   ||OV_1 B||^2 = tr[ (W_V1^T W_V1) X (F^T F) X^T ]
 *
 * CHANCE. With M = OV_1^T OV_1 and N = B B^T, s^2 = tr(M N) / (tr M tr N). If one factor is turned
 * by a uniformly random rotation of the residual stream, spectra kept,
 *
 *   E[s^2]   = 1/d exactly
 *   Var[s^2] = 2 / ((d-1)(d+2)) * ||M_0||_F^2 ||N_0||_F^2 / (tr M tr N)^2,  M_0 = M - (tr M / d) I
 *
 * so z = (s^2 - 1/d) / sqrt(Var) is exact in its mean and variance; `chance` is sqrt(1/d), the root
 * of the mean square, hence s > chance exactly where z > 0. s^2 cannot be negative, so z has a
 * floor, -(1/d)/sqrt(Var), and its null is skewed to the right: p is that of a gamma variable with
 * the two moments of s^2, two-sided, 2 min(P(S <= s^2), P(S >= s^2)), for a head may also avoid
 * another. (The normal tail is several times too thin where Holm's threshold lies.) p_holm is
 * Holm's adjustment over all pairs and kinds of one checkpoint, whatever is printed of them; of 400
 * untrained models of two shapes 4.5 and 5.3 % hold any p_holm below .05, where the normal tail
 * made it 9 and 37 % (tests/circuit/test_compose_family.c). Far out a p is a size, not a
 * probability: nobody has seen the null there.
 *
 * s is blind to scale and to what the data does. Beside it stand
 *
 *   overlap    ||U^T V||_F^2 with U an orthonormal basis of what the writer can write (rows of
 *              W_O1) and V of what the reader can see (columns of R): of the dimensions of the one,
 *              how many lie in the other. Chance u v / d, u and v the two ranks: k^2/d at full rank;
 *              the variance is that of s^2 above with projectors for M and N, exactly
 *              2 / ((d-1)(d+2)) * (u - u^2/d) (v - v^2/d), and overlap_z in units of its root.
 *   weighted   s with head 1's real output in place of white input: M = C, the covariance (about
 *              the mean, over all positions of all sequences) of head 1's output z W_O on
 *              evaluation data: sqrt( tr(C N) / (tr C tr N) ), C = W_O^T Cov(z) W_O. Its chance is
 *              sqrt(1/d) too.
 *
 * None of them changes under W_Q -> W_Q G, W_K -> W_K G^-T or W_V -> W_V H, W_O -> H^-1 W_O, nor
 * under a rotation of the whole residual stream. A head that is zero (or does nothing on the data)
 * has no score: NaN, and it is no test.
 */
#ifndef INDUCT_CIRCUIT_COMPOSE_H
#define INDUCT_CIRCUIT_COMPOSE_H

#include <induct/circuit/factors.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ind_composition_kind { IND_COMPOSE_Q, IND_COMPOSE_K, IND_COMPOSE_V };
enum { IND_COMPOSITION_KINDS = 3 };

/* "q", "k", "v" */
const char *ind_composition_kind_name(enum ind_composition_kind kind);

/* One pair in one kind. */
struct ind_composition {
    struct ind_head writer, reader;
    enum ind_composition_kind kind;
    double score, chance;
    double excess; /* score^2 - 1/d */
    double z, p, p_holm;
    double overlap, overlap_chance, overlap_z; /* z is NaN where one spans everything */
    double weighted;                           /* NaN without covariances */
};

/* All pairs of a model, writer's layer < reader's layer, times three kinds; 0 for one layer. */
size_t ind_composition_count(const struct ind_config *config);

/* Owner of one thread's scratch: factors, Gram matrices and bases of all heads, computed once a
 * checkpoint and shared by the pairs. */
struct ind_composer {
    struct ind_composer_work *work; /* private */
};

IND_CHECKED int ind_composer_init(struct ind_composer *composer, const struct ind_config *config,
                                  enum ind_fold fold, struct ind_error *err);
void ind_composer_release(struct ind_composer *composer);

/*
 * out [ind_composition_count()], writers in layer-then-head order, for each the readers in that
 * order, for each q, k, v. covariance [layers * heads, d_head, d_head] of every head's z, as
 * ind_outputs_run gives it (only writers are looked at); NULL = none, `weighted` is NaN.
 */
IND_CHECKED int ind_composer_run(struct ind_composer *composer, const struct ind_params *params,
                                 const double *covariance, struct ind_composition *out,
                                 struct ind_error *err);

/* ---- What the heads put out on data ---------------------------------------------------------- */

/* Covariances of z, the pattern-weighted values of every head but those of the last layer, whose
 * output no head reads. One a thread; owner. */
struct ind_outputs {
    struct ind_outputs_work *work; /* private */
};

/* tokens [sequences, context] are borrowed; of each sequence the first `length` <= context tokens
 * are used. Memory is bounded: long or many sequences are run in groups. */
IND_CHECKED int ind_outputs_init(struct ind_outputs *outputs, const struct ind_config *config,
                                 const int32_t *tokens, int sequences, int length,
                                 struct ind_error *err);
void ind_outputs_release(struct ind_outputs *outputs);

/* covariance [layers * heads, d_head, d_head], about the mean over all rows of all sequences; NaN
 * for the last layer. */
void ind_outputs_run(struct ind_outputs *outputs, const struct ind_params *params,
                     double *covariance);

#ifdef __cplusplus
}
#endif
#endif
