/*
 * Attention patterns themselves: of chosen heads, the mean over sequences (or the pattern of one).
 *
 * VALUE-WEIGHTED attention (Kobayashi et al. 2020) is the share that a key has in what a row is
 * given, in size:
 *
 *   A'[i,j] = A[i,j] |v_j W_O| / sum over k of A[i,k] |v_k W_O|
 *
 * Much attention to a place whose value is nearly zero is no attention. A row that is given nothing
 * keeps its attention.
 */
#ifndef INDUCT_SCORE_PATTERN_H
#define INDUCT_SCORE_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#include <induct/base/error.h>
#include <induct/model/forward.h>
#include <induct/model/heads.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Forward passes over given sequences, a few at a time. One a thread; owner. */
struct ind_pattern_mean {
    struct ind_cache cache;
    int batch;             /* sequences of a full pass (model/pass.h) */
    const int32_t *tokens; /* [sequences, stride], borrowed; the first `length` of each are read */
    int sequences, stride;
    bool value_weighted; /* false after init */
    double *sizes;       /* private: [length] */
};

/* 1 <= length <= config->context, length <= stride, sequences >= 1. */
IND_CHECKED int ind_pattern_mean_init(struct ind_pattern_mean *mean,
                                      const struct ind_config *config, const int32_t *tokens,
                                      int sequences, int stride, int length, struct ind_error *err);
void ind_pattern_mean_release(struct ind_pattern_mean *mean);

/* out [heads->count, length, length], rows = destinations, zeros above the diagonal; summed in
 * double, in sequence order. */
void ind_pattern_mean_run(struct ind_pattern_mean *mean, const struct ind_params *params,
                          const struct ind_heads *heads, double *out);

#ifdef __cplusplus
}
#endif
#endif
