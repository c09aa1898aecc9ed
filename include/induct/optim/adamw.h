/*
 * AdamW exactly as PyTorch defines it (torch.optim.AdamW, decoupled decay):
 *
 *   w *= 1 - lr*wd
 *   m = b1 m + (1-b1) g;  v = b2 v + (1-b2) g^2
 *   w -= lr/(1-b1^t) * m / (sqrt(v)/sqrt(1-b2^t) + eps)
 *
 * eps is added after the square root of the bias-corrected second moment. Decay applies to every
 * trained parameter, the gradient-free token 0 included.
 */
#ifndef INDUCT_OPTIM_ADAMW_H
#define INDUCT_OPTIM_ADAMW_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ind_adamw {
    double lr, beta1, beta2, eps, weight_decay;
};

/* One step on count elements; `step` counts from 1. Elementwise: any partition over threads gives
 * the same bytes. */
void ind_adamw_step(const struct ind_adamw *adamw, long step, size_t count, const float *gradient,
                    float *moment1, float *moment2, float *weights);

#ifdef __cplusplus
}
#endif
#endif
