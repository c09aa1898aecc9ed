/*
 * Spectra of a head's QK and OV, and how far their main directions turn (DEFINITIONS, section 6).
 *
 * With s_1 >= s_2 >= ... the singular values of QK (or OV), from the QR of both factors and a
 * d_head x d_head SVD:
 *
 *   effective rank        exp(entropy of p), p_i = s_i / sum s   (Roy and Vetterli 2007): 1 ..
 *   d_head
 *   participation ratio   (sum s_i^2)^2 / sum s_i^4:             1 .. d_head
 *   principal angles      between the spans of the r leading singular vectors of two checkpoints,
 *                         left (queries of QK, inputs of OV) and right (keys of QK, outputs of OV):
 *                         arc cosines of the singular values of U_a^T U_b, ascending, in degrees
 *
 * None changes under W_Q -> W_Q G, W_K -> W_K G^-T or W_V -> W_V H, W_O -> H^-1 W_O. Two random
 * r-dimensional subspaces of d_model dimensions are almost at right angles. LayerNorm:
 * circuit/factors.h.
 */
#ifndef INDUCT_CIRCUIT_SPECTRUM_H
#define INDUCT_CIRCUIT_SPECTRUM_H

#include <induct/circuit/factors.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One head's matrix. Views: the memory is the caller's. */
struct ind_spectrum {
    double *s;            /* [min(d_model, d_head)], descending */
    double *left, *right; /* [d_model, r]: the leading singular vectors, orthonormal columns */
};

/* One thread's scratch; owner. r <= min(d_model, d_head). */
struct ind_spectra {
    struct ind_spectra_work *work; /* private */
};

IND_CHECKED int ind_spectra_init(struct ind_spectra *spectra, const struct ind_config *config,
                                 int r, enum ind_fold fold, struct ind_error *err);
void ind_spectra_release(struct ind_spectra *spectra);

/* Number of singular values: min(d_model, d_head). */
int ind_spectrum_size(const struct ind_config *config);

IND_CHECKED int ind_spectra_run(struct ind_spectra *spectra, const struct ind_params *params,
                                struct ind_head head, enum ind_head_matrix matrix,
                                struct ind_spectrum *out, struct ind_error *err);

/* Angles [r], ascending, in degrees. NaN where a spectrum has fewer than r values above rounding
 * (1e-6 of its first): its r leading directions are not defined. Angles below 1e-5 degrees are not
 * resolved, and given as 0. */
IND_CHECKED int ind_spectra_angles(struct ind_spectra *spectra, const struct ind_spectrum *a,
                                   const struct ind_spectrum *b, double *left, double *right,
                                   struct ind_error *err);

/* Of values that are not negative; NaN if all are zero. */
double ind_effective_rank(const double *s, int count);
double ind_participation_ratio(const double *s, int count);

#ifdef __cplusplus
}
#endif
#endif
