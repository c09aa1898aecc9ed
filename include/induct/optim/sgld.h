/*
 * Stochastic gradient Langevin dynamics (Welling & Teh 2011) around a point, on any loss: how a
 * local learning coefficient samples the weights near a trained model (optim/llc.h, DEFINITIONS,
 * section 12).
 *
 *   w <- w - (e/2) (nb grad L_m(w) + g (w - w*)) + sqrt(e) N(0, 1)
 *
 * whose stationary density, for small e and a gradient without noise, is proportional to
 * exp(-nb L(w) - (g/2) |w - w*|^2). Weights that are not free stay where they are.
 *
 * The noise of a step is a function of (seed, chain, step, index of the float): a chain over some of
 * the weights meets the same noise there as one over all of them, and so does every checkpoint.
 */
#ifndef INDUCT_OPTIM_SGLD_H
#define INDUCT_OPTIM_SGLD_H

#include <stdint.h>

#include <induct/model/params.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ind_sgld {
    double step_size; /* e > 0 */
    double nbeta;     /* nb >= 0: n times the inverse temperature */
    double gamma;     /* g >= 0: how strongly the centre pulls */
    uint64_t seed;
};

/* The weights that are free; borrowed. */
struct ind_slices {
    const struct ind_slice *items;
    int count;
};

/* One step of one slice; all buffers are whole ones. Steps count from 0. */
void ind_sgld_step(const struct ind_sgld *sgld, uint32_t chain, uint32_t step,
                   struct ind_slice slice, const float *gradient, const float *centre,
                   float *weights);

/* What a chain walks on. `at` is asked once a step, at the weights that the chain was given: it
 * returns the loss there less the loss at the centre, both on the batch of this step, and sets
 * *gradient to that of the former, good until it is asked again. Anything that is not finite, of
 * the gradient too, is said by returning NaN. */
struct ind_landscape {
    double (*at)(void *context, long step, const float **gradient);
    void *context;
};

/*
 * A chain of `steps` steps: excess[t] is what the landscape gave at step t, before that step was
 * taken (so the first is of the weights as they come, which the caller has set to the centre).
 * Returns how many steps are finite: `steps`, or fewer if the chain diverged; the rest is NaN then.
 */
long ind_sgld_chain(const struct ind_sgld *sgld, uint32_t chain,
                    const struct ind_landscape *landscape, struct ind_slices free_ones,
                    const float *centre, float *weights, long steps, double *excess);

#ifdef __cplusplus
}
#endif
#endif
