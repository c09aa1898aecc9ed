#include "means.h"

#include <stdlib.h>

#include <induct/base/memory.h>

void found_release(struct found *found)
{
    for (size_t i = 0; i < found->text_count; i++)
        free(found->texts[i]);
    free(found->texts);
    free(found->rows);
    *found = (struct found){0};
}

int found_put(struct found *found, const struct row *row, struct ind_error *err)
{
    if (ind_grow(&found->rows, &found->room, (size_t)found->count + 1, sizeof *found->rows, err))
        return IND_FAILED;
    found->rows[found->count++] = *row;
    return IND_OK;
}

int found_own(struct found *found, char *text, struct ind_error *err)
{
    if (!text)
        return ind_fail(err, "out of memory");
    if (ind_grow(&found->texts, &found->text_room, found->text_count + 1, sizeof *found->texts,
                 err)) {
        free(text);
        return IND_FAILED;
    }
    found->texts[found->text_count++] = text;
    return IND_OK;
}

int maker_init(struct maker *maker, int most, struct ind_error *err)
{
    const size_t count = (size_t)most + 1;
    maker->most = most;
    return ind_alloc_into(&maker->draws, count, sizeof *maker->draws, err) ||
                   ind_alloc_into(&maker->scratch, (size_t)maker->settings->resamples,
                                  sizeof(double), err) ||
                   ind_alloc_into(&maker->values, 2 * count, sizeof(double), err) ||
                   ind_alloc_into(&maker->cursors, count, sizeof(int), err) ||
                   ind_alloc_into(&maker->seeds, count, sizeof(long), err)
               ? IND_FAILED
               : IND_OK;
}

void maker_release(struct maker *maker)
{
    for (int i = 0; maker->draws && i <= maker->most; i++)
        ind_seed_draws_release(&maker->draws[i]);
    free(maker->draws);
    free(maker->scratch);
    free(maker->values);
    free(maker->cursors);
    free(maker->seeds);
    free(maker->flipped);
}

int maker_mean(struct maker *maker, int count, const double *within, struct ind_estimate *mean,
               struct ind_error *err)
{
    struct ind_seed_draws *draws = &maker->draws[count];
    if (!draws->weights &&
        ind_seed_draws_init(draws, count, maker->settings->resamples, maker->seed, err))
        return IND_FAILED;
    *mean = ind_seed_mean(draws, maker->values, within, maker->scratch);
    return IND_OK;
}
