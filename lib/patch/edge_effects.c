/*
 * Edges one after another, batch by batch: the projections of a changed input once a source and
 * layer, then one head and what lies behind it.
 */
#include "patch/edge_work.h"

#include <string.h>

#include <induct/model/reader.h>

/* ---- One batch ------------------------------------------------------------------------------- */

/* Of every sequence of the cache: m, less that of `clean` if there is one, and counts. */
static void measure(const struct ind_edge_batch *b, const struct ind_cache *cache,
                    const struct ind_edge_sum *clean, struct ind_edge_sum *sums)
{
    struct ind_eval_count *count = b->p->counts;
    ind_evaluate_cache(&b->p->evaluator, b->task->params, cache, b->task->data, b->first, count);
    for (int s = 0; s < b->count; s++) {
        sums[s].metric = ind_edge_metric(b, cache, s) - (clean ? clean[s].metric : 0.0);
        sums[s].count = count[s];
    }
}

/* ---- Exact effects --------------------------------------------------------------------------- */

/* Projections of the changed input of a layer; of the logits the input alone, in the arm. */
static void change_input(const struct ind_edge_batch *b, int layer)
{
    const size_t size = (size_t)b->rows * b->p->arm.config.d_model;
    const bool last = layer == b->p->arm.config.layers;
    float *out = last ? b->p->arm.residual[layer] : b->p->changed.residual[layer];
    for (size_t e = 0; e < size; e++)
        out[e] = b->p->evaluator.cache.residual[layer][e] + b->p->difference[e];
    if (!last)
        ind_forward_project(b->task->params, layer, &b->p->changed);
}

static void take_columns(const struct ind_edge_batch *b, const float *from, float *to)
{
    for (int r = 0; r < b->rows; r++, from += b->p->arm.qkv_stride, to += b->p->arm.qkv_stride)
        memcpy(to, from, (size_t)b->p->arm.config.d_head * sizeof *to);
}

static void run_edge(const struct ind_edge_batch *b, const struct ind_edge *edge)
{
    struct ind_cache *arm = &b->p->arm, *clean = &b->p->evaluator.cache;
    const int layer = edge->head.layer;
    if (edge->at != IND_EDGE_LOGITS) {
        const size_t column = (size_t)edge->head.head * arm->config.d_head;
        ind_cache_enter(arm, clean, layer);
        for (int part = IND_EDGE_Q; part < IND_EDGE_LOGITS; part++) {
            const struct ind_layer_cache *from =
                part == (int)edge->at ? &b->p->changed.layers[layer] : &clean->layers[layer];
            const float *const source[] = {from->q, from->k, from->v};
            float *const target[] = {arm->layers[layer].q, arm->layers[layer].k,
                                     arm->layers[layer].v};
            take_columns(b, source[part] + column, target[part] + column);
        }
        ind_forward_head(b->task->params, edge->head, arm);
        ind_forward_output(b->task->params, layer, arm);
    }
    ind_forward_layers(b->task->params, edge->at == IND_EDGE_LOGITS ? layer : layer + 1, NULL, 0,
                       arm);
}

/* An edge whose source says what it said. */
static void leave_as_it_was(const struct ind_edge_batch *b, const struct ind_edge_sum *clean,
                            struct ind_edge_sum *sums)
{
    for (int s = 0; s < b->count; s++) {
        sums[s].metric = 0.0;
        sums[s].count = clean[s].count;
    }
}

/* ---- The whole ------------------------------------------------------------------------------- */

struct results {
    struct ind_edge_sum *clean, *sums;
};

static void patch_batch(const struct ind_edge_batch *b, void *context)
{
    const struct results *results = context;
    const struct ind_edges *edges = b->task->edges;
    const struct ind_edge *before = NULL;
    struct ind_edge_sum *clean = results->clean + b->first, *sums = results->sums + b->first;
    ind_edge_begin(b);
    for (int s = 0; s < b->count; s++)
        clean[s] = (struct ind_edge_sum){0};
    measure(b, &b->p->evaluator.cache, NULL, clean);
    ind_edge_attribute(b, sums);
    for (int n = 0; n < edges->count; n++, sums += b->task->data->sequences) {
        const struct ind_edge *edge = &edges->items[n];
        if (ind_edge_is_still(edges, n, b->task->mode)) {
            leave_as_it_was(b, clean, sums);
            continue;
        }
        const bool source = !before || before->source != edge->source;
        if (source)
            ind_edge_take_source(b, edge->source, &b->p->evaluator.cache, b->p->difference);
        if (source || before->head.layer != edge->head.layer)
            change_input(b, edge->head.layer);
        run_edge(b, edge);
        measure(b, &b->p->arm, clean, sums);
        before = edge;
    }
}

int ind_patch_edges(struct ind_edge_patcher *p, const struct ind_edge_task *task,
                    struct ind_edge_sum *clean, struct ind_edge_sum *sums, struct ind_error *err)
{
    struct results results = {clean, sums};
    return ind_edge_batches(p, task, patch_batch, &results, err);
}
