#include <induct/data/seeds.h>

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/data/random.h>
#include <induct/math/inference.h>
#include <induct/math/stats.h>

int ind_seed_draws_init(struct ind_seed_draws *draws, int count, int resamples, uint64_t seed,
                        struct ind_error *err)
{
    assert(count >= 1 && resamples >= 1);
    const size_t cells = (size_t)count * (size_t)resamples;
    *draws = (struct ind_seed_draws){.count = count, .resamples = resamples};
    if (ind_alloc_into(&draws->weights, cells, sizeof *draws->weights, err) != IND_OK ||
        ind_alloc_into(&draws->noise, cells, sizeof *draws->noise, err) != IND_OK) {
        ind_seed_draws_release(draws);
        return IND_FAILED;
    }
    struct ind_random random =
        ind_random_at(seed, IND_STREAM_RESAMPLE, (uint32_t)count, (uint32_t)resamples);
    for (int r = 0; r < resamples; r++) {
        for (int i = 0; i < count; i++) {
            const size_t drawn = (size_t)r * count + ind_random_below(&random, (uint32_t)count);
            draws->weights[drawn] += 1.0;
            draws->noise[drawn] += ind_random_normal(&random);
        }
    }
    return IND_OK;
}

void ind_seed_draws_release(struct ind_seed_draws *draws)
{
    free(draws->weights);
    free(draws->noise);
    *draws = (struct ind_seed_draws){0};
}

/* The share of s^2 that is not the sequences': what of the variance is estimated from so few. */
static double between_share(const double *values, const double *within, int count, double mean)
{
    double total = 0.0, error = 0.0;
    if (!within)
        return 1.0;
    for (int i = 0; i < count; i++) {
        total += (values[i] - mean) * (values[i] - mean) / (count - 1);
        error += within[i] * within[i] / count;
    }
    return total > error ? 1.0 - error / total : 0.0;
}

/* Of either side: the normal's for a variance that is known, Student's for one of these seeds'
 * own. */
static double expanded_tail(int count, double share)
{
    static const double normal = 1.959963984540054;
    const double student = ind_student_quantile(count - 1, 0.975);
    return ind_normal_tail(normal + share * (student - normal));
}

struct ind_estimate ind_seed_mean(const struct ind_seed_draws *draws, const double *values,
                                  const double *within, double *scratch)
{
    const int count = draws->count;
    const double mean = ind_mean(values, (size_t)count);
    if (count < 2)
        return (struct ind_estimate){mean, (double)NAN, (double)NAN};
    const double share = between_share(values, within, count, mean);
    const double scale = sqrt(share * count / (count - 1)), tail = expanded_tail(count, share);
    for (int r = 0; r < draws->resamples; r++) {
        const double *weights = draws->weights + (size_t)r * count;
        const double *noise = draws->noise + (size_t)r * count;
        double sum = 0.0;
        for (int i = 0; i < count; i++)
            sum += weights[i] * scale * (values[i] - mean) + (within ? within[i] * noise[i] : 0.0);
        scratch[r] = mean + sum / count;
    }
    return (struct ind_estimate){.value = mean,
                                 .lo = ind_quantile(scratch, (size_t)draws->resamples, tail),
                                 .hi = ind_quantile(scratch, (size_t)draws->resamples, 1.0 - tail)};
}
