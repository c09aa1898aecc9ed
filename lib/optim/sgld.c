#include <induct/optim/sgld.h>

#include <assert.h>
#include <math.h>

#include <induct/data/random.h>

enum { BLOCK = 512 }; /* normals drawn at once */

void ind_sgld_step(const struct ind_sgld *sgld, uint32_t chain, uint32_t step,
                   struct ind_slice slice, const float *gradient, const float *centre,
                   float *weights)
{
    float noise[BLOCK];
    const float slope = (float)(0.5 * sgld->step_size * sgld->nbeta);
    const float pull = (float)(0.5 * sgld->step_size * sgld->gamma);
    const float spread = (float)sqrt(sgld->step_size);
    struct ind_random random = ind_random_at(sgld->seed, IND_STREAM_NOISE, chain, step);
    const size_t end = slice.begin + slice.count;
    for (size_t at = slice.begin; at < end; at += BLOCK) {
        const size_t count = end - at < BLOCK ? end - at : BLOCK;
        const float *g = gradient + at, *c = centre + at;
        float *w = weights + at;
        random.index = at;
        ind_random_normals(&random, count, noise);
        for (size_t i = 0; i < count; i++)
            w[i] += spread * noise[i] - (slope * g[i] + pull * (w[i] - c[i]));
    }
}

long ind_sgld_chain(const struct ind_sgld *sgld, uint32_t chain,
                    const struct ind_landscape *landscape, struct ind_slices free_ones,
                    const float *centre, float *weights, long steps, double *excess)
{
    assert(sgld->step_size > 0 && steps <= UINT32_MAX);
    long done = 0;
    for (; done < steps; done++) {
        const float *gradient;
        excess[done] = landscape->at(landscape->context, done, &gradient);
        if (!isfinite(excess[done]))
            break;
        for (int s = 0; s < free_ones.count; s++)
            ind_sgld_step(sgld, chain, (uint32_t)done, free_ones.items[s], gradient, centre,
                          weights);
    }
    for (long t = done; t < steps; t++)
        excess[t] = (double)NAN;
    return done;
}
