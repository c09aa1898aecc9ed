/*
 * The circuits of a head as seen by tokens and positions (Elhage et al. 2021; DEFINITIONS, section
 * 6):
 *
 *   qk            W_E QK W_E^T   [vocab, vocab]      query token  x key token
 *   qk-pos        pos QK pos^T   [context, context]  query position x key position
 *   qk-token-pos  W_E QK pos^T   [vocab, context]    query token  x key position
 *   qk-pos-token  pos QK W_E^T   [context, vocab]    query position x key token
 *   ov            W_E OV W_U     [vocab, vocab]      source token x its effect on each logit
 *   ov-pos        pos OV W_U     [context, vocab]    source position x its effect on each logit
 *   match:L0H2    W_E QK OV_1^T W_E^T [vocab, vocab] query token x token that head 1 = L0H2, of an
 *                                                    earlier layer, has moved to the key
 *
 * QK does not contain the scores' divisor. All are of rank <= d_head and are kept so, as left
 * right^T; no [vocab, vocab] matrix exists unless a caller forms it from rows. Reading LayerNorm:
 * circuit/factors.h; ov and ov-pos fold ln_final likewise.
 *
 * Rotary positions: QK is the circuit at distance zero. Shortformer positions enter queries and
 * keys only, after LayerNorm.
 */
#ifndef INDUCT_CIRCUIT_CIRCUIT_H
#define INDUCT_CIRCUIT_CIRCUIT_H

#include <induct/circuit/factors.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ind_circuit_kind {
    IND_CIRCUIT_QK,
    IND_CIRCUIT_QK_POS,
    IND_CIRCUIT_QK_TOKEN_POS,
    IND_CIRCUIT_QK_POS_TOKEN,
    IND_CIRCUIT_OV,
    IND_CIRCUIT_OV_POS,
    IND_CIRCUIT_MATCH
};

/* Which circuit of which head; `via` is head 1 of a match. */
struct ind_circuit_name {
    enum ind_circuit_kind kind;
    struct ind_head head, via;
};

/* "qk-pos", "match:L0H2" -> kind and via. An unknown word fails listing the known ones. */
IND_CHECKED int ind_circuit_parse(const char *text, const struct ind_config *config,
                                  struct ind_circuit_name *name, struct ind_error *err);

/* The reverse, into text; returns it. */
char *ind_circuit_text(const struct ind_circuit_name *name, char text[32]);

/* What a row and a column of the circuit stand for: "query token", "logit" ... */
const char *ind_circuit_rows_name(enum ind_circuit_kind kind);
const char *ind_circuit_cols_name(enum ind_circuit_kind kind);

/* "W_E QK W_E^T" */
const char *ind_circuit_formula(enum ind_circuit_kind kind);

/* Does a row (a column) stand for a position rather than a token? */
bool ind_circuit_rows_are_positions(enum ind_circuit_kind kind);
bool ind_circuit_cols_are_positions(enum ind_circuit_kind kind);

/* Refuses what the model does not have: a position form without a position table, ov-pos where
 * positions do not reach the values, a match through a head that is not earlier. */
IND_CHECKED int ind_circuit_check(const struct ind_circuit_name *name,
                                  const struct ind_config *config, struct ind_error *err);

/* One circuit at a time, = left right^T, and the scratch to make it; one a thread, owner. Its size
 * is 2 max(vocab, context) d_head doubles and some tiles. */
struct ind_circuit {
    int rows, cols, rank; /* of the circuit made last */
    double *left, *right; /* [rows, rank], [cols, rank] */
    const int *tokens;    /* [token_count]: the tokens that circuits are made of, borrowed; */
    int token_count;      /* at most vocab. NULL, as init leaves it = all */
    struct ind_circuit_work *work; /* private */
};

IND_CHECKED int ind_circuit_init(struct ind_circuit *circuit, const struct ind_config *config,
                                 enum ind_fold fold, struct ind_error *err);
void ind_circuit_release(struct ind_circuit *circuit);

/* Makes the circuit, which the model must have (ind_circuit_check). */
void ind_circuit_make(struct ind_circuit *circuit, const struct ind_params *params,
                      const struct ind_circuit_name *name);

/* What ind_circuit_make would, after it has made the match circuit of the same head, parameters and
 * tokens through another head 1: the queries' side is in place. */
void ind_circuit_change_via(struct ind_circuit *circuit, const struct ind_params *params,
                            const struct ind_circuit_name *name);

/* Its rows first..first+count-1 in full: out [count, cols]. */
void ind_circuit_rows(const struct ind_circuit *circuit, int first, int count, double *out);

/* ---- Summaries ------------------------------------------------------------------------------- */

/*
 * sum Re(lambda) / sum |lambda| over the eigenvalues of a square circuit, in [-1, 1]: 1 when it
 * maps every token to itself (Elhage et al. 2021). They are those of right^T left [rank, rank]. NaN
 * for a circuit of zeros.
 *
 * It is blind to much: eigenvalues of a matrix far from normal say little about its entries. Hence
 * the two below.
 */
IND_CHECKED int ind_circuit_eigen(struct ind_circuit *circuit, double *value,
                                  struct ind_error *err);

/*
 * Of the entry (v, v - shift) of each row v >= shift: shift 0 is the diagonal, shift 1 the previous
 * position.
 *
 *   top1   share of rows in which it is larger than every other entry (a tie is none)
 *   z      mean over rows of (entry - mean of the row) / standard deviation of the row; a constant
 *          row is left out
 *
 * Every token counts, also token 0, which the study's data never hold. With `step` > 1 only every
 * step-th row is looked at, each still in full: for vocabularies of 50,000. The circuit is formed
 * tile by tile. NaN if there is no row.
 */
struct ind_circuit_diagonal {
    double top1, z;
};
struct ind_circuit_diagonal ind_circuit_diagonal(struct ind_circuit *circuit, int shift, int step);

/*
 * Of qk-pos, each row t >= 1 only as far as a causal head sees it, s <= t:
 *
 *   top1       share of positions t = 1..context-1 whose largest entry is that of t - 1 (a tie is
 *              none)
 *   z          mean over them of (entry - mean over s <= t) / standard deviation over s <= t
 *   attention  mean of A[t,t-1], t = 1..length-1, A = softmax over s <= t of the entries / scale:
 *              what the score prev_token would be if positions alone acted, biases taking no
 *              part: the score positional_prev_token
 *
 * ind_circuit_diagonal(circuit, 1, 1) is the same without the restriction, positions that the head
 * never compares included.
 */
struct ind_circuit_previous {
    double top1, z, attention;
};
struct ind_circuit_previous ind_circuit_previous(struct ind_circuit *circuit, double scale,
                                                 int length);

#ifdef __cplusplus
}
#endif
#endif
