/*
 * The weights of resamples, drawn.
 */
#include <induct/data/bootstrap.h>

#include <assert.h>
#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/data/random.h>

int ind_bootstrap_init(struct ind_bootstrap *bootstrap, int units, int resamples, uint64_t seed,
                       uint32_t major, uint32_t minor, struct ind_error *err)
{
    return ind_bootstrap_init_unless(bootstrap, units, resamples, seed, major, minor, NULL, err);
}

int ind_bootstrap_init_unless(struct ind_bootstrap *bootstrap, int units, int resamples,
                              uint64_t seed, uint32_t major, uint32_t minor, int (*stop)(void),
                              struct ind_error *err)
{
    assert(units >= 1 && resamples >= 1);
    *bootstrap = (struct ind_bootstrap){.units = units, .resamples = resamples};
    if (ind_alloc_into(&bootstrap->weights, (size_t)resamples * (size_t)units,
                       sizeof *bootstrap->weights, err) != IND_OK)
        return IND_FAILED;
    struct ind_random random = ind_random_at(seed, IND_STREAM_BOOTSTRAP, major, minor);
    for (int r = 0; r < resamples; r++) {
        if (stop && stop() != 0) {
            ind_bootstrap_release(bootstrap);
            return ind_fail(err, "interrupted while resamples were drawn");
        }
        double *row = bootstrap->weights + (size_t)r * (size_t)units;
        for (int i = 0; i < units; i++)
            row[ind_random_below(&random, (uint32_t)units)] += 1.0;
    }
    return IND_OK;
}

void ind_bootstrap_release(struct ind_bootstrap *bootstrap)
{
    free(bootstrap->weights);
    *bootstrap = (struct ind_bootstrap){0};
}
