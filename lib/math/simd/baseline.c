/*
 * What every processor of the architecture has, by the compiler's vectors alone: SSE2 on x86-64,
 * NEON on arm64, SIMD128 on WebAssembly. Flags: lib/CMakeLists.txt.
 */
#define SET          ind_simd_baseline
#define SET_NAME     "baseline"
#define VECTOR_BYTES 16

/* Sums of a tile, rows by vectors, which with a row of operands fill the registers (16 on x86-64):
   of a product, of scores; groups of matrices that are turned at a time. */
enum {
    TILE_ROWS = 6,
    TILE_VECTORS = 2,
    SCORE_ROWS = 4,
    SCORE_VECTORS = 2,
    TURN_GROUPS = 2,
    TURN_PAIRS = 1
};

#include "math/simd/vector.h"

INLINE vec_float load_part_float(const float *p, int n)
{
    float lanes[FLOATS] = {0};
    memcpy(lanes, p, (size_t)n * sizeof *p);
    return load(lanes);
}

INLINE void store_part_float(float *p, vec_float v, int n)
{
    float lanes[FLOATS];
    store(lanes, v);
    memcpy(p, lanes, (size_t)n * sizeof *p);
}

INLINE vec_double load_part_double(const double *p, int n)
{
    double lanes[DOUBLES] = {0};
    memcpy(lanes, p, (size_t)n * sizeof *p);
    return load(lanes);
}

INLINE void store_part_double(double *p, vec_double v, int n)
{
    double lanes[DOUBLES];
    store(lanes, v);
    memcpy(p, lanes, (size_t)n * sizeof *p);
}

INLINE vec_float maximum(vec_float a, vec_float b)
{
    return choose(a > b, a, b);
}

INLINE float sum_lanes(vec_float v)
{
    return (v[0] + v[2]) + (v[1] + v[3]);
}

INLINE float max_lanes(vec_float v)
{
    const float a = v[0] > v[2] ? v[0] : v[2], b = v[1] > v[3] ? v[1] : v[3];
    return a > b ? a : b;
}

INLINE void sum_quad(const vec_float *v, float *out)
{
    for (int r = 0; r < 4; r++)
        out[r] = sum_lanes(v[r]);
}

INLINE bool any(mask_double which)
{
    return (which[0] | which[1]) != 0;
}

#include "math/simd/kernels.h"
