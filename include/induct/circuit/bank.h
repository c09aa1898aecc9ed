/*
 * The spectra of many heads' matrices of one checkpoint, and the angles between two checkpoints:
 * circuit/spectrum.h for all at once, eight at a time (math/lanes.h). Values and angles are the
 * same to within 1e-12 of the largest value, and to the angles' resolution.
 */
#ifndef INDUCT_CIRCUIT_BANK_H
#define INDUCT_CIRCUIT_BANK_H

#include <induct/circuit/spectrum.h>

#ifdef __cplusplus
extern "C" {
#endif

/* QK or OV of one head. */
struct ind_head_product {
    struct ind_head head;
    enum ind_head_matrix matrix;
};

/* The spectra of `count` of them. Owner. */
struct ind_bank {
    int count;
    double *s;            /* [count, min(d_model, d_head)], each descending */
    bool *directed;       /* [count]: are the r leading directions defined (ind_spectra_angles)? */
    double *left, *right; /* private: the leading singular vectors, eight matrices at a time */
};

IND_CHECKED int ind_bank_init(struct ind_bank *bank, const struct ind_config *config, int r,
                              int count, struct ind_error *err);
void ind_bank_release(struct ind_bank *bank);

/* One thread's scratch; owner. r <= min(d_model, d_head). */
struct ind_banker {
    struct ind_banker_work *work; /* private */
};

IND_CHECKED int ind_banker_init(struct ind_banker *banker, const struct ind_config *config, int r,
                                enum ind_fold fold, struct ind_error *err);
void ind_banker_release(struct ind_banker *banker);

/* Of bank->count matrices, in the order of `products`. */
IND_CHECKED int ind_banker_fill(struct ind_banker *banker, const struct ind_params *params,
                                const struct ind_head_product *products, struct ind_bank *bank,
                                struct ind_error *err);

/* Between the same matrices of two checkpoints, as ind_spectra_angles: left, right [count, r],
 * ascending, in degrees. */
IND_CHECKED int ind_banker_angles(struct ind_banker *banker, const struct ind_bank *a,
                                  const struct ind_bank *b, double *left, double *right,
                                  struct ind_error *err);

#ifdef __cplusplus
}
#endif
#endif
