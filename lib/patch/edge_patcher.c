/* The owner of what edge patching works in. */
#include "patch/edge_work.h"

#include <stdlib.h>

#include <induct/base/memory.h>

enum { READERS_BYTES = 64 << 20 };

static int allocate(struct ind_edge_patcher *p, const struct ind_layout *layout, int length,
                    struct ind_error *err)
{
    const struct ind_config *c = &layout->config;
    const int batch = p->evaluator.batch;
    const size_t rows = (size_t)batch * length, d = (size_t)c->d_model, k = (size_t)c->d_head;
    const size_t z = (size_t)length * c->heads * k, reader = rows * d * sizeof(float);
    p->reader_room = ind_edge_readers(c);
    if (reader > READERS_BYTES / (size_t)p->reader_room)
        p->reader_room = reader < READERS_BYTES ? (int)(READERS_BYTES / reader) : 1;
    return ind_cache_init(&p->other, c, batch, length, IND_NO_PATTERNS, err) ||
                   ind_cache_init(&p->changed, c, batch, length, IND_NO_PATTERNS, err) ||
                   ind_cache_init(&p->arm, c, batch, length, IND_NO_PATTERNS, err) ||
                   ind_backward_init(&p->backward, &p->evaluator.cache, err) ||
                   ind_activation_gradient_init(&p->gradient, &p->evaluator.cache, err) ||
                   ind_params_init(&p->weights_gradient, layout, err) ||
                   ind_alloc_into(&p->means, (size_t)c->layers, z * sizeof(float), err) ||
                   ind_alloc_into(&p->sums, (size_t)c->layers, z * sizeof(double), err) ||
                   ind_alloc_into(&p->token_mean, (size_t)length, d * sizeof(float), err) ||
                   ind_alloc_into(&p->z, rows, k * sizeof(float), err) ||
                   ind_alloc_into(&p->difference, rows, d * sizeof(float), err) ||
                   ind_alloc_into(&p->dfinal, rows, d * sizeof(float), err) ||
                   ind_alloc_into(&p->readers, (size_t)p->reader_room, reader, err) ||
                   ind_alloc_into(&p->counts, (size_t)batch, sizeof *p->counts, err) ||
                   ind_alloc_into(&p->mean_U, d, sizeof(double), err)
               ? IND_FAILED
               : IND_OK;
}

int ind_edge_patcher_init(struct ind_edge_patcher *p, const struct ind_layout *layout, int length,
                          struct ind_error *err)
{
    *p = (struct ind_edge_patcher){0};
    if (ind_evaluator_init(&p->evaluator, &layout->config, length, err) == IND_OK &&
        allocate(p, layout, length, err) == IND_OK)
        return IND_OK;
    ind_edge_patcher_release(p);
    return IND_FAILED;
}

void ind_edge_patcher_release(struct ind_edge_patcher *p)
{
    ind_evaluator_release(&p->evaluator);
    ind_cache_release(&p->other);
    ind_cache_release(&p->changed);
    ind_cache_release(&p->arm);
    ind_backward_release(&p->backward);
    ind_activation_gradient_release(&p->gradient);
    ind_params_release(&p->weights_gradient);
    free(p->means);
    free(p->sums);
    free(p->token_mean);
    free(p->z);
    free(p->readers);
    free(p->difference);
    free(p->dfinal);
    free(p->counts);
    free(p->mean_U);
    *p = (struct ind_edge_patcher){0};
}
