/*
 * One direction in the residual stream, and the projections of its summands on it.
 */
#include <induct/eval/attribution.h>

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/math/sums.h>

/* ---- Components ------------------------------------------------------------------------------ */

static bool has_constant(const struct ind_config *config)
{
    return config->bias || config->norm == IND_NORM_LN;
}

static int first_head(const struct ind_config *config)
{
    return ind_config_adds_positions(config) ? 2 : 1;
}

int ind_attribution_count(const struct ind_config *config)
{
    return first_head(config) + config->layers * config->heads + (has_constant(config) ? 1 : 0);
}

char *ind_attribution_name(const struct ind_config *config, int component, char name[16])
{
    const int head = component - first_head(config);
    assert(component >= 0 && component < ind_attribution_count(config));
    if (head < 0)
        snprintf(name, 16, "%s", component == 0 ? "token" : "position");
    else if (head < config->layers * config->heads)
        ind_head_name((struct ind_head){head / config->heads, head % config->heads}, name);
    else
        snprintf(name, 16, "bias");
    return name;
}

/* ---- Owner ----------------------------------------------------------------------------------- */

int ind_attribution_init(struct ind_attribution *attribution, const struct ind_config *config,
                         struct ind_error *err)
{
    const size_t d = (size_t)config->d_model;
    *attribution = (struct ind_attribution){.config = *config};
    if (ind_alloc_into(&attribution->mean_U, d, sizeof(double), err) == IND_OK &&
        ind_alloc_into(&attribution->exact, d, sizeof(double), err) == IND_OK &&
        ind_alloc_into(&attribution->direction, d, sizeof(float), err) == IND_OK &&
        ind_alloc_into(&attribution->read, (size_t)config->d_head, sizeof(float), err) == IND_OK)
        return IND_OK;
    ind_attribution_release(attribution);
    return IND_FAILED;
}

void ind_attribution_release(struct ind_attribution *attribution)
{
    free(attribution->mean_U);
    free(attribution->exact);
    free(attribution->direction);
    free(attribution->read);
    *attribution = (struct ind_attribution){0};
}

/* ---- The direction --------------------------------------------------------------------------- */

static double mean_of(const float *values, int count)
{
    double sum = 0.0;
    for (int i = 0; i < count; i++)
        sum += (double)values[i];
    return sum / count;
}

void ind_attribution_start(struct ind_attribution *a, const struct ind_params *params)
{
    const int vocab = a->config.vocab;
    for (int e = 0; e < a->config.d_model; e++)
        a->mean_U[e] = mean_of(params->W_U + (size_t)e * (size_t)vocab, vocab);
}

/* g := scale (w g - mean of w g), which is what a LayerNorm's centring and scale do to its input
 * seen from behind it. */
static void pull_through_norm(struct ind_attribution *a, const struct ind_params *params,
                              double scale)
{
    const int d = a->config.d_model;
    double mean = 0.0;
    for (int e = 0; e < d; e++) {
        if (params->ln_final_w != NULL)
            a->exact[e] *= (double)params->ln_final_w[e];
        mean += a->exact[e] / d;
    }
    for (int e = 0; e < d; e++)
        a->exact[e] = scale * (a->exact[e] - mean);
}

void ind_attribution_aim(struct ind_attribution *a, const struct ind_params *params,
                         const struct ind_cache *cache, int row, int32_t token)
{
    const int vocab = a->config.vocab;
    assert(row >= 0 && row < cache->batch * cache->length && token >= 0 && token < vocab);
    a->constant = 0.0;
    for (int e = 0; e < a->config.d_model; e++) {
        a->exact[e] = (double)params->W_U[(size_t)e * (size_t)vocab + token] - a->mean_U[e];
        if (params->ln_final_b != NULL)
            a->constant += (double)params->ln_final_b[e] * a->exact[e];
    }
    if (params->b_U != NULL)
        a->constant += (double)params->b_U[token] - mean_of(params->b_U, vocab);
    if (cache->final_scale != NULL)
        pull_through_norm(a, params, (double)cache->final_scale[row]);
    for (int e = 0; e < a->config.d_model; e++)
        a->direction[e] = (float)a->exact[e];
}

/* ---- Shares ---------------------------------------------------------------------------------- */

static double along(const struct ind_attribution *a, const float *part)
{
    return ind_inner((size_t)a->config.d_model, part, a->direction);
}

/* read = W_O g of a head: what a unit of each of its values adds. */
static void read_head(struct ind_attribution *a, const struct ind_params *params,
                      struct ind_head head)
{
    const size_t k = (size_t)a->config.d_head, d = (size_t)a->config.d_model;
    const float *W_O = params->layers[head.layer].W_O + (size_t)head.head * k * d;
    for (size_t e = 0; e < k; e++)
        a->read[e] = (float)along(a, W_O + e * d);
}

static double through_head(const struct ind_attribution *a, const float *values)
{
    return ind_inner((size_t)a->config.d_head, values, a->read);
}

void ind_attribution_components(struct ind_attribution *a, const struct ind_params *params,
                                const struct ind_cache *cache, int row, int32_t input, double *out)
{
    const struct ind_config *c = &a->config;
    const size_t d = (size_t)c->d_model, k = (size_t)c->d_head;
    *out++ = along(a, params->W_E + (size_t)input * d);
    if (ind_config_adds_positions(c))
        *out++ = along(a, params->W_pos + (size_t)(row % cache->length) * d);
    for (int h = 0; h < c->layers * c->heads; h++) {
        const struct ind_head head = {h / c->heads, h % c->heads};
        read_head(a, params, head);
        *out++ = through_head(a, cache->layers[head.layer].z +
                                     ((size_t)row * (size_t)c->heads + (size_t)head.head) * k);
    }
    if (!has_constant(c))
        return;
    *out = a->constant;
    for (int layer = 0; layer < c->layers && c->bias; layer++)
        *out += along(a, params->layers[layer].b_O);
}

void ind_attribution_by_source(struct ind_attribution *a, const struct ind_params *params,
                               const struct ind_cache *cache, int row, struct ind_head head,
                               double *out)
{
    const struct ind_layer_cache *l = &cache->layers[head.layer];
    const int T = cache->length, sequence = row / T, i = row % T;
    const size_t map = (size_t)sequence * (size_t)a->config.heads + (size_t)head.head;
    const float *pattern = l->pattern + (map * (size_t)T + (size_t)i) * (size_t)T;
    const float *v = l->v + (size_t)sequence * (size_t)T * (size_t)cache->qkv_stride +
                     (size_t)head.head * (size_t)a->config.d_head;
    read_head(a, params, head);
    for (int j = 0; j <= i; j++)
        out[j] = (double)pattern[j] * through_head(a, v + (size_t)j * (size_t)cache->qkv_stride);
}
