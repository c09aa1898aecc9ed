/* The other run, and what an edge's source says in it, less what it says in this one. */
#include "patch/edge_work.h"

#include <string.h>

#include <induct/math/product.h>

/* ---- The other run --------------------------------------------------------------------------- */

/* residual[0] and z of the means, or zeros. */
static void fill_other(const struct ind_edge_batch *b)
{
    struct ind_edge_patcher *p = b->p;
    const struct ind_config *c = &p->other.config;
    const size_t T = (size_t)p->other.length, d = (size_t)c->d_model;
    const size_t z = T * (size_t)c->heads * (size_t)c->d_head;
    const bool zero = b->task->mode == IND_EDGE_ZERO, positions = ind_config_adds_positions(c);
    for (int s = 0; s < b->count; s++) {
        float *embedded = p->other.residual[0] + (size_t)s * T * d;
        for (size_t e = 0; e < T * d; e++)
            embedded[e] =
                zero ? 0.0F : p->token_mean[e] + (positions ? b->task->params->W_pos[e] : 0.0F);
        for (int layer = 0; layer < c->layers; layer++) {
            float *to = p->other.layers[layer].z + (size_t)s * z;
            if (zero)
                memset(to, 0, z * sizeof *to);
            else
                memcpy(to, p->means + (size_t)layer * z, z * sizeof *to);
        }
    }
}

void ind_edge_run_other(const struct ind_edge_batch *b)
{
    struct ind_cache *other = &b->p->other;
    if (b->task->mode == IND_EDGE_CORRUPT) {
        ind_forward(b->task->params, b->reference, b->task->data->context, NULL, 0, other);
        return;
    }
    fill_other(b);
    for (int layer = 0; layer < other->config.layers; layer++)
        ind_forward_output(b->task->params, layer, other);
}

/* ---- Differences ----------------------------------------------------------------------------- */

static void embedding_difference(const struct ind_edge_batch *b, bool position, float *out)
{
    const struct ind_edge_patcher *p = b->p;
    const struct ind_params *params = b->task->params;
    const int T = p->arm.length, d = p->arm.config.d_model, stride = b->task->data->context;
    for (int r = 0; r < b->rows; r++) {
        const int i = r % T, at = (r / T) * stride + i;
        const float *is =
            position ? params->W_pos + (size_t)i * d : params->W_E + (size_t)b->tokens[at] * d;
        const float *other = b->task->mode == IND_EDGE_ZERO ? NULL
                             : position                     ? is
                             : b->task->mode == IND_EDGE_MEAN
                                 ? p->token_mean + (size_t)i * d
                                 : params->W_E + (size_t)b->reference[at] * d;
        for (int e = 0; e < d; e++)
            out[(size_t)r * d + e] = (other ? other[e] : 0.0F) - is[e];
    }
}

static void head_difference(const struct ind_edge_batch *b, struct ind_head head,
                            const struct ind_cache *cache, float *out)
{
    struct ind_edge_patcher *p = b->p;
    const struct ind_config *c = &p->arm.config;
    const int k = c->d_head, d = c->d_model;
    const size_t width = (size_t)c->heads * k, column = (size_t)head.head * k;
    const float *is = cache->layers[head.layer].z + column;
    const float *other = p->other.layers[head.layer].z + column;
    for (size_t r = 0; r < (size_t)b->rows; r++)
        for (int e = 0; e < k; e++)
            p->z[r * k + e] = other[r * width + e] - is[r * width + e];
    ind_product(false, false, b->rows, d, k, p->z, k,
                b->task->params->layers[head.layer].W_O + column * d, d, NULL, out, d);
}

void ind_edge_take_source(const struct ind_edge_batch *b, int source, const struct ind_cache *cache,
                          float *out)
{
    const struct ind_config *c = &b->p->arm.config;
    const int head = source - ind_edge_first_head(c);
    if (head < 0)
        embedding_difference(b, source == 1, out);
    else
        head_difference(b, (struct ind_head){head / c->heads, head % c->heads}, cache, out);
}
