/*
 * What a model is: an attention-only transformer (DEFINITIONS, section 2).
 *
 *   residual_0 = W_E[token] (+ pos)
 *   residual_{l+1} = residual_l + sum_h pattern_lh (ln1(residual_l) W_V + b_V) W_O (+ b_O)
 *   logits = ln_final(residual_L) W_U (+ b_U)
 *
 * The study's model is the plain one: no LayerNorm, no biases, sinusoidal positions. Everything
 * else is an option of the same struct, so that models trained elsewhere run through the same code.
 */
#ifndef INDUCT_MODEL_CONFIG_H
#define INDUCT_MODEL_CONFIG_H

#include <stdbool.h>

#include <induct/base/error.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ind_positions {
    IND_POSITIONS_SINUSOIDAL, /* fixed table, in the checkpoint but not trained: weight decay never
                                 touches it */
    IND_POSITIONS_LEARNED,    /* the same table, trained; initialised N(0,1) like W_E
                                 (torch.nn.Embedding) */
    IND_POSITIONS_NONE,
    IND_POSITIONS_ROTARY, /* q and k rotated (TransformerLens conventions: rotary_dim, rotary_base,
                             adjacent pairs or halves) */
    IND_POSITIONS_SHORTFORMER /* table added to the inputs of q and k only, never to the residual or
                                 to v */
};

enum ind_norm {
    IND_NORM_NONE,
    IND_NORM_LN,   /* LayerNorm with weight and bias: blocks.L.ln1.w|b, ln_final.w|b */
    IND_NORM_LNPRE /* centred and scaled only: what remains after folding */
};

/* Plain data; compare and copy freely. All counts >= 1. */
struct ind_config {
    int layers;
    int heads;   /* a layer */
    int d_model; /* width of the residual stream */
    int d_head;  /* width of q, k, v; heads * d_head need not be d_model */
    int vocab;
    int context;         /* longest input */
    int extra_positions; /* rows of the position table beyond the context: sequences may begin at
                            position 0..extra_positions; 0 where there is no table */
    enum ind_positions positions;
    enum ind_norm norm;
    bool bias;          /* b_Q b_K b_V b_O in every layer and b_U */
    bool smear;         /* a head's keys are mixed with those before, k_i <- (1-a) k_i + a k_{i-1},
                             a = sigmoid(attn.smear) of the head; k_0 is kept (Olsson et al. 2022):
                             what lets one layer induce */
    double attn_scale;  /* scores are divided by it; 0 stands for sqrt(d_head) */
    double norm_eps;    /* LayerNorm's epsilon, 1e-5 */
    int rotary_dim;     /* dimensions of a head that are rotated, even; 0 stands for d_head */
    double rotary_base; /* 10000 */
    bool rotary_adjacent; /* pairs (0,1),(2,3).. (GPT-J) instead of halves (GPT-NeoX,
                             TransformerLens's default) */

    /* Not part of what the model is, and in no file: what its standing interventions need room for
       in every cache (model/patch.h). */
    bool position_part; /* the position part of the residual stream */
    int donors;         /* models that patterns are taken from */
};

/* The study's two-layer model: 2 layers, 4 heads, d_model 64, d_head 16, vocab 256, context 80,
 * sinusoidal, plain. */
struct ind_config ind_config_default(void);

/* Refuses what no program can run: counts below 1 or so large that a buffer's size overflows
   (limits: vocab 1,000,000, context 65,536, width 16,384, layers 256, heads 1,024), an odd
   rotary_dim, a non-finite scale, positions beyond a table that is not there. The message names the
   field. */
IND_CHECKED int ind_config_check(const struct ind_config *config, struct ind_error *err);

/*
 * Operations (a multiplication or an addition each) that a forward pass of one sequence of T =
 * `inputs` tokens takes in its matrix products, nothing else counted:
 *
 *     T L 8 d H k            Q, K, V and O
 *   + L H 2 k T (T+1)        scores and mixing: the causal half alone, diagonal included
 *   + T 2 d V                unembedding
 *
 * A gradient takes three times that: each product has two factors.
 */
double ind_config_operations(const struct ind_config *config, int inputs);

/* The divisor of the scores: attn_scale, or sqrt(d_head). */
double ind_config_scale(const struct ind_config *config);

/* How many dimensions of a head are rotated: rotary_dim, or d_head. */
int ind_config_rotary_dim(const struct ind_config *config);

/* Rows of the table of positions, where there is one: context + extra_positions. */
int ind_config_position_rows(const struct ind_config *config);

/* True if there is a table of positions: sinusoidal, learned and shortformer. */
bool ind_config_has_table(const struct ind_config *config);

/* "sinusoidal", "LNPre", ...: the words used in config.json and on command lines. parse fails
 * naming the choices; name gives NULL for a number that is no kind. */
const char *ind_positions_name(enum ind_positions positions);
const char *ind_norm_name(enum ind_norm norm);
IND_CHECKED int ind_positions_parse(const char *word, enum ind_positions *out,
                                    struct ind_error *err);
IND_CHECKED int ind_norm_parse(const char *word, enum ind_norm *out, struct ind_error *err);

/* True if the table of positions is added to the residual stream: sinusoidal and learned. */
bool ind_config_adds_positions(const struct ind_config *config);

/* True if the residual stream is a linear function of its parts (no LayerNorm): what splits and
 * path expansion need. */
bool ind_config_is_linear(const struct ind_config *config);

#ifdef __cplusplus
}
#endif
#endif
