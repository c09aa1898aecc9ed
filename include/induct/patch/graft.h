/*
 * Grafts: weights of one checkpoint, the donor, put into another, the target (DEFINITIONS, section
 * 7).
 *
 * What is grafted is a list of pieces of the table of tensors:
 *
 *   a head       W_Q W_K W_V W_O of one head, and its b_Q b_K b_V (and its smear)
 *   its QK, OV   W_Q W_K b_Q b_K, or W_V W_O b_V
 *   a layer      every tensor of a layer: all heads, b_O and the norm before them
 *   embedding    W_E
 *   positions    W_pos
 *   unembedding  W_U, b_U and the norm before them
 *
 * Copies of floats, nothing else: no piece leaves the target bit for bit, and all layers with
 * embedding, positions and unembedding give the donor bit for bit. A head grafted whole is the same
 * function of the residual stream in any gauge of its factors; so is its QK or OV.
 *
 * Control for what any head of that size does: a random head, with W_Q, W_K, W_V and W_O of
 * independent normal elements, scaled so that QK and OV have the donor's Frobenius norms.
 */
#ifndef INDUCT_PATCH_GRAFT_H
#define INDUCT_PATCH_GRAFT_H

#include <stdint.h>

#include <induct/base/error.h>
#include <induct/model/heads.h>
#include <induct/model/params.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ind_graft_kind {
    IND_GRAFT_HEAD,
    IND_GRAFT_QK,
    IND_GRAFT_OV,
    IND_GRAFT_LAYER,
    IND_GRAFT_EMBEDDING,
    IND_GRAFT_POSITIONS,
    IND_GRAFT_UNEMBEDDING
};

/* One piece. Of `head`, a layer is meant by head.layer; the last three kinds do not read it. */
struct ind_graft {
    enum ind_graft_kind kind;
    struct ind_head head;
};

/* "L0H2", "L0H2:qk", "L0H2:ov", "L0", "W_E", "W_pos", "W_U": into name, which it returns. */
char *ind_graft_name(struct ind_graft graft, char name[24]);

/* Fails, saying what differs, unless the two models have the same tensors and run alike (norm,
 * positions, scale): then a piece of one means the same in the other. */
IND_CHECKED int ind_graft_check(const struct ind_layout *donor, const struct ind_layout *target,
                                struct ind_error *err);

/* Copies the pieces from donor to target. Layouts must have passed the check; pieces must exist: a
 * head beyond the model is a bug (asserted); a table of positions that the model lacks is nothing
 * to copy. */
void ind_graft_apply(struct ind_params *target, const struct ind_params *donor,
                     const struct ind_graft *grafts, int count);

/*
 * In place of a donor's head: random factors of the parts that `graft` names (a head, its QK or its
 * OV) with the donor's norms. A function of (seed, head, draw) but for the scale, so that the same
 * random head follows the norms of a series of donors; biases are the donor's. A donor of norm 0
 * gives zeros.
 */
void ind_graft_random(struct ind_params *target, const struct ind_params *donor,
                      struct ind_graft graft, uint64_t seed, uint32_t draw);

#ifdef __cplusplus
}
#endif
#endif
