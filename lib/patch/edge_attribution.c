/* The first-order estimate of an edge's effect. */
#include "patch/edge_work.h"

#include <string.h>

#include <induct/math/product.h>

/* tangent := J difference of a LayerNorm at x: w (v - mean v - h mean(h v)) scale, h normed. */
static void through_norm(const struct ind_edge_batch *b, const float *x, const float *scale,
                         const float *w)
{
    const int d = b->p->arm.config.d_model;
    for (int r = 0; r < b->rows; r++) {
        const float *row = x + (size_t)r * d, *v = b->p->difference + (size_t)r * d;
        double mean = 0.0, mean_v = 0.0, mean_hv = 0.0;
        for (int e = 0; e < d; e++) {
            mean += (double)row[e] / d;
            mean_v += (double)v[e] / d;
        }
        const double s = (double)scale[r];
        for (int e = 0; e < d; e++)
            mean_hv += ((double)row[e] - mean) * s * (double)v[e] / d;
        for (int e = 0; e < d; e++) {
            const double h = ((double)row[e] - mean) * s;
            const double out = s * ((double)v[e] - mean_v - h * mean_hv);
            b->p->tangent[(size_t)r * d + e] = (float)(w ? out * (double)w[e] : out);
        }
    }
}

/* What a reader of `layer` (layers: the logits) sees of the difference, to first order. */
void ind_edge_take_tangent(const struct ind_edge_batch *b, int layer)
{
    const struct ind_cache *clean = &b->p->evaluator.cache;
    const bool last = layer == clean->config.layers;
    if (clean->config.norm == IND_NORM_NONE)
        memcpy(b->p->tangent, b->p->difference,
               (size_t)b->rows * clean->config.d_model * sizeof(float));
    else
        through_norm(b, clean->residual[layer],
                     last ? clean->final_scale : clean->layers[layer].norm_scale,
                     last ? b->params->ln_final_w : b->params->layers[layer].ln1_w);
}

/* attribution of every sequence: gradient [rows, width] times what the reader sees of it */
static void multiply(const struct ind_edge_batch *b, const float *seen, const float *gradient,
                     size_t stride, int width, struct ind_edge_sum *sums)
{
    const int T = b->p->arm.length;
    for (int s = 0; s < b->count; s++)
        sums[s].attribution = 0.0;
    for (int r = 0; r < b->rows; r++) {
        double sum = 0.0;
        for (int e = 0; e < width; e++)
            sum += (double)gradient[r * stride + e] * (double)seen[(size_t)r * width + e];
        sums[r / T].attribution += sum;
    }
}

void ind_edge_attribute(const struct ind_edge_batch *b, const struct ind_edge *edge,
                        struct ind_edge_sum *sums)
{
    const struct ind_edge_patcher *p = b->p;
    const int d = p->arm.config.d_model, k = p->arm.config.d_head;
    if (edge->at == IND_EDGE_LOGITS) {
        multiply(b, p->tangent, p->dfinal, (size_t)d, d, sums);
        return;
    }
    const struct ind_layer_params *w = &b->params->layers[edge->head.layer];
    const struct ind_layer_activation_gradient *g = &p->gradient.layers[edge->head.layer];
    const float *const weights[] = {w->W_Q, w->W_K, w->W_V};
    const float *const gradients[] = {g->q, g->k, g->v};
    ind_product(false, false, b->rows, k, d, p->tangent, d,
                weights[edge->at] + (size_t)edge->head.head * d * k, k, NULL, p->projected, k);
    multiply(b, p->projected, gradients[edge->at] + edge->head.head * k, (size_t)p->arm.qkv_stride,
             k, sums);
}
