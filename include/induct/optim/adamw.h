/*
 * AdamW exactly as PyTorch defines it (torch.optim.AdamW: decoupled decay, no amsgrad):
 *
 *   w *= 1 - lr*wd
 *   m += (1-b1) (g - m);  v = b2 v + (1-b2) g^2
 *   w -= lr/(1-b1^t) * m / (sqrt(v)/sqrt(1-b2^t) + eps)
 *
 * eps is added after the square root of the bias-corrected second moment. Decay applies to every
 * trained parameter, the gradient-free token 0 included: a weight that never sees a gradient is
 * w_0 (1 - lr*wd)^t, because its m stays exactly 0.
 *
 * As in PyTorch, the factors that depend on t alone (1 - lr*wd, the bias corrections) are computed
 * in double and rounded once; the elements are float32. Source: Loshchilov & Hutter 2019 and the
 * algorithm printed in PyTorch's documentation of torch.optim.AdamW.
 */
#ifndef INDUCT_OPTIM_ADAMW_H
#define INDUCT_OPTIM_ADAMW_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* By value. lr >= 0, beta1 and beta2 in [0,1), weight_decay >= 0; eps > 0 (with 0, the update of a
 * weight that has seen no gradient would be 0/0). */
struct ind_adamw {
    double lr, beta1, beta2, eps, weight_decay;
};

/* One step on count elements; `step` counts from 1, moments start at 0. The four arrays do not
 * overlap. Elementwise: any partition over threads gives the same bytes. */
void ind_adamw_step(const struct ind_adamw *adamw, long step, size_t count, const float *gradient,
                    float *moment1, float *moment2, float *weights);

#ifdef __cplusplus
}
#endif
#endif
