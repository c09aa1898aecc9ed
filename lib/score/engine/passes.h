/*
 * Many sequences through a cache that holds a few.
 */
#ifndef INDUCT_LIB_SCORE_ENGINE_PASSES_H
#define INDUCT_LIB_SCORE_ENGINE_PASSES_H

#include <stdbool.h>

#include <induct/model/config.h>

/* Sequences a pass, so that their patterns fill a few MB and stay near the processor. */
int ind_pass_size(const struct ind_config *config, int length, int sequences);

/* One pass: sequences first..first+size-1, of which the first `skip` were in the pass before. A
 * pass is always full: the last one begins early where the size does not divide. Zero-initialise,
 * then while (ind_pass_next(...)). size <= sequences. */
struct ind_pass {
    int first, skip;
    int done; /* sequences that passes up to this one have covered */
};
bool ind_pass_next(struct ind_pass *pass, int size, int sequences);

#endif
