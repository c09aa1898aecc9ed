/*
 * First-order estimates of the effects of all edges at once: gradients of the metric by what every
 * reader reads, in the clean run or summed over the path of integrated gradients; then an inner
 * product for every source and reader.
 */
#include "patch/edge_work.h"

#include <math.h>
#include <string.h>

#include <induct/math/sums.h>
#include <induct/model/reader.h>

/* Where gradients are taken: in the clean run (steps = 0), or on the path. */
struct path {
    const struct ind_edge_batch *b;
    int steps;
    int first, count; /* the readers on their way */
};

static size_t size_of(const struct ind_edge_batch *b)
{
    return (size_t)b->rows * b->p->arm.config.d_model;
}

/* The run whose embeddings are `share` of the way to the other ones. */
static struct ind_cache *run_between(const struct ind_edge_batch *b, float share)
{
    struct ind_cache *arm = &b->p->arm;
    const float *other = b->p->other.residual[0];
    float *x = arm->residual[0];
    ind_embed(b->task->params, b->tokens, b->task->data->context, arm);
    for (size_t e = 0; e < size_of(b); e++)
        x[e] += share * (other[e] - x[e]);
    ind_forward_layers(b->task->params, 0, NULL, 0, arm);
    return arm;
}

/* readers += the gradients in one run. */
static void add_gradients(const struct path *path, struct ind_cache *cache)
{
    const struct ind_edge_batch *b = path->b;
    struct ind_edge_patcher *p = b->p;
    const struct ind_config *c = &cache->config;
    const struct ind_backward_task task = {
        .params = b->task->params, .cache = cache, .activations = &p->gradient};
    ind_backward_from(&p->backward, &task, b->tokens, b->task->data->context, p->dfinal,
                      &p->weights_gradient);
    for (int n = 0; n < path->count; n++) {
        const int reader = path->first + n, head = reader / IND_EDGE_LOGITS;
        float *out = p->readers + (size_t)n * size_of(b);
        if (head == c->layers * c->heads)
            ind_add(size_of(b), p->gradient.residual[c->layers], out);
        else
            ind_backward_reader(&p->backward, &task,
                                (struct ind_head){head / c->heads, head % c->heads},
                                (enum ind_reader_part)(reader % IND_EDGE_LOGITS), out);
    }
}

static void take_gradients(const struct path *path)
{
    const struct ind_edge_batch *b = path->b;
    struct ind_edge_patcher *p = b->p;
    memset(p->readers, 0, (size_t)path->count * size_of(b) * sizeof *p->readers);
    memset(p->weights_gradient.data, 0, p->weights_gradient.layout->total * sizeof(float));
    if (path->steps == 0)
        add_gradients(path, &p->evaluator.cache);
    for (int n = 0; n < path->steps; n++)
        add_gradients(path, run_between(b, ((float)n + 0.5F) / (float)path->steps));
}

/* One edge's estimate, from its source's difference. */
static void multiply(const struct path *path, const float *gradient, struct ind_edge_sum *sums)
{
    const struct ind_edge_batch *b = path->b;
    const size_t size = size_of(b) / (size_t)b->count;
    for (int s = 0; s < b->count; s++) {
        const double sum = ind_inner(size, b->p->difference + s * size, gradient + s * size);
        if (path->steps == 0)
            sums[s].attribution = sum;
        else
            sums[s].integrated = sum / path->steps;
    }
}

/* Estimates of all edges whose readers are on their way. */
static void multiply_all(const struct path *path, struct ind_edge_sum *sums)
{
    const struct ind_edge_batch *b = path->b;
    const struct ind_edges *edges = b->task->edges;
    int taken = -1;
    for (int n = 0; n < edges->count; n++, sums += b->task->data->sequences) {
        const struct ind_edge *edge = &edges->items[n];
        const int reader = ind_edge_reader(&edges->config, edge) - path->first;
        if (reader < 0 || reader >= path->count)
            continue;
        if (edge->source != taken)
            ind_edge_take_source(b, edge->source, &b->p->evaluator.cache, b->p->difference);
        taken = edge->source;
        multiply(path, b->p->readers + (size_t)reader * size_of(b), sums);
    }
}

static void estimate(const struct ind_edge_batch *b, int steps, struct ind_edge_sum *sums)
{
    const int readers = ind_edge_readers(&b->task->edges->config), room = b->p->reader_room;
    struct path path = {.b = b, .steps = steps};
    for (; path.first < readers; path.first += room) {
        path.count = readers - path.first < room ? readers - path.first : room;
        take_gradients(&path);
        multiply_all(&path, sums);
    }
}

void ind_edge_attribute(const struct ind_edge_batch *b, struct ind_edge_sum *sums)
{
    estimate(b, 0, sums);
    if (b->task->steps > 0) {
        estimate(b, b->task->steps, sums);
        return;
    }
    for (int n = 0; n < b->task->edges->count; n++)
        for (int s = 0; s < b->count; s++)
            sums[n * b->task->data->sequences + s].integrated = (double)NAN;
}
