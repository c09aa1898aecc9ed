/*
 * Smeared keys (Olsson et al. 2022): k_i <- (1-a) k_i + a k_{i-1}, a = sigmoid(logit); k_0 is kept.
 */
#include "model/work.h"

#include <math.h>
#include <string.h>

static double share(float logit)
{
    return 1.0 / (1.0 + exp(-(double)logit));
}

void ind_smear(int length, int d_head, float logit, const float *k, size_t ld, float *out)
{
    const float before = (float)share(logit), own = 1.0F - before;
    memcpy(out, k, (size_t)d_head * sizeof *out);
    for (int i = 1; i < length; i++) {
        const float *here = k + i * ld, *last = here - ld;
        for (int e = 0; e < d_head; e++)
            out[(size_t)i * d_head + e] = own * here[e] + before * last[e];
    }
}

double ind_smear_backward(int length, int d_head, float logit, const float *k, size_t ld, float *dk)
{
    const double a = share(logit);
    const float before = (float)a, own = 1.0F - before;
    double da = 0;
    for (int i = 1; i < length; i++) {
        for (int e = 0; e < d_head; e++)
            da += (double)dk[i * ld + e] * ((double)k[(i - 1) * ld + e] - (double)k[i * ld + e]);
    }
    for (int i = 0; i < length; i++) {
        for (int e = 0; e < d_head; e++) {
            const float next = i + 1 < length ? dk[(i + 1) * ld + e] : 0.0F;
            dk[i * ld + e] = (i > 0 ? own : 1.0F) * dk[i * ld + e] + before * next;
        }
    }
    return da * a * (1.0 - a);
}
