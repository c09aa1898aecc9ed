/*
 * The table of tensors, and parameters as one buffer under it.
 *
 * A layout lists every tensor of a configuration: its name on disk, shape, place in the buffer,
 * whether it is trained and how it starts. Weights, gradients, AdamW's moments and checkpoints are
 * the same layout over different buffers: saving is one write, AdamW one loop, a gradient check one
 * loop over the table. Names and shapes are TransformerLens's (DEFINITIONS, section 3).
 *
 * Trained tensors come first, so that [0, trained) is what an optimizer touches; fixed ones (a
 * sinusoidal table) follow. There are no holes.
 */
#ifndef INDUCT_MODEL_PARAMS_H
#define INDUCT_MODEL_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <induct/model/config.h>
#include <induct/model/patch.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ind_role {
    IND_W_E,   /* embed.W_E [vocab, d_model] */
    IND_W_POS, /* pos_embed.W_pos [context + extra_positions, d_model] (absent for none, rotary) */
    IND_W_Q,   /* blocks.L.attn.W_Q [heads, d_model, d_head] */
    IND_W_K,
    IND_W_V,
    IND_W_O, /* blocks.L.attn.W_O [heads, d_head, d_model] */
    IND_B_Q, /* blocks.L.attn.b_Q [heads, d_head] */
    IND_B_K,
    IND_B_V,
    IND_B_O,   /* blocks.L.attn.b_O [d_model] */
    IND_LN1_W, /* blocks.L.ln1.w [d_model] */
    IND_LN1_B,
    IND_LN_FINAL_W, /* ln_final.w [d_model] */
    IND_LN_FINAL_B,
    IND_W_U,  /* unembed.W_U [d_model, vocab] */
    IND_B_U,  /* unembed.b_U [vocab] */
    IND_SMEAR /* blocks.L.attn.smear [heads]: logit of a; only with config.smear */
};

struct ind_tensor {
    char name[40];
    enum ind_role role;
    int layer; /* -1 outside the blocks */
    int rank;
    int shape[3];
    size_t offset; /* in floats */
    size_t count;
    bool trained;
};

/* Owner; release frees. Read-only once made: shared by any number of buffers and threads. */
struct ind_layout {
    struct ind_config config;
    struct ind_tensor *tensors;
    int tensor_count;
    size_t trained; /* floats in trained tensors, from offset 0 */
    size_t total;   /* floats in all */
};

IND_CHECKED int ind_layout_init(struct ind_layout *layout, const struct ind_config *config,
                                struct ind_error *err);
void ind_layout_release(struct ind_layout *layout);

/* NULL if the model has no such tensor. */
const struct ind_tensor *ind_layout_find(const struct ind_layout *layout, const char *name);
const struct ind_tensor *ind_layout_role(const struct ind_layout *layout, enum ind_role role,
                                         int layer);

/*
 * Marks the tensors that a comma list names: chosen [tensor_count] becomes true for each that any
 * word of it fits. A word is a group (all; embed, pos, unembed; attn: the matrices and biases of
 * attention; norm: LayerNorm's; bias: every b_*), a layer (L1), or an fnmatch pattern on a name or
 * its last part (embed.W_E, blocks.1.attn.*, W_[QK]). A word that fits no tensor fails, naming it.
 */
IND_CHECKED int ind_layout_select(const struct ind_layout *layout, const char *words, bool *chosen,
                                  struct ind_error *err);

/* Floats begin..begin+count-1 of a buffer. */
struct ind_slice {
    size_t begin, count;
};

/* Which floats are one head's: its slices of W_Q, W_K, b_Q, b_K and smear (IND_QK), of W_V, W_O and
 * b_V (IND_OV), as far as the model has them; b_O is no head's. Writes them and returns how many
 * they are: the same for every layout of the configuration. */
enum { IND_QK = 1, IND_OV = 2, IND_HEAD_SLICES = 8 };
int ind_head_slices(const struct ind_layout *layout, int layer, int head, unsigned circuits,
                    struct ind_slice slices[IND_HEAD_SLICES]);

/* Views into one buffer; a tensor that the model lacks is NULL. */
struct ind_layer_params {
    float *W_Q, *W_K, *W_V; /* [heads, d_model, d_head] */
    float *W_O;             /* [heads, d_head, d_model] */
    float *b_Q, *b_K, *b_V; /* [heads, d_head] */
    float *b_O;             /* [d_model] */
    float *smear;           /* [heads] */
    float *ln1_w, *ln1_b;   /* [d_model] */
};

/* Owner of one buffer in a layout's order (weights, gradients, a moment). The layout is borrowed
 * and must outlive it. */
struct ind_params {
    const struct ind_layout *layout;
    float *data; /* [layout->total] */
    float *W_E, *W_pos, *W_U, *b_U, *ln_final_w, *ln_final_b;
    struct ind_layer_params *layers;
    const struct ind_regime *standing; /* interventions that every pass over these weights is run
                                            with, borrowed; NULL = none (model/patch.h) */
};

IND_CHECKED int ind_params_init(struct ind_params *params, const struct ind_layout *layout,
                                struct ind_error *err); /* zeroed */
void ind_params_release(struct ind_params *params);

/* Floats and standing interventions; layouts must have equal totals. */
void ind_params_copy(struct ind_params *to, const struct ind_params *from);

/* Initial weights of DEFINITIONS section 2: W_E and a learned table N(0,1); every other matrix
 * U(-1/sqrt(fan_in), 1/sqrt(fan_in)), fan_in = d_model for W_Q W_K W_V W_U and heads*d_head for
 * W_O; biases and smear 0 (a = 1/2), LayerNorm weights 1. A function of (seed, role, layer,
 * element): the same whatever the number of threads, and the same W_Q for two models of one seed
 * that differ in their positions, biases or norm. The sinusoidal table is filled in. */
void ind_params_randomise(struct ind_params *params, uint64_t seed);

/* The sinusoidal table alone: pos[i,2m] = sin(i / 10000^(2m/d)), pos[i,2m+1] = cos(same). out
 * [rows, d_model] */
void ind_positions_sinusoidal(int rows, int d_model, float *out);

/* Name of the first tensor that holds a NaN or an infinity, or NULL if all are finite. */
const char *ind_params_find_nonfinite(const struct ind_params *params);

#ifdef __cplusplus
}
#endif
#endif
