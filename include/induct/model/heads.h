/*
 * Head names: `L0H2` is layer 0, head 2; `L1H*`, `L*H[02]` and comma lists select several (fnmatch
 * patterns on the names).
 */
#ifndef INDUCT_MODEL_HEADS_H
#define INDUCT_MODEL_HEADS_H

#include <induct/model/config.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ind_head {
    int layer, head;
};

/* Owner of a list in layer-then-head order, without repetition. */
struct ind_heads {
    struct ind_head *items;
    int count;
};

/* All heads that match; none is an error that says what the model has ("no head matches 'L2H*': the
 * model has L0H0..L1H3"). */
IND_CHECKED int ind_heads_select(struct ind_heads *heads, const struct ind_config *config,
                                 const char *selector, struct ind_error *err);
void ind_heads_release(struct ind_heads *heads);

/* Writes "L0H2" into name (16 bytes suffice) and returns it. */
char *ind_head_name(struct ind_head head, char name[16]);

#ifdef __cplusplus
}
#endif
#endif
