#include <induct/optim/adamw.h>

#include <assert.h>
#include <math.h>

void ind_adamw_step(const struct ind_adamw *adamw, long step, size_t count,
                    const float *restrict gradient, float *restrict moment1,
                    float *restrict moment2, float *restrict weights)
{
    assert(step >= 1 && adamw->eps > 0);
    const double correction1 = 1.0 - pow(adamw->beta1, (double)step);
    const double correction2 = 1.0 - pow(adamw->beta2, (double)step);
    const float decay = (float)(1.0 - adamw->lr * adamw->weight_decay);
    const float blend1 = (float)(1.0 - adamw->beta1);
    const float keep2 = (float)adamw->beta2;
    const float blend2 = (float)(1.0 - adamw->beta2);
    const float rate = (float)(adamw->lr / correction1);
    const float root2 = (float)sqrt(correction2);
    const float eps = (float)adamw->eps;

    for (size_t i = 0; i < count; i++) {
        const float g = gradient[i];
        const float m = moment1[i] + blend1 * (g - moment1[i]);
        const float v = keep2 * moment2[i] + blend2 * g * g;
        const float scale = sqrtf(v) / root2 + eps;
        moment1[i] = m;
        moment2[i] = v;
        weights[i] = decay * weights[i] - rate * m / scale;
    }
}
