#include <induct/math/causal.h>

#include "math/simd/simd.h"

const char *ind_simd_name(void)
{
    return ind_simd_pick()->name;
}

size_t ind_causal_stride(size_t count)
{
    return ind_simd_stride(count);
}

void ind_causal_scores(int length, int width, const float *q, size_t ld_q, const float *k,
                       size_t ld_k, float factor, float *scores, size_t ld_scores, float *scratch)
{
    ind_simd_pick()->scores(length, width, q, ld_q, k, ld_k, factor, scores, ld_scores, scratch);
}

void ind_causal_scores_backward(int length, int width, const float *dz, const float *z, size_t ld_z,
                                const float *v, size_t ld_v, const float *pattern, float factor,
                                float *dscores, size_t ld_dscores, float *scratch)
{
    ind_simd_pick()->scores_backward(length, width, dz, z, ld_z, v, ld_v, pattern, factor, dscores,
                                     ld_dscores, scratch);
}

void ind_causal_softmax(int length, float *scores, size_t ld_scores, float *pattern)
{
    ind_simd_pick()->softmax(length, scores, ld_scores, pattern);
}

double ind_entropy(int count, const float *p)
{
    return ind_simd_pick()->entropy(count, p);
}

void ind_causal_mix(int length, int width, const float *p, size_t ld_p, const float *x, size_t ld_x,
                    float *out, size_t ld_out)
{
    ind_simd_pick()->mix(length, width, p, ld_p, x, ld_x, out, ld_out);
}

void ind_causal_mix_transposed(int length, int width, const float *p, size_t ld_p, const float *x,
                               size_t ld_x, float *out, size_t ld_out)
{
    ind_simd_pick()->mix_transposed(length, width, p, ld_p, x, ld_x, out, ld_out);
}

void ind_cross_entropy(int rows, int classes, float *logits, size_t ld, const int32_t *targets,
                       float scale, double *loss, uint8_t *correct)
{
    ind_simd_pick()->cross_entropy(rows, classes, logits, ld, targets, scale, loss, correct);
}
