/*
 * Edges one after another, batch by batch: the clean run and its gradient once, the projections of
 * a changed input once a source and layer, then one head and what lies behind it.
 */
#include "patch/edge_work.h"

#include <string.h>

#include <induct/model/reader.h>
#include <induct/patch/means.h>

/* ---- One batch ------------------------------------------------------------------------------- */

/* Row r of dfinal := W_U[:, c] - mean column, 0 where the row does not count. */
static void aim(const struct ind_edge_batch *b)
{
    const struct ind_config *c = &b->p->arm.config;
    const int T = b->p->arm.length;
    for (int r = 0; r < b->rows; r++) {
        const int i = r % T, target = b->tokens[(r / T) * b->data->context + i + 1];
        float *out = b->p->dfinal + (size_t)r * c->d_model;
        for (int e = 0; e < c->d_model; e++)
            out[e] = i < b->data->period
                         ? 0.0F
                         : (float)((double)b->params->W_U[(size_t)e * c->vocab + target] -
                                   b->p->mean_U[e]);
    }
}

static void begin(const struct ind_edge_batch *b)
{
    struct ind_edge_patcher *p = b->p;
    struct ind_cache *clean = &p->evaluator.cache;
    const struct ind_backward_task task = {
        .params = b->params, .cache = clean, .activations = &p->gradient};
    clean->batch = p->changed.batch = p->arm.batch = p->other.batch = b->count;
    ind_forward(b->params, b->tokens, b->data->context, NULL, 0, clean);
    if (b->mode == IND_EDGE_CORRUPT)
        ind_forward_z(b->params, b->reference, b->data->context, clean->config.layers - 1,
                      &p->other);
    aim(b);
    memset(p->weights_gradient.data, 0, p->weights_gradient.layout->total * sizeof(float));
    ind_backward_from(&p->backward, &task, b->tokens, b->data->context, p->dfinal,
                      &p->weights_gradient);
}

/* m of every sequence of the cache, less that of `less` if there is one, and its counts. */
static void measure(const struct ind_edge_batch *b, const struct ind_cache *cache,
                    const struct ind_cache *less, struct ind_edge_sum *sums)
{
    const size_t size = (size_t)cache->length * cache->config.d_model;
    struct ind_eval_count *count = b->p->counts;
    ind_evaluate_cache(&b->p->evaluator, b->params, cache, b->data, b->first, count);
    for (int s = 0; s < b->count; s++) {
        const float *at = cache->final_normed + s * size, *g = b->p->dfinal + s * size;
        double sum = 0.0;
        for (size_t e = 0; e < size; e++)
            sum += (double)g[e] *
                   ((double)at[e] - (less ? (double)less->final_normed[s * size + e] : 0.0));
        sums[s].metric = sum;
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
        ind_forward_project(b->params, layer, &b->p->changed);
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
        ind_forward_head(b->params, edge->head, arm);
        ind_forward_output(b->params, layer, arm);
    }
    ind_forward_layers(b->params, edge->at == IND_EDGE_LOGITS ? layer : layer + 1, NULL, 0, arm);
}

static void patch_batch(const struct ind_edge_batch *b, const struct ind_edges *edges,
                        struct ind_edge_sum *clean, struct ind_edge_sum *sums)
{
    const struct ind_edge *before = NULL;
    const struct ind_cache *cache = &b->p->evaluator.cache;
    const bool still = ind_config_adds_positions(&cache->config) && b->mode != IND_EDGE_ZERO;
    begin(b);
    measure(b, cache, NULL, clean);
    for (int n = 0; n < edges->count; n++, sums += b->data->sequences) {
        const struct ind_edge *edge = &edges->items[n];
        if (still && edge->source == 1) {
            for (int s = 0; s < b->count; s++)
                sums[s] = (struct ind_edge_sum){.count = clean[s].count};
            continue;
        }
        const bool source = !before || before->source != edge->source;
        if (source)
            ind_edge_take_source(b, edge->source);
        if (source || before->head.layer != edge->head.layer) {
            ind_edge_take_tangent(b, edge->head.layer);
            change_input(b, edge->head.layer);
        }
        run_edge(b, edge);
        measure(b, &b->p->arm, cache, sums);
        ind_edge_attribute(b, edge, sums);
        before = edge;
    }
}

/* ---- The whole ------------------------------------------------------------------------------- */

/* Means over the reference sequences, and the mean column of W_U. */
static void prepare(struct ind_edge_patcher *p, const struct ind_params *params,
                    const struct ind_eval_data *data, enum ind_edge_mode mode,
                    const int32_t *reference)
{
    const struct ind_config *c = &p->arm.config;
    for (int e = 0; e < c->d_model; e++) {
        p->mean_U[e] = 0.0;
        for (int v = 0; v < c->vocab; v++)
            p->mean_U[e] += (double)params->W_U[(size_t)e * c->vocab + v] / c->vocab;
    }
    if (mode != IND_EDGE_MEAN)
        return;
    const int references = p->references > 0 ? p->references : data->sequences;
    ind_mean_z(&p->other, p->evaluator.batch, params, reference, data->context, references,
               c->layers - 1, p->sums, p->means);
    for (int e = 0; e < p->arm.length * c->d_model; e++) {
        double sum = 0.0;
        for (int s = 0; s < references; s++) {
            const int32_t token = reference[(size_t)s * data->context + e / c->d_model];
            sum += (double)params->W_E[(size_t)token * c->d_model + e % c->d_model];
        }
        p->token_mean[e] = (float)(sum / references);
    }
}

int ind_patch_edges(struct ind_edge_patcher *p, const struct ind_params *params,
                    const struct ind_edges *edges, const struct ind_eval_data *data,
                    enum ind_edge_mode mode, const int32_t *reference, struct ind_edge_sum *clean,
                    struct ind_edge_sum *sums, struct ind_error *err)
{
    if (params->standing && params->standing->without_pp)
        return ind_fail(err, "scores without their position-position term (--forbid pp): edges are "
                             "not defined there, for a changed input has no position part");
    prepare(p, params, data, mode, reference);
    for (int first = 0; first < data->sequences; first += p->evaluator.batch) {
        const int left = data->sequences - first;
        const int count = left < p->evaluator.batch ? left : p->evaluator.batch;
        const size_t at = (size_t)first * data->context;
        const struct ind_edge_batch b = {.p = p,
                                         .params = params,
                                         .data = data,
                                         .mode = mode,
                                         .tokens = data->tokens + at,
                                         .reference = reference ? reference + at : NULL,
                                         .first = first,
                                         .count = count,
                                         .rows = count * p->arm.length};
        patch_batch(&b, edges, clean + first, sums + first);
    }
    return IND_OK;
}
