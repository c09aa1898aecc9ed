/*
 * Many sequences through a cache that holds a few: every evaluation, score, ablation, split,
 * gradient goes through its sequences in this way.
 *
 *     const int size = ind_pass_size(&config, length, sequences);
 *     ... ind_cache_init(&cache, &config, size, length, ...)            once
 *     struct ind_pass pass = {0};
 *     while (ind_pass_next(&pass, size, sequences)) {
 *         cache.batch = pass.count;
 *         ind_forward(params, tokens + pass.first * stride, stride, NULL, 0, &cache);
 *     }
 *
 * What a pass holds is bounded twice: a small model's passes are so many sequences as stay near the
 * processor; of a large one's a single sequence is taken, and who does not look at patterns says so
 * (IND_NO_PATTERNS, IND_LAYER_PATTERNS; forward.h), for at context 1,024 those of 36 heads take 150
 * MB.
 */
#ifndef INDUCT_MODEL_PASS_H
#define INDUCT_MODEL_PASS_H

#include <stdbool.h>

#include <induct/model/config.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How many of `most` sequences a pass takes: as many as have no more than 1 MB of patterns, with
 * which the other activations fill a second-level cache; at least 1. A function of the model alone,
 * whatever the machine: in training it decides which numbers are added up together. */
int ind_pass_size(const struct ind_config *config, int length, int most);

/* Do the patterns of one sequence take so much room (4 MB) that it costs less to make them again
 * than to keep them? */
bool ind_pass_outgrows(const struct ind_config *config, int length);

/* Sequences first..first+count-1. Zero-initialise; next is false when all have been. */
struct ind_pass {
    int first, count;
};
bool ind_pass_next(struct ind_pass *pass, int size, int sequences);

/* How many of `threads` (at least 1) find a pass to do, where passes are shared out. */
int ind_pass_sharers(int size, int sequences, int threads);

#ifdef __cplusplus
}
#endif
#endif
