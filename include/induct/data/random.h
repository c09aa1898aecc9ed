/*
 * Counter-based random numbers: Philox 4x32-10 (Salmon et al. 2011, Random123).
 *
 * A value is a pure function of (seed, stream, major, minor, index): there is no generator state to
 * save, to share between threads or to get out of step. Training resumes exactly because batch
 * `epoch` is addressed, not drawn next; evaluation data are the same for every checkpoint for the
 * same reason.
 *
 *   key     = the 64-bit seed
 *   counter = (stream, major, minor, block): 4 x 32 bits; one block gives four 32-bit words
 */
#ifndef INDUCT_DATA_RANDOM_H
#define INDUCT_DATA_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a value is for. Numbers are part of the format: changing one changes every run. */
enum ind_stream {
    IND_STREAM_INIT = 1,      /* major = 32 (layer + 1) + role of a tensor */
    IND_STREAM_PERIOD = 2,    /* major = epoch; minor = 0, or 1 + sequence where each has its own */
    IND_STREAM_TOKENS = 3,    /* major = epoch, minor = sequence */
    IND_STREAM_EVAL = 4,      /* major = period, minor = sequence */
    IND_STREAM_BOOTSTRAP = 5, /* major, minor: whatever the statistic names */
    IND_STREAM_RESAMPLE = 6,
    IND_STREAM_CONTROL = 7, /* random heads, permutations, Monte Carlo of a null */
    IND_STREAM_START = 8,   /* major = epoch, minor = sequence */
    IND_STREAM_NOISE = 9,   /* of Langevin dynamics: major = chain, minor = step */
    IND_STREAM_DRAW = 10    /* the sequences of its batches: major = chain, minor = step */
};

/* A position in one sequence of values. By value, nothing to free. Setting `index` to a multiple of
 * four jumps there; 2^34 words long. */
struct ind_random {
    uint64_t seed;
    uint32_t stream, major, minor;
    uint64_t index; /* next 32-bit word */
    uint32_t block[4];
};

struct ind_random ind_random_at(uint64_t seed, enum ind_stream stream, uint32_t major,
                                uint32_t minor);

uint32_t ind_random_u32(struct ind_random *r);

/* Uniform on 0..bound-1 without bias (Lemire's multiply with rejection); bound >= 1. */
uint32_t ind_random_below(struct ind_random *r, uint32_t bound);

/* Uniform on (0,1), an odd multiple of 2^-53: never 0 and never 1 (so that log() is finite). Two
 * words. */
double ind_random_uniform(struct ind_random *r);

/* Standard normal by Box-Muller on two uniforms, four words (both outputs used in turn would need
 * state: the cosine one is taken). Never beyond 8.6 in size. */
double ind_random_normal(struct ind_random *r);

/* `count` standard normals at a fifth of the price, a word each: both outputs of Box-Muller on two
 * uniforms of 32 bits, which never go beyond 6.8 in size. The i-th of a sequence, i = r->index
 * upwards, is a function of i: any part of it can be made alone, wherever it begins. */
void ind_random_normals(struct ind_random *r, size_t count, float *out);

#ifdef __cplusplus
}
#endif
#endif
