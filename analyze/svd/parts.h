/* The parts of induct-svd: what is measured (choice.c), and the rows (svd.c). */
#ifndef INDUCT_ANALYZE_SVD_PARTS_H
#define INDUCT_ANALYZE_SVD_PARTS_H

#include <induct/circuit/bank.h>
#include <induct/tool/analysis.h>

struct settings {
    struct ind_words matrices; /* enum ind_head_matrix */
    int rank;
};

/* The spectra of one checkpoint: all chosen heads and matrices. */
struct chosen {
    struct ind_bank bank;
    int index; /* of the checkpoint, -1 = nothing in it */
};

/* What all workers share; read-only during the walk. */
struct measuring {
    int rank; /* r */
    struct ind_head_product
        *products; /* [product_count]: heads in their order, matrices in theirs */
    int product_count;
    struct chosen last; /* of the checkpoints selected that can be read */
};

IND_CHECKED int measuring_init(struct measuring *measuring, const struct ind_study *study,
                               struct ind_error *err);
void measuring_release(struct measuring *measuring);

IND_CHECKED int chosen_init(struct chosen *chosen, const struct measuring *measuring,
                            const struct ind_config *config, struct ind_error *err);
IND_CHECKED int chosen_fill(struct chosen *chosen, const struct measuring *measuring,
                            struct ind_banker *banker, const struct ind_params *params, int index,
                            struct ind_error *err);

#endif
