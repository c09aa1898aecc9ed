/* Which edges --faithfulness keeps: the strongest ones, and as many at random. */
#include "parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/data/random.h>

enum { FIRST = 2, MINOR = 14 }; /* after none and all; of the random orders */

/* ---- Owner ----------------------------------------------------------------------------------- */

int edges_set_size(const struct edges_sets *sets, int n)
{
    return n < 30 && 1 << n < sets->able ? 1 << n : sets->able;
}

int edges_set_of(const struct edges_sets *sets, int order, int n)
{
    return FIRST + order * sets->sizes + n;
}

/* order := those edges that may carry anything. */
static void list_edges(struct edges_sets *sets, const struct ind_edges *edges,
                       enum ind_edge_mode mode)
{
    sets->able = 0;
    for (int e = 0; e < edges->count; e++)
        if (!ind_edge_is_still(edges, e, mode))
            sets->order[sets->able++] = e;
}

int edges_sets_init(struct edges_sets *sets, const struct ind_study *study, struct ind_error *err)
{
    const struct ind_edges *edges = &((const struct edges_shared *)study->shared)->edges;
    const struct settings *settings = study->settings;
    const size_t count = (size_t)edges->count;
    if (ind_alloc_into(&sets->order, count, sizeof *sets->order, err) ||
        ind_alloc_into(&sets->size, count, sizeof *sets->size, err))
        return IND_FAILED;
    list_edges(sets, edges, (enum ind_edge_mode)settings->mode);
    for (sets->sizes = 1; edges_set_size(sets, sets->sizes - 1) < sets->able;)
        sets->sizes++;
    sets->count = FIRST + sets->sizes * (EDGES_WAYS + settings->random);
    return ind_alloc_into(&sets->kept, (size_t)sets->count, count * sizeof *sets->kept, err);
}

void edges_sets_release(struct edges_sets *sets)
{
    free(sets->order);
    free(sets->size);
    free(sets->kept);
    *sets = (struct edges_sets){0};
}

/* ---- Orders ---------------------------------------------------------------------------------- */

static double size_of(const struct edges_mean *mean, int way)
{
    return fabs(way == EDGES_BY_EFFECT        ? mean->effect
                : way == EDGES_BY_ATTRIBUTION ? mean->attribution
                                              : mean->integrated);
}

/* By size, the largest first; of equals the first one. Few enough for the plainest sort. */
static void rank(struct edges_sets *sets, const struct edges_worker *worker, int way, int sequences)
{
    for (int i = 0; i < sets->able; i++) {
        const int edge = sets->order[i];
        const struct edges_mean mean = edges_mean_of(worker, edge, sequences);
        int j = i;
        sets->size[edge] = size_of(&mean, way);
        for (; j > 0 && sets->size[sets->order[j - 1]] < sets->size[edge]; j--)
            sets->order[j] = sets->order[j - 1];
        sets->order[j] = edge;
    }
}

/* The same order at every checkpoint: curves over epochs are paired. */
static void shuffle(struct edges_sets *sets, uint64_t seed, int number)
{
    struct ind_random random = ind_random_at(seed, IND_STREAM_CONTROL, (uint32_t)number, MINOR);
    for (int i = sets->able - 1; i > 0; i--) {
        const int j = (int)ind_random_below(&random, (uint32_t)i + 1), edge = sets->order[i];
        sets->order[i] = sets->order[j];
        sets->order[j] = edge;
    }
}

static void keep_first(struct edges_sets *sets, int edges, int order)
{
    for (int n = 0; n < sets->sizes; n++) {
        bool *kept = sets->kept + (size_t)edges_set_of(sets, order, n) * edges;
        memset(kept, 0, (size_t)edges * sizeof *kept);
        for (int i = 0; i < edges_set_size(sets, n); i++)
            kept[sets->order[i]] = true;
    }
}

void edges_sets_choose(struct edges_sets *sets, const struct edges_worker *worker,
                       const struct ind_study *study)
{
    const struct ind_edges *edges = &((const struct edges_shared *)study->shared)->edges;
    const struct settings *settings = study->settings;
    for (int e = 0; e < edges->count; e++) {
        sets->kept[e] = false;
        sets->kept[edges->count + e] = true;
    }
    for (int order = 0; order < EDGES_WAYS + settings->random; order++) {
        list_edges(sets, edges, (enum ind_edge_mode)settings->mode);
        if (order < EDGES_WAYS)
            rank(sets, worker, order, study->sample.sequences);
        else
            shuffle(sets, study->tool->seed, order - EDGES_WAYS);
        keep_first(sets, edges->count, order);
    }
}
