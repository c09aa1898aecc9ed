/*
 * A two-layer induction circuit built by hand: every pattern, score and logit is known in closed
 * form.
 *
 * V = vocab, T = context. The residual stream has four parts, each one-hot:
 *
 *   token     [V]  what W_E writes: W_E[v] = e_v
 *   position  [T]  what W_pos writes: W_pos[i] = e_i
 *   previous  [V]  what L0H0 writes: the token before
 *   output    [V]  what L1H0 writes and W_U reads: logit_t = gain * output_t
 *
 * so d_model = 3V + T, and d_head = max(V, T) (handbuilt_config makes such a configuration). With
 * s0 = previous_sharpness, s1 = induction_sharpness, and positions from 0:
 *
 * L0H0, previous token. QK moves position i to i - 1, OV copies token to previous:
 *
 *   score_ij = s0 [j = i-1]
 *   A_ij     = e^s0 / (e^s0 + i) at j = i-1,  1 / (e^s0 + i) elsewhere (j <= i);  A_00 = 1
 *
 * The same from positions alone, so its positional prev-token score equals its prev-token score.
 *
 * L1H0, induction. Q reads token, K reads previous (and position 0, whose "previous token" would be
 * its own: it attended to itself), OV copies token to output. If s0 >= 100, so that L0H0 is exact,
 *
 *   score_ij = s1 ([token_{j-1} = token_i] - [j = 0]),  where token_{-1} stands for token_0
 *   A_ij     = e^score_ij / sum over j' <= i
 *
 * In a repeated sequence of period n without a token that occurs twice in a period, and s1 >= 100:
 *
 *   i >= n:     1 / floor(i/n) at j = i - mn + 1, m = 1..floor(i/n); exactly 0 elsewhere
 *   0 < i < n:  1 / i at j = 1..i, 0 at j = 0
 *   i = 0:      1
 *
 * Every other head (any head but 0, any layer but 0 and 1) has zero weights: scores 0, pattern
 * 1/(i+1), z 0.
 *
 * Logits at i >= n: gain at the next token, 0 elsewhere: accuracy 1, and each such prediction has
 * the loss log(e^gain + V - 1) - gain.
 *
 * Circuits, with r = sqrt(d_head) or attn_scale (I: identity on V):
 *   W_E OV_10 W_U = gain I (copying 1);  W_E QK_10 OV_00^T W_E^T = s1 r I (matching 1);
 *   pos QK_00 pos^T = s0 r [j = i-1];  OV_00 and OV_10 have V singular values 1, QK_00 has T-1 of
 *   s0 r, QK_10 has V-1 of s1 r and one of s1 r sqrt(1+V);  composition of L0H0 with L1H0: K =
 *   1/sqrt(2V), Q = V = 0.
 */
#ifndef INDUCT_TESTS_SUPPORT_HANDBUILT_H
#define INDUCT_TESTS_SUPPORT_HANDBUILT_H

#include <stdint.h>

#include <induct/model/params.h>

/* A sharpness at which exp of the difference is exactly 0 in float. */
enum { HANDBUILT_CERTAIN = 200 };

/* Weights and what they were made from; owner. */
struct handbuilt {
    struct ind_layout layout;
    struct ind_params params;
    double previous_sharpness, induction_sharpness, gain;
};

/* Two layers, learned positions, plain; heads >= 1. */
struct ind_config handbuilt_config(int vocab, int context, int heads);

/* config: from handbuilt_config, perhaps with more layers, a larger d_model or d_head, or another
   attn_scale. Aborts the test if it cannot hold the circuit. */
void handbuilt_init(struct handbuilt *handbuilt, const struct ind_config *config,
                    double previous_sharpness, double induction_sharpness, double gain);
void handbuilt_release(struct handbuilt *handbuilt);

/* The closed forms of A_ij; the second for any tokens, repeated ones too. */
double handbuilt_previous_pattern(const struct handbuilt *handbuilt, int i, int j);
double handbuilt_induction_pattern(const struct handbuilt *handbuilt, const int32_t *tokens, int i,
                                   int j);

/* A repeated sequence of distinct tokens: token_i = 1 + (start + i mod period) mod (vocab - 1).
   period < vocab. */
void handbuilt_sequence(int vocab, int period, int start, int length, int32_t *tokens);

#endif
