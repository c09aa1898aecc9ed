/* What an edge's source says in another run, less what it says in this one. */
#include "patch/edge_work.h"

#include <induct/math/product.h>

static void embedding_difference(const struct ind_edge_batch *b, bool position)
{
    const struct ind_edge_patcher *p = b->p;
    const int T = p->arm.length, d = p->arm.config.d_model, stride = b->data->context;
    for (int r = 0; r < b->rows; r++) {
        const int i = r % T, at = (r / T) * stride + i;
        const float *is = position ? b->params->W_pos + (size_t)i * d
                                   : b->params->W_E + (size_t)b->tokens[at] * d;
        const float *other = b->mode == IND_EDGE_ZERO ? NULL
                             : position               ? is
                             : b->mode == IND_EDGE_MEAN
                                 ? p->token_mean + (size_t)i * d
                                 : b->params->W_E + (size_t)b->reference[at] * d;
        for (int e = 0; e < d; e++)
            p->difference[(size_t)r * d + e] = (other ? other[e] : 0.0F) - is[e];
    }
}

static void head_difference(const struct ind_edge_batch *b, struct ind_head head)
{
    struct ind_edge_patcher *p = b->p;
    const struct ind_config *c = &p->arm.config;
    const int T = p->arm.length, k = c->d_head, d = c->d_model;
    const size_t width = (size_t)c->heads * k, column = (size_t)head.head * k;
    const float *is = p->evaluator.cache.layers[head.layer].z + column;
    const float *mean = p->means + (size_t)head.layer * T * width + column;
    for (int r = 0; r < b->rows; r++) {
        const float *other = b->mode == IND_EDGE_ZERO ? NULL
                             : b->mode == IND_EDGE_MEAN
                                 ? mean + (r % T) * width
                                 : p->other.layers[head.layer].z + column + r * width;
        for (int e = 0; e < k; e++)
            p->z[(size_t)r * k + e] = (other ? other[e] : 0.0F) - is[r * width + e];
    }
    ind_product(false, false, b->rows, d, k, p->z, k,
                b->params->layers[head.layer].W_O + column * d, d, NULL, p->difference, d);
}

void ind_edge_take_source(const struct ind_edge_batch *b, int source)
{
    const struct ind_config *c = &b->p->arm.config;
    const int embedded = ind_config_adds_positions(c) ? 2 : 1, head = source - embedded;
    if (head < 0)
        embedding_difference(b, source == 1);
    else
        head_difference(b, (struct ind_head){head / c->heads, head % c->heads});
}
